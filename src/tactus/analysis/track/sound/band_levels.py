"""How strong each band of a piece is, in decibels, as timbre and structure need it."""

import numpy as np

from tactus.dsp.arrays import Floats

FLOOR_DB = -60.0
"""Silence: nothing is said to be quieter."""

_ROWS_AT_ONCE = 1 << 12
"""Intermediate results of so many rows stay in the cache, and do not grow with the piece."""


def band_levels_db(log_mel: Floats, compression: float, floor_db: float = FLOOR_DB) -> Floats:
    """Level of each mel band, undoing the compression that rhythm wants.

    Args:
        log_mel: `log(1 + compression * m)` of mean magnitudes m (1 for the peak of a full-scale sine), `[n, n_bands]`.
        compression: As it was applied.
        floor_db: Silence [dB].

    Returns:
        Levels [dB], `floor_db` and up, same shape.
    """
    levels: Floats = np.expm1(log_mel)  # one array, changed in place: hours of frames are large
    levels *= np.float32(1 / compression)
    np.maximum(levels, np.float32(10 ** (floor_db / 20)), out=levels)
    np.log(levels, out=levels)
    levels *= np.float32(20 / np.log(10))
    return levels


def total_levels_db(levels_db: Floats) -> Floats:
    """Level of all bands together [dB], -60..0, from `[n, n_bands]`, shape `[n]`."""
    nepers = np.float32(np.log(10) / 10)  # per decibel, of power
    floor = np.exp(np.float32(FLOOR_DB) * nepers)
    power = np.empty(levels_db.shape[:-1], np.float32)
    for first in range(0, len(power), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        np.sum(np.exp(levels_db[rows] * nepers) - floor, axis=-1, out=power[rows])
    totals: Floats = np.clip(10 * np.log10(np.maximum(power, floor)), FLOOR_DB, 0)
    return totals
