"""Chroma: strength of each pitch class."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp import filterbanks
from tactus.dsp.arrays import Floats


class Chroma(Stateless):
    """Share of each of the twelve pitch classes from C to B, shape `[n, 12]`.

    Values are in [0, 1], the strongest of a frame being 1; all are 0 in a silent frame. Equal temperament with
    A4 = 440 Hz: tuning, which needs the whole piece, is not estimated here.
    """

    about = About(
        name="chroma",
        unit="",
        size=12,
        meaning="How much of C, C#, D ... B sounds, relative to the strongest.",
        source="librosa.feature.chroma_stft(tuning=0)",
        scale=1.0,
        gain="free",
    )

    def values(self, frames: Frames) -> Floats:
        """Power summed by pitch class, divided by the maximum of the frame."""
        grid = frames.grid
        classes = filterbanks.chroma(grid.sample_rate, grid.frame_length).bands(frames.power)
        largest = np.max(classes, axis=-1, keepdims=True)
        np.divide(classes, largest, out=classes, where=largest > np.finfo(np.float32).tiny)
        return classes
