"""Magnitude spectra of frames, and measures of them."""

from functools import lru_cache

import numpy as np
import scipy.fft

from tactus.dsp.arrays import Floats, Ints
from tactus.dsp.grid import Grid


@lru_cache(maxsize=32)
def hann(length: int) -> Floats:
    """Periodic Hann window, as librosa and scipy.signal use it for spectra, in [0, 1], shape `[length]`."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    window.flags.writeable = False
    return window


def magnitudes(frames: Floats) -> Floats:
    """Magnitude spectrum under a periodic Hann window.

    Args:
        frames: Samples, shape `[..., frame_length]`.

    Returns:
        Magnitudes >= 0, not normalised (librosa's `abs(stft)`), shape `[..., frame_length // 2 + 1]`.
    """
    spectrum: Floats = np.abs(scipy.fft.rfft(frames * hann(frames.shape[-1]), axis=-1))
    return spectrum


def full_scale_magnitude(frame_length: int) -> float:
    """Magnitude at the peak of a sine of amplitude 1.0 that lies on a bin: half the sum of the Hann window."""
    return frame_length / 4


@lru_cache(maxsize=32)
def bin_hz(grid: Grid) -> Floats:
    """Center frequency of each bin [Hz], from 0 to half the sample rate, shape `[n_bins]`."""
    return np.linspace(0, grid.sample_rate / 2, grid.n_bins, dtype=np.float32)


def geometric_mean(values: Floats) -> Floats:
    """Geometric mean over the last axis, shape `[..., 1]`.

    Args:
        values: Values in [1e-9, 1e9], shape `[..., n]`. Four at a time are multiplied before the logarithm is taken,
            which saves three quarters of the logarithms.
    """
    n_values = values.shape[-1]
    quarter = n_values // 4
    products = values[..., :quarter] * values[..., quarter : 2 * quarter]
    products *= values[..., 2 * quarter : 3 * quarter]
    products *= values[..., 3 * quarter : 4 * quarter]
    logarithms = np.sum(np.log(products, out=products), axis=-1, keepdims=True)
    logarithms += np.sum(np.log(values[..., 4 * quarter :]), axis=-1, keepdims=True)
    mean: Floats = np.exp(logarithms / np.float32(n_values))
    return mean


def running_sums(magnitudes: Floats) -> Floats:
    """Cumulative sums of a spectrum at the end of every group of 32 bins (the last group may be shorter).

    Args:
        magnitudes: Magnitude spectra, shape `[n_frames, n_bins]`.

    Returns:
        Shape `[n_frames, ceil(n_bins / 32)]`; the last column is the sum of all bins.
    """
    n_frames, n_bins = magnitudes.shape
    n_whole = n_bins // _BINS_PER_GROUP
    whole = magnitudes[:, : n_whole * _BINS_PER_GROUP].reshape(n_frames, n_whole, _BINS_PER_GROUP)
    sums: Floats = np.einsum("ijk->ij", whole)
    if n_bins % _BINS_PER_GROUP:
        rest = magnitudes[:, n_whole * _BINS_PER_GROUP :].sum(axis=1, keepdims=True)
        sums = np.concatenate((sums, rest), axis=1)
    return np.cumsum(sums, axis=1)


def quantile_bins(magnitudes: Floats, sums: Floats, share: float) -> Ints:
    """Spectral quantile: the first bin at which the cumulative sum of the magnitudes reaches a share of the total.

    The sums of groups are searched first, then the one group in which the share is reached: a cumulative sum over all
    bins costs several times as much.

    Args:
        magnitudes: Magnitude spectra, >= 0, shape `[n_frames, n_bins]`.
        sums: Their `running_sums`.
        share: Share of the total, in (0, 1].

    Returns:
        Index of the bin, shape `[n_frames, 1]`; 0 for a silent frame.
    """
    target = sums[:, -1:] * np.float32(share)
    group = np.argmax(sums >= target, axis=1)[:, None]
    before = np.where(group > 0, np.take_along_axis(sums, np.maximum(group - 1, 0), axis=1), np.float32(0))
    bins = np.minimum(group * _BINS_PER_GROUP + np.arange(_BINS_PER_GROUP), magnitudes.shape[1] - 1)
    inside = before + np.cumsum(np.take_along_axis(magnitudes, bins, axis=1), axis=1)
    # The sum of the whole group reaches the target; the cumulative sum may miss it by a rounding error.
    inside[:, -1] = np.inf
    return np.take_along_axis(bins, np.argmax(inside >= target, axis=1)[:, None], axis=1)


_BINS_PER_GROUP = 32
