"""Pitched instruments by formula, for music that needs no sound bank."""

import numpy as np
from numpy.typing import NDArray

from training.sound.performance import PlayedNote

Samples = NDArray[np.float32]

RELEASE_S, MAX_S = 0.05, 4.0
"""How long a note fades when it is let go, and how long it sounds at most [s]."""


def tones(notes: list[PlayedNote], duration_s: float, sample_rate: int, *, brightness: float, fade_s: float) -> Samples:
    """Notes whose overtones have `brightness` of the one below and fade with the time constant `fade_s`, `[n]`."""
    mix = np.zeros(int((duration_s + MAX_S + 1) * sample_rate), np.float32)
    for note in notes:
        hz = 440 * 2 ** ((note.pitch - 69) / 12)
        n = int(min(note.end_s - note.begin_s + RELEASE_S, MAX_S) * sample_rate)
        at_s = np.arange(n, dtype=np.float32) / sample_rate
        sound = np.zeros(n, np.float32)
        for overtone in range(1, 1 + min(10, int(0.4 * sample_rate / hz))):
            sound += brightness ** (overtone - 1) * np.sin(2 * np.pi * overtone * hz * at_s)
        sound *= np.minimum(1, np.minimum(at_s / 0.004, (at_s[-1] - at_s) / RELEASE_S)) * np.exp(-at_s / fade_s)
        first = int(note.begin_s * sample_rate)
        mix[first : first + n] += sound * np.float32(note.velocity / 127)
    return mix[: int(duration_s * sample_rate)]
