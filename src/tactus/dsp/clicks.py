"""Metronome clicks, audible through music."""

import numpy as np

from tactus.dsp.arrays import Floats, Times

BEAT_HZ, DOWNBEAT_HZ = 1000.0, 2000.0
"""Frequency of a click [Hz]: the downbeat is an octave above the other beats."""

CLICK_S, DECAY_S = 0.05, 0.01
"""Length of a click and time constant of its decay [s]: short enough to sound exactly on the beat."""


def clicks(first_sample: int, n_samples: int, sample_rate: int, beat_times: Times, downbeat_times: Times) -> Floats:
    """Click track of part of a piece; each click begins on the sample nearest to its beat.

    Args:
        first_sample: First sample of the part, counted from the beginning of the piece.
        n_samples: Length of the part [samples], >= 0.
        sample_rate: Sample rate [Hz].
        beat_times: Beats [s], ascending.
        downbeat_times: Beats that begin a bar [s]; equal to some of `beat_times` to the bit.

    Returns:
        Samples in [-1, 1], shape `[n_samples]`.
    """
    stretch = np.zeros(n_samples, np.float32)
    is_downbeat = np.isin(beat_times, downbeat_times)
    starts = np.round(beat_times * sample_rate).astype(np.int64) - first_sample
    length = round(CLICK_S * sample_rate)
    sounds = {down: _click(DOWNBEAT_HZ if down else BEAT_HZ, length, sample_rate) for down in (False, True)}
    for at in np.flatnonzero((starts > -length) & (starts < n_samples)):
        begin, end = max(starts[at], 0), min(starts[at] + length, n_samples)
        stretch[begin:end] += sounds[bool(is_downbeat[at])][begin - starts[at] : end - starts[at]]
    return np.clip(stretch, -1, 1)


def _click(frequency_hz: float, length: int, sample_rate: int) -> Floats:
    t = np.arange(length) / sample_rate
    return np.asarray(np.cos(2 * np.pi * frequency_hz * t) * np.exp(-t / DECAY_S), np.float32)
