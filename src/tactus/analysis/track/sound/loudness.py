"""Loudness as broadcasters measure it: ITU-R BS.1770-4 and EBU R 128; and the gain with which players even it out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.loudness import SILENCE_LUFS, lufs

VERSION = 2

REPLAY_GAIN_LUFS = -18.0
"""How loud a piece is after its ReplayGain."""

_MOMENTARY_ROWS = 4
_SHORT_TERM_ROWS = 30
_RELATIVE_GATE_LU = -10.0
_RANGE_GATE_LU = -20.0


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud a piece is.

    Args:
        integrated_lufs: Of the whole, gated; never below -70, which is silence.
        range_lu: How much it varies between quiet and loud passages [LU], >= 0.
        momentary_lufs: Over 400 ms, one value per 100 ms; value k ends at (k + 1) * 0.1 s; never below -70,
            shape `[n]`.
        short_term_lufs: Over 3 s, likewise.
        max_momentary_lufs: Of the loudest 400 ms, wherever they lie (to 10 ms); never below -70.
        max_short_term_lufs: Of the loudest 3 s, likewise.
    """

    integrated_lufs: float
    range_lu: float
    momentary_lufs: Floats
    short_term_lufs: Floats
    max_momentary_lufs: float
    max_short_term_lufs: float

    @property
    def replay_gain_db(self) -> float | None:
        """By how much to turn the piece up [dB] for it to be as loud as others; None of silence.

        Source: ReplayGain 2.0 (`-18 LUFS - integrated`).
        """
        return None if self.integrated_lufs <= SILENCE_LUFS else REPLAY_GAIN_LUFS - self.integrated_lufs


def loudness(k_weighted_steps: Floats) -> Loudness:
    """Loudness of a piece.

    Args:
        k_weighted_steps: Mean square of the K-weighted channels, summed with the standard's channel weights, a row per
            100 ms that holds as many values as the window of the maxima moves by, shape `[n, n_steps]`. A piece of
            less than 400 ms is measured as if silence followed.

    Returns:
        -70 LUFS, range 0 for silence and for no rows.

    Source: ITU-R BS.1770-4 annex 1 (equations 2-7); EBU Tech 3341 (windows) and 3342 (range).
    """
    steps = np.asarray(k_weighted_steps, np.float64)
    n_steps, power = steps.shape[1], steps.mean(axis=1)
    return Loudness(
        integrated_lufs=passage_lufs(power),
        range_lu=_range_lu(_windowed(power, _SHORT_TERM_ROWS)[_SHORT_TERM_ROWS - 1 :]),
        momentary_lufs=lufs(_windowed(power, _MOMENTARY_ROWS)).astype(np.float32),
        short_term_lufs=lufs(_windowed(power, _SHORT_TERM_ROWS)).astype(np.float32),
        max_momentary_lufs=_loudest_lufs(steps.reshape(-1), _MOMENTARY_ROWS * n_steps),
        max_short_term_lufs=_loudest_lufs(steps.reshape(-1), _SHORT_TERM_ROWS * n_steps),
    )


def passage_lufs(k_weighted_power: Floats | Times) -> float:
    """Loudness of a passage: integrated, gated.

    Args:
        k_weighted_power: The means of the rows that `loudness` has, shape `[n]`.
    """
    power = np.asarray(k_weighted_power, np.float64)
    momentary = _windowed(np.pad(power, (0, max(0, _MOMENTARY_ROWS - len(power)))), _MOMENTARY_ROWS)
    return _gated_lufs(momentary[_MOMENTARY_ROWS - 1 :])


def _loudest_lufs(power: Times, n_rows: int) -> float:
    """Loudness of the loudest `n_rows` successive rows, silence before and after the piece."""
    windows = _windowed(power, n_rows)
    return float(lufs(windows.max(keepdims=True))[0]) if len(windows) else SILENCE_LUFS


def _windowed(power: Times, n_rows: int) -> Times:
    """Mean of the last `n_rows` rows at each row, silence before the first."""
    if not len(power):
        return power
    sums = np.cumsum(np.concatenate((np.zeros(n_rows), power)))
    means: Times = np.maximum(sums[n_rows:] - sums[:-n_rows], 0) / n_rows
    return means


def _gated_lufs(windows: Times) -> float:
    heard = windows[_above(windows, SILENCE_LUFS)]
    if not len(heard):
        return SILENCE_LUFS
    gate = float(lufs(heard.mean(keepdims=True))[0]) + _RELATIVE_GATE_LU
    return float(lufs(heard[_above(heard, gate)].mean(keepdims=True))[0])


def _range_lu(windows: Times) -> float:
    heard = windows[_above(windows, SILENCE_LUFS)]
    if not len(heard):
        return 0.0
    levels = lufs(heard)
    levels = levels[levels >= float(lufs(heard.mean(keepdims=True))[0]) + _RANGE_GATE_LU]
    quiet, loud = np.percentile(levels, (10, 95))
    return float(loud - quiet)


def _above(power: Times, gate_lufs: float) -> NDArray[np.bool_]:
    above: NDArray[np.bool_] = power > 10 ** ((gate_lufs + 0.691) / 10)
    return above
