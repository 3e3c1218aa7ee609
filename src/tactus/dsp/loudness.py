"""Loudness from K-weighted power."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tactus.dsp.arrays import Floats, Times

SILENCE_LUFS = -70.0
"""Absolute gate [LUFS]: the lowest loudness (BS.1770-4, annex 1)."""


def lufs(power: Times) -> Times:
    """Loudness [LUFS] of K-weighted mean squares, at least -70 (BS.1770-4, equation 2)."""
    floor = 10 ** ((SILENCE_LUFS + 0.691) / 10)
    levels: Times = -0.691 + 10 * np.log10(np.maximum(power, floor))
    return levels


def windowed_lufs(history: Floats, n_rows: int) -> Floats:
    """Loudness [LUFS] over a sliding window of power, shape `[len(history) - n_rows + 1]`.

    Args:
        history: K-weighted mean squares, shape `[n]`, `n >= n_rows - 1`.
        n_rows: Rows per window.
    """
    if len(history) < n_rows:
        return np.empty(0, np.float32)
    return lufs(sliding_window_view(history, n_rows).mean(axis=1, dtype=np.float64)).astype(np.float32)
