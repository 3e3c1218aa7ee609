"""Clicks that can be heard through music, as a metronome makes them."""

import numpy as np

from tactus.dsp.arrays import Floats, Times

BEAT_HZ, DOWNBEAT_HZ = 1000.0, 2000.0
"""The first beat of a bar is an octave above the others."""

CLICK_S, DECAY_S = 0.05, 0.01
"""How long a click is, and in which time it falls by a factor of e [s]: short enough to be exact to the ear."""


def clicks(first_sample: int, n_samples: int, sample_rate: int, beat_times: Times, downbeat_times: Times) -> Floats:
    """A stretch of the clicks of a piece, each beginning on the sample nearest to its beat.

    Args:
        first_sample: Where the stretch begins, counted from the beginning of the piece.
        n_samples: Its length [samples], any number from 0 up.
        sample_rate: [Hz].
        beat_times: Beats [s], ascending.
        downbeat_times: Those of them that begin a bar [s].

    Returns:
        At most 1 in absolute value, shape `[n_samples]`.
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
