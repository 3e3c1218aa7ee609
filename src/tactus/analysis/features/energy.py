"""Short-time energy: the mean of the squared samples."""

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats


class Energy(Stateless):
    """Mean square of the signal in a frame, full scale 1.0, shape `[n, 1]`, >= 0: the square of `rms`."""

    about = About(
        name="energy",
        unit="",
        size=1,
        meaning="Power of the signal; a full-scale sine has 0.5. It separates loud from soft more sharply than rms.",
        source="Peeters 2004, A large set of audio features, section 5.1 (per sample)",
        scale=1.0,
        gain="square",
    )

    def values(self, frames: Frames) -> Floats:
        """Mean of the squared samples, unwindowed."""
        return frames.mean_square
