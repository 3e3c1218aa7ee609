"""Partials of a spectrum by pitch, in thirds of a semitone, and by pitch class."""

import numpy as np

from tactus.dsp.arrays import Floats

THIRDS = 3
"""Divisions of a semitone: enough to estimate the tuning of a piece and to undo it."""

N_OCTAVES = 7
N_PITCHES = N_OCTAVES * 12 * THIRDS
"""Number of pitches, from C1 (32.7 Hz) up to, excluding, C8 (4186 Hz)."""

FLOOR = 10 ** (-60 / 20)
"""Partials weaker than this relative to the strongest of their frame (-60 dB) are ignored."""

CLASS_PITCHES = slice(9 * THIRDS - 1, (6 * 12 + 3) * THIRDS + 1)
"""Pitches folded to pitch classes, A1 (55 Hz) to Eb7 (2489 Hz): below, adjacent semitones share a bin; above, overtones
and cymbals dominate."""


def fine_pitches(magnitudes: Floats, sample_rate: int) -> Floats:
    """Strength of the partials in each third of a semitone.

    A partial is a local maximum of the spectrum; its frequency comes from a parabola through three logarithmic
    magnitudes, which is far finer than a bin, and its magnitude is shared by the two nearest pitches.

    Args:
        magnitudes: Magnitude spectra under a Hann window, shape `[n_frames, n_bins]`.
        sample_rate: Sample rate [Hz].

    Returns:
        Sums of the magnitudes, >= 0, shape `[n_frames, 252]`; column k is k thirds of a semitone above C1 in tune with
        A4 = 440 Hz; 0 where the spectrum is silent.

    Source:
        E. Gómez 2006, Tonal description of music audio signals, section 3.1 (harmonic pitch class profile).
    """
    bin_hz = sample_rate / (2 * (magnitudes.shape[1] - 1))
    first, last = int(np.ceil(_C1_HZ / bin_hz)), min(int(_HIGHEST_HZ / bin_hz), magnitudes.shape[1] - 2)
    around = magnitudes[:, first - 1 : last + 2]
    center = around[:, 1:-1]
    rises = around[:, 1:] > around[:, :-1]
    floor = FLOOR * center.max(axis=1, keepdims=True, initial=0)
    frames, bins = np.nonzero(rises[:, :-1] & ~rises[:, 1:] & (center > floor))
    heights = center[frames, bins]
    peaks = np.stack((around[frames, bins], heights, around[frames, bins + 2]))
    left, middle, right = np.log(np.maximum(peaks, _TINY))
    bend = left - 2 * middle + right  # 0 where rounding makes a peak flat
    offsets = np.divide(0.5 * (left - right), bend, out=np.zeros_like(bend), where=bend < 0)
    pitches = 12 * THIRDS * np.log2((first + bins + offsets) * (bin_hz / _C1_HZ))
    pitches = np.minimum(np.maximum(pitches, 0), N_PITCHES - 1)
    lower = np.minimum(pitches.astype(np.int64), N_PITCHES - 2)
    to_upper = pitches - lower
    places = frames * N_PITCHES + lower
    size = len(magnitudes) * N_PITCHES
    sums = np.bincount(places, heights * (1 - to_upper), size)
    sums += np.bincount(places + 1, heights * to_upper, size)
    return sums.astype(np.float32).reshape(-1, N_PITCHES)


def fine_pitch_classes(pitches: Floats) -> Floats:
    """Fine chroma: strength of the partials in each third of a semitone, summed over octaves.

    Args:
        pitches: Result of `fine_pitches`, shape `[n_frames, 252]`.

    Returns:
        Shape `[n_frames, 36]`; column 3 p is pitch class p exactly in tune, C = 0.
    """
    folded = np.zeros_like(pitches)
    folded[:, CLASS_PITCHES] = pitches[:, CLASS_PITCHES]
    classes: Floats = folded.reshape(len(pitches), N_OCTAVES, 12 * THIRDS).sum(axis=1)
    return classes


_TINY = np.finfo(np.float32).tiny
_C1_HZ = 440 * 2 ** (-45 / 12)
_HIGHEST_HZ = _C1_HZ * 2**N_OCTAVES
