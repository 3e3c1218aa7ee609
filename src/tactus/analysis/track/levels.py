"""How strong each band of a piece is, in decibels, as timbre and structure need it."""

import numpy as np

from tactus.dsp.arrays import Floats

FLOOR_DB = -60.0
"""Silence: nothing is said to be quieter."""


def band_levels_db(log_mel: Floats, compression: float) -> Floats:
    """Level of each mel band, undoing the compression that rhythm wants.

    Args:
        log_mel: `log(1 + compression * m)` of mean magnitudes m (1 for the peak of a full-scale sine), `[n, n_bands]`.
        compression: As it was applied.

    Returns:
        Levels [dB], -60 and up, same shape.
    """
    magnitudes = np.expm1(log_mel) * np.float32(1 / compression)
    levels: Floats = 20 * np.log10(np.maximum(magnitudes, np.float32(10 ** (FLOOR_DB / 20))))
    return levels


def total_levels_db(levels_db: Floats) -> Floats:
    """Level of all bands together [dB], -60..0, from `[n, n_bands]`, shape `[n]`."""
    power = np.maximum(np.sum(10 ** (levels_db / 10) - 10 ** (FLOOR_DB / 10), axis=-1), 10 ** (FLOOR_DB / 10))
    totals: Floats = np.clip(10 * np.log10(power), FLOOR_DB, 0)
    return totals
