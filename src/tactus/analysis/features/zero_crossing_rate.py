"""Zero-crossing rate of the signal."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats

QUIET = np.float32(1e-10)
"""Samples up to this size count as zero, so that dither in silence does not cross."""


class ZeroCrossingRate(Stateless):
    """Share of the samples of a frame at which the sign changes, in [0, 1], shape `[n, 1]`.

    `2 f / sample_rate` for a sine of f Hz; high for noise and consonants, low for bass, 0 in silence. The zeros before
    the first and after the last sample of a piece count as samples (librosa repeats the first and last sample there).
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
        """Number of sign changes in the frame, divided by its length."""
        negative = frames.signal < -QUIET
        crossings = np.sum(negative[:, 1:] != negative[:, :-1], axis=1, keepdims=True, dtype=np.uint32)
        return np.asarray(crossings / np.float32(frames.grid.frame_length), np.float32)
