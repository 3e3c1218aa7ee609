"""Zero-crossing rate: how often the signal changes its sign."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats

QUIET = np.float32(1e-10)
"""Samples up to this count as zero, so that the dither of silence does not cross."""


class ZeroCrossingRate(Stateless):
    """Share of the samples of a frame at which the sign changes, in [0, 1], shape `[n, 1]`.

    A sine of f Hz crosses `2 f / sample_rate` of the time; noise and consonants cross often, bass seldom. Silence
    does not cross. The zeros before the first and after the last sample of a piece count as samples (librosa repeats
    the piece's edge there instead).
    """

    about = About(
        name="zero_crossing_rate",
        unit="",
        size=1,
        meaning="How often the signal changes its sign: low for bass, high for hiss and consonants.",
        source="librosa.feature.zero_crossing_rate (inside the piece)",
        scale=1.0,
        gain="free",
    )

    def values(self, frames: Frames) -> Floats:
        """Changes of sign, counted over the samples of the frame."""
        negative = frames.signal < -QUIET
        crossings = np.sum(negative[:, 1:] != negative[:, :-1], axis=1, keepdims=True, dtype=np.uint32)
        return np.asarray(crossings / np.float32(frames.grid.frame_length), np.float32)
