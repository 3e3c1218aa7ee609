"""Layers of small convolutional networks, as matrix products."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tactus.dsp.arrays import Floats

LEAK = 0.05
"""Slope of the leaky rectifier for negative values."""

_CHUNK = 4096
"""Rows processed at a time, so that memory does not grow with the length of the piece."""


def rectified(values: Floats) -> Floats:
    """Leaky rectifier: `max(x, LEAK * x)`, same shape; the input is overwritten.

    Source:
        A. Maas, A. Hannun, A. Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.
    """
    np.maximum(values, values * np.float32(LEAK), out=values)
    return values


def softmax(logits: Floats) -> Floats:
    """Softmax over the last axis, same shape."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    probabilities: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return probabilities


def over_time_and_bands(rows: Floats, kernel: Floats, bias: Floats, strides: tuple[int, int]) -> Floats:
    """Two-dimensional convolution over rows (time) and bands, without padding.

    Args:
        rows: Shape `[n_rows, n_bands, n_channels]`.
        kernel: Shape `[n_times, n_widths, n_channels, n_filters]`.
        bias: Shape `[n_filters]`.
        strides: Strides over rows and over bands.

    Returns:
        Shape `[n, m, n_filters]` with `n = (n_rows - n_times) // strides[0] + 1` and
        `m = (n_bands - n_widths) // strides[1] + 1`.
    """
    n_times, n_widths, _, n_filters = kernel.shape
    windows = sliding_window_view(rows, (n_times, n_widths), axis=(0, 1))[:: strides[0], :: strides[1]]
    patches = windows.transpose(0, 1, 3, 4, 2)
    n, m = patches.shape[:2]
    values: Floats = patches.reshape(n * m, -1) @ kernel.reshape(-1, n_filters)
    values += bias
    return values.reshape(n, m, n_filters)


def over_time(rows: Floats, kernel: Floats, bias: Floats, dilation: int) -> Floats:
    """Dilated convolution over time, centered, padded with zeros.

    Args:
        rows: Shape `[n_rows, n_channels]`.
        kernel: Shape `[n_taps, n_channels, n_filters]`, n_taps odd.
        bias: Shape `[n_filters]`.
        dilation: Distance between the taps of a filter [rows], >= 1.

    Returns:
        Shape `[n_rows, n_filters]`.
    """
    values = np.empty((len(rows), kernel.shape[2]), np.float32)
    for first, part in _parts_over_time(rows, kernel, bias, dilation):
        values[first : first + len(part)] = part
    return values


def add_over_time(rows: Floats, kernel: Floats, bias: Floats, dilation: int, *, out: Floats, out_bias: Floats) -> None:
    """Residual block of a temporal convolutional network: `rows += rectified(over_time(rows)) @ out + out_bias`.

    The rows are overwritten, so that a long piece needs only one copy of them.

    Args:
        rows: Shape `[n_rows, n_channels]`.
        kernel: Shape `[n_taps, n_channels, n_filters]`, n_taps odd.
        bias: Shape `[n_filters]`.
        dilation: Distance between the taps of a filter [rows], >= 1.
        out: Shape `[n_filters, n_channels]`.
        out_bias: Shape `[n_channels]`.

    Source:
        S. Bai, J. Kolter, V. Koltun, "An empirical evaluation of generic convolutional and recurrent networks for
        sequence modeling", 2018.
    """
    for first, part in _parts_over_time(rows, kernel, bias, dilation):
        rows[first : first + len(part)] += rectified(part) @ out + out_bias


def _parts_over_time(rows: Floats, kernel: Floats, bias: Floats, dilation: int) -> Iterator[tuple[int, Floats]]:
    """Outputs of the filters in parts, each with the index of its first row; `rows` may be overwritten meanwhile."""
    n_rows, n_channels = rows.shape
    n_taps, _, n_filters = kernel.shape
    reach = dilation * (n_taps // 2)
    silence = np.zeros((reach, n_channels), np.float32)
    padded = np.concatenate((silence, rows, silence))
    matrix = kernel.reshape(-1, n_filters)
    for first in range(0, n_rows, _CHUNK):
        last = min(first + _CHUNK, n_rows)
        taps = [padded[first + tap * dilation : last + tap * dilation] for tap in range(n_taps)]
        values = np.concatenate(taps, axis=1) @ matrix
        values += bias
        yield first, values
