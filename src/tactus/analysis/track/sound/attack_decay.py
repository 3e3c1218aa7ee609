"""Attack and decay slopes: how fast band levels rise at the beginning of sounds, and fall at their end."""

import numpy as np

from tactus.dsp.arrays import Floats, Times

VERSION = 2

RISE_FRAMES, FALL_FRAMES = 2, 4
"""Spans of level changes on the rhythm grid: 23 and 46 ms. A drum hit rises within the first; only a small room is
silent after the second."""

RISE_PERCENTILE, FALL_PERCENTILE = 90.0, 98.0
"""Percentiles of level changes: most of the time nothing begins or ends."""

_TOP_PERCENTILE, _BELOW_TOP_DB, _MIN_DB = 95.0, 20.0, -80.0
"""A band counts from 20 dB below the 95th percentile of its level on, and above -80 dB."""

_STEP_DB, _N_STEPS = 0.05, 2400
"""Resolution [dB] and size of the histogram of level changes: up to 120 dB."""

_ROWS_AT_ONCE = 1 << 12
"""Frames per step, so that memory for intermediate results does not grow with the piece."""


def attack_decay_slopes_db(levels_db: Floats) -> tuple[float, float]:
    """Attack slope [dB per 23 ms] and decay slope [dB per 46 ms] of a piece, >= 0; 0 for silence.

    Args:
        levels_db: Level of each mid mel band on the rhythm grid [dB], shape `[n_frames, n_bands]`.

    Source: Wen, Habets and Naylor 2008, "Blind estimation of reverberation time based on the distribution of signal
        decay rates" (falls); Peeters 2004, "A large set of audio features", section 4.1 (attack slopes).
    """
    if not len(levels_db):
        return 0.0, 0.0
    # Band by band: sorting all of them at once would copy the whole array.
    loud = np.array([np.percentile(band, _TOP_PERCENTILE) for band in levels_db.T])
    thresholds = np.maximum(loud - _BELOW_TOP_DB, _MIN_DB)
    return (
        _difference_percentile(levels_db[RISE_FRAMES:], levels_db[:-RISE_FRAMES], thresholds, RISE_PERCENTILE),
        _difference_percentile(levels_db[:-FALL_FRAMES], levels_db[FALL_FRAMES:], thresholds, FALL_PERCENTILE),
    )


def _difference_percentile(high: Floats, low: Floats, thresholds: Times, percentile: float) -> float:
    """Percentile of `high - low` where `high` exceeds the threshold of its band, to 0.05 dB [dB]."""
    counts = np.zeros(_N_STEPS, np.int64)
    for first in range(0, len(high), _ROWS_AT_ONCE):
        above = high[first : first + _ROWS_AT_ONCE]
        changes = (above - low[first : first + _ROWS_AT_ONCE])[above > thresholds]
        counts += np.bincount(np.clip(changes / _STEP_DB, 0, _N_STEPS - 1).astype(np.int64), minlength=_N_STEPS)
    if not counts.any():
        return 0.0
    return float(np.searchsorted(np.cumsum(counts), percentile / 100 * counts.sum()) * _STEP_DB)
