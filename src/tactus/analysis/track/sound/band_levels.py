"""Levels of mel bands in decibels, for timbre and structure."""

import numpy as np

from tactus.dsp.arrays import Floats

FLOOR_DB = -60.0
"""Floor of levels [dB]: silence."""

_ROWS_AT_ONCE = 1 << 12
"""Frames per step: intermediate results stay in the cache, and do not grow with the piece."""


def band_levels_db(log_mel: Floats, compression: float, floor_db: float = FLOOR_DB) -> Floats:
    """Level of each mel band, from the compressed magnitudes of the feature log_mel.

    Args:
        log_mel: `log(1 + compression * m)` of mean magnitudes m (1 for the peak of a full-scale sine), `[n, n_bands]`.
        compression: Factor in the logarithm.
        floor_db: Floor of the levels [dB].

    Returns:
        Levels [dB], >= `floor_db`, shape `[n, n_bands]`.
    """
    levels: Floats = np.expm1(log_mel)  # one array, changed in place: hours of frames are large
    levels *= np.float32(1 / compression)
    np.maximum(levels, np.float32(10 ** (floor_db / 20)), out=levels)
    np.log(levels, out=levels)
    levels *= np.float32(20 / np.log(10))
    return levels


def total_levels_db(levels_db: Floats) -> Floats:
    """Total level of all bands [dB], in [-60, 0], shape `[n]`, from levels `[n, n_bands]` [dB]."""
    nepers = np.float32(np.log(10) / 10)  # per decibel, of power
    floor = np.exp(np.float32(FLOOR_DB) * nepers)
    power = np.empty(levels_db.shape[:-1], np.float32)
    for first in range(0, len(power), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        np.sum(np.exp(levels_db[rows] * nepers) - floor, axis=-1, out=power[rows])
    totals: Floats = np.clip(10 * np.log10(np.maximum(power, floor)), FLOOR_DB, 0)
    return totals
