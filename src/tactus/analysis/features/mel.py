"""Mel bands: the spectrum as the ear spaces it."""

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats


class Mel(Stateless):
    """Power in 128 mel bands, low to high, not normalised, shape `[n, 128]`, >= 0."""

    about = About(
        name="mel",
        unit="",
        size=128,
        meaning="Power in 128 bands spaced as the ear hears pitch, from the lowest to the highest.",
        source="librosa.feature.melspectrogram",
        scale=1000.0,
        gain="square",
    )

    def values(self, frames: Frames) -> Floats:
        """Power spectrum through the mel bank."""
        return frames.mel
