"""From frames to spectra."""

from functools import lru_cache

import numpy as np
import scipy.fft

from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid


@lru_cache(maxsize=32)
def hann(length: int) -> Floats:
    """Periodic Hann window, as librosa and scipy.signal use it for spectra; in [0, 1], shape `[length]`."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    window.flags.writeable = False
    return window


def magnitudes(frames: Floats) -> Floats:
    """How much of each frequency a frame holds: the magnitude of the FFT under a periodic Hann window.

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
    """Centre frequency of each bin [Hz], from 0 to half the sample rate, shape `[n_bins]`."""
    return np.linspace(0, grid.sample_rate / 2, grid.n_bins, dtype=np.float32)
