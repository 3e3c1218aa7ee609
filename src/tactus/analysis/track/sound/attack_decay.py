"""Steepness: how abruptly sounds begin and how abruptly they end."""

import numpy as np

from tactus.dsp.arrays import Floats, Times

VERSION = 2

RISE_FRAMES, FALL_FRAMES = 2, 4
"""Over which rises and falls are measured: 23 and 46 ms. A drum begins within the first, a room is silent after the
second only if it is small."""

RISE_PERCENTILE, FALL_PERCENTILE = 90.0, 98.0
"""Most of the time nothing begins or ends: only the steepest tell how."""

_TOP_PERCENTILE, _BELOW_TOP_DB, _LOWEST_DB = 95.0, 20.0, -80.0
"""A band sounds from 20 dB below its loudest moments on, where that is above -80 dB."""

_STEP_DB, _N_STEPS = 0.05, 2400
"""Changes are counted in steps so fine, up to 120 dB."""

_ROWS_AT_ONCE = 1 << 12
"""Of levels, so that intermediate results do not grow with the piece."""


def steepness_db(levels_db: Floats) -> tuple[float, float]:
    """The steepest rises and falls of bands [dB] in 23 and 46 ms, >= 0; 0 where nothing sounds.

    Args:
        levels_db: Level of each mel band [dB] on the rhythm grid, of middle bands, shape `[n_frames, n_bands]`.

    Source: Wen, Habets and Naylor 2008, "Blind estimation of reverberation time based on the distribution of signal
        decay rates" (falls); Peeters 2004, "A large set of audio features", section 4.1 (attack slopes).
    """
    if not len(levels_db):
        return 0.0, 0.0
    # Band by band, as a sort of all of them at once would be a second copy of everything.
    loud = np.array([np.percentile(band, _TOP_PERCENTILE) for band in levels_db.T])
    sounding = np.maximum(loud - _BELOW_TOP_DB, _LOWEST_DB)
    return (
        _steepest(levels_db[RISE_FRAMES:], levels_db[:-RISE_FRAMES], sounding, RISE_PERCENTILE),
        _steepest(levels_db[:-FALL_FRAMES], levels_db[FALL_FRAMES:], sounding, FALL_PERCENTILE),
    )


def _steepest(high: Floats, low: Floats, sounding: Times, percentile: float) -> float:
    """How much higher one is than the other at a percentile, where it sounds, to a twentieth of a decibel."""
    counts = np.zeros(_N_STEPS, np.int64)
    for first in range(0, len(high), _ROWS_AT_ONCE):
        above = high[first : first + _ROWS_AT_ONCE]
        changes = (above - low[first : first + _ROWS_AT_ONCE])[above > sounding]
        counts += np.bincount(np.clip(changes / _STEP_DB, 0, _N_STEPS - 1).astype(np.int64), minlength=_N_STEPS)
    if not counts.any():
        return 0.0
    return float(np.searchsorted(np.cumsum(counts), percentile / 100 * counts.sum()) * _STEP_DB)
