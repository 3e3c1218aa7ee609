"""Mel spectrogram: power in bands spaced as the ear resolves pitch."""

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats


class Mel(Stateless):
    """Power in 128 mel bands, low to high, not normalized, shape `[n, 128]`, >= 0."""

    about = About(
        name="mel",
        unit="",
        size=128,
        meaning="Power in 128 bands spaced as the ear resolves pitch, from the lowest to the highest.",
        source="librosa.feature.melspectrogram",
        scale=1000.0,
        gain="square",
    )

    def values(self, frames: Frames) -> Floats:
        """Power spectrum in mel bands."""
        return frames.mel
