"""Loudness by ITU-R BS.1770-4 and EBU R 128, and ReplayGain."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.loudness import SILENCE_LUFS, lufs

VERSION = 2

REPLAY_GAIN_LUFS = -18.0
"""Target loudness of ReplayGain [LUFS]."""

_MOMENTARY_ROWS = 4
"""Window of the momentary loudness: 400 ms, in rows of 100 ms."""

_SHORT_TERM_ROWS = 30
"""Window of the short-term loudness: 3 s, in rows of 100 ms."""

_RELATIVE_GATE_LU = -10.0
"""Relative gate of the integrated loudness [LU]."""

_RANGE_GATE_LU = -20.0
"""Relative gate of the loudness range [LU]."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """Loudness of a piece; no value is below -70 LUFS, which is silence.

    Args:
        integrated_lufs: Integrated, gated loudness of the whole piece [LUFS].
        range_lu: Loudness range [LU], >= 0.
        momentary_lufs: Loudness of the last 400 ms at (k + 1) * 0.1 s in value k [LUFS], shape `[n]`.
        short_term_lufs: Loudness of the last 3 s at (k + 1) * 0.1 s in value k [LUFS], shape `[n]`.
        max_momentary_lufs: Loudness of the loudest 400 ms, at any multiple of 10 ms [LUFS].
        max_short_term_lufs: Loudness of the loudest 3 s, at any multiple of 10 ms [LUFS].
    """

    integrated_lufs: float
    range_lu: float
    momentary_lufs: Floats
    short_term_lufs: Floats
    max_momentary_lufs: float
    max_short_term_lufs: float

    @property
    def replay_gain_db(self) -> float | None:
        """ReplayGain [dB]: gain to the target loudness; None for silence.

        Source: ReplayGain 2.0 (`-18 LUFS - integrated`).
        """
        return None if self.integrated_lufs <= SILENCE_LUFS else REPLAY_GAIN_LUFS - self.integrated_lufs


def loudness(k_weighted_steps: Floats) -> Loudness:
    """Loudness of a piece.

    Args:
        k_weighted_steps: Feature `k_weighted_steps`: mean square of the K-weighted channels, summed with the channel
            weights of the standard, one row per 100 ms with one value per step of the maxima's windows, shape
            `[n, n_steps]`. A piece of less than 400 ms is measured as if silence followed.

    Returns:
        Loudness; -70 LUFS and range 0 for silence and for no rows.

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
    """Integrated, gated loudness of a passage [LUFS].

    Args:
        k_weighted_power: K-weighted power, one value per 100 ms: means of the rows of `k_weighted_steps`, shape `[n]`.
    """
    power = np.asarray(k_weighted_power, np.float64)
    momentary = _windowed(np.pad(power, (0, max(0, _MOMENTARY_ROWS - len(power)))), _MOMENTARY_ROWS)
    return _gated_lufs(momentary[_MOMENTARY_ROWS - 1 :])


def _loudest_lufs(power: Times, n_rows: int) -> float:
    """Loudness of the loudest `n_rows` successive rows [LUFS], with silence before and after the piece."""
    windows = _windowed(power, n_rows)
    return float(lufs(windows.max(keepdims=True))[0]) if len(windows) else SILENCE_LUFS


def _windowed(power: Times, n_rows: int) -> Times:
    """Moving average of the last `n_rows` rows at each row, with silence before the first."""
    if not len(power):
        return power
    sums = np.cumsum(np.concatenate((np.zeros(n_rows), power)))
    means: Times = np.maximum(sums[n_rows:] - sums[:-n_rows], 0) / n_rows
    return means


def _gated_lufs(windows: Times) -> float:
    """Mean over windows above the absolute gate and the relative one [LUFS]."""
    gated = windows[_above(windows, SILENCE_LUFS)]
    if not len(gated):
        return SILENCE_LUFS
    gate = float(lufs(gated.mean(keepdims=True))[0]) + _RELATIVE_GATE_LU
    return float(lufs(gated[_above(gated, gate)].mean(keepdims=True))[0])


def _range_lu(windows: Times) -> float:
    """Loudness range of short-term windows [LU], by EBU Tech 3342."""
    gated = windows[_above(windows, SILENCE_LUFS)]
    if not len(gated):
        return 0.0
    levels = lufs(gated)
    levels = levels[levels >= float(lufs(gated.mean(keepdims=True))[0]) + _RANGE_GATE_LU]
    quiet, loud = np.percentile(levels, (10, 95))
    return float(loud - quiet)


def _above(power: Times, gate_lufs: float) -> NDArray[np.bool_]:
    above: NDArray[np.bool_] = power > 10 ** ((gate_lufs + 0.691) / 10)
    return above
