"""From K-weighted power to loudness."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tactus.dsp.arrays import Floats, Times

SILENCE_LUFS = -70.0
"""The absolute gate: nothing quieter is loudness (BS.1770-4, annex 1)."""


def lufs(power: Times) -> Times:
    """Loudness of a mean square [LUFS], never below -70 (BS.1770-4, equation 2)."""
    floor = 10 ** ((SILENCE_LUFS + 0.691) / 10)
    levels: Times = -0.691 + 10 * np.log10(np.maximum(power, floor))
    return levels


def windowed_lufs(history: Floats, n_rows: int) -> Floats:
    """Loudness [LUFS] of every `n_rows` successive rows of power, shape `[len(history) - n_rows + 1]`.

    Args:
        history: Mean squares, shape `[n]`, at least `n_rows - 1` of them.
        n_rows: Rows in a window.
    """
    if len(history) < n_rows:
        return np.empty(0, np.float32)
    return lufs(sliding_window_view(history, n_rows).mean(axis=1, dtype=np.float64)).astype(np.float32)
