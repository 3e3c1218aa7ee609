"""Root mean square of the signal."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats


class Rms(Stateless):
    """Root mean square of the samples of a frame, full scale 1.0, shape `[n, 1]`, >= 0."""

    about = About(
        name="rms",
        unit="",
        size=1,
        meaning="How strong the signal is; a full-scale sine has 0.707.",
        source="librosa.feature.rms",
        scale=1.0,
        gain="linear",
    )

    def values(self, frames: Frames) -> Floats:
        """Square root of the mean of the squared samples, unwindowed."""
        return np.sqrt(frames.mean_square)
