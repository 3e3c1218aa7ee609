"""Steepness: how abruptly sounds begin and how abruptly they end."""

import numpy as np

from tactus.dsp.arrays import Floats

VERSION = 1

RISE_FRAMES, FALL_FRAMES = 2, 4
"""Over which rises and falls are measured: 23 and 46 ms. A drum begins within the first, a room is silent after the
second only if it is small."""

RISE_PERCENTILE, FALL_PERCENTILE = 90.0, 98.0
"""Most of the time nothing begins or ends: only the steepest tell how."""

_TOP_PERCENTILE, _BELOW_TOP_DB, _LOWEST_DB = 95.0, 20.0, -80.0
"""A band sounds from 20 dB below its loudest moments on, where that is above -80 dB."""


def steepness_db(levels_db: Floats) -> tuple[float, float]:
    """The steepest rises and falls of bands [dB] in 23 and 46 ms, >= 0; 0 where nothing sounds.

    Args:
        levels_db: Level of each mel band [dB] on the rhythm grid, of middle bands, shape `[n_frames, n_bands]`.

    Source: Wen, Habets and Naylor 2008, "Blind estimation of reverberation time based on the distribution of signal
        decay rates" (falls); Peeters 2004, "A large set of audio features", section 4.1 (attack slopes).
    """
    if not len(levels_db):
        return 0.0, 0.0
    sounding = np.maximum(np.percentile(levels_db, _TOP_PERCENTILE, axis=0) - _BELOW_TOP_DB, _LOWEST_DB)
    return (
        _steepest(levels_db[RISE_FRAMES:], levels_db[:-RISE_FRAMES], sounding, RISE_PERCENTILE),
        _steepest(levels_db[:-FALL_FRAMES], levels_db[FALL_FRAMES:], sounding, FALL_PERCENTILE),
    )


def _steepest(high: Floats, low: Floats, sounding: Floats, percentile: float) -> float:
    """How much higher one is than the other at a percentile, where it sounds."""
    changes = (high - low)[high > sounding]
    return max(0.0, float(np.percentile(changes, percentile, overwrite_input=True))) if len(changes) else 0.0
