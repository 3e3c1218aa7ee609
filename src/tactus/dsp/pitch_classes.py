"""Pitch classes of the partials in a spectrum, finer than a semitone."""

import numpy as np

from tactus.dsp.arrays import Floats

LOW_HZ, HIGH_HZ = 55.0, 2500.0
"""Partials that tell the harmony: below, neighbouring semitones share a bin; above, overtones and cymbals rule."""

FLOOR = 10 ** (-60 / 20)
"""Partials this far below the strongest of their frame are left out."""


def fine_pitch_classes(magnitudes: Floats, sample_rate: int, n_classes: int) -> Floats:
    """Strength of the partials in each fraction of a semitone, all octaves together.

    A partial is a local maximum of the spectrum; its frequency comes from a parabola through three logarithmic
    magnitudes, which is far finer than a bin, and its magnitude is shared by the two nearest classes.

    Args:
        magnitudes: Magnitude spectra under a Hann window, shape `[n_frames, n_bins]`.
        sample_rate: [Hz].
        n_classes: A multiple of 12; class `p * n_classes / 12` is pitch class p exactly in tune (A4 = 440 Hz), C = 0.

    Returns:
        Sums of the magnitudes, >= 0, shape `[n_frames, n_classes]`; 0 where the spectrum is silent.

    Source:
        E. Gómez 2006, Tonal description of music audio signals, section 3.1 (harmonic pitch class profile).
    """
    bin_hz = sample_rate / (2 * (magnitudes.shape[1] - 1))
    first, last = int(np.ceil(LOW_HZ / bin_hz)), min(int(HIGH_HZ / bin_hz), magnitudes.shape[1] - 2)
    centre = magnitudes[:, first : last + 1]
    below, above = magnitudes[:, first - 1 : last], magnitudes[:, first + 1 : last + 2]
    floor = FLOOR * centre.max(axis=1, keepdims=True, initial=0)
    is_peak = (centre > below) & (centre >= above) & (centre > floor)
    peaks = np.flatnonzero(is_peak)
    frames, bins = np.divmod(peaks, centre.shape[1])
    heights = centre[is_peak]
    tiny = np.finfo(np.float32).tiny
    left, middle, right = (np.log(np.maximum(part, tiny)) for part in (below[is_peak], heights, above[is_peak]))
    bend = left - 2 * middle + right  # 0 where rounding makes a peak flat
    offsets = np.divide(0.5 * (left - right), bend, out=np.zeros_like(bend), where=bend < 0)
    classes = n_classes * np.log2((first + bins + offsets) * (bin_hz / _C_HZ))
    lower = np.floor(classes)
    to_upper = classes - lower
    lower = lower.astype(np.int64) % n_classes
    size = len(magnitudes) * n_classes
    sums = np.bincount(frames * n_classes + lower, heights * (1 - to_upper), size)
    sums += np.bincount(frames * n_classes + (lower + 1) % n_classes, heights * to_upper, size)
    return sums.astype(np.float32).reshape(-1, n_classes)


_C_HZ = 440 * 2 ** (-69 / 12)
"""The C of which all others are octaves."""
