"""Fine chroma on the harmony grid: what key, chords and tuning are read from."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp import spectrum
from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import fine_pitch_classes

N_CLASSES = 36
"""Thirds of a semitone: enough to tell a piece's tuning and to undo it."""


class ChromaHarmony(Stateless):
    """Strength of the partials in each third of a semitone, all octaves together, full scale 1; `[n, 36]`, >= 0.

    Class 3 p is pitch class p (C = 0) exactly in tune with A4 = 440 Hz, 3 p + 1 a third of a semitone above. The
    window of 0.19 s tells neighbouring semitones apart down to about 220 Hz.
    """

    about = About(
        name="chroma_harmony",
        unit="",
        size=N_CLASSES,
        meaning="How much of each third of a semitone sounds: the picture of the harmony.",
        source="Gómez 2006, Tonal description of music audio signals, section 3.1",
        scale=1.0,
        gain="linear",
        grid="harmony",
    )

    def values(self, frames: Frames) -> Floats:
        """Spectral peaks, gathered by pitch class."""
        sums = fine_pitch_classes(frames.magnitude, frames.grid.sample_rate, N_CLASSES)
        return sums / np.float32(spectrum.full_scale_magnitude(frames.grid.frame_length))
