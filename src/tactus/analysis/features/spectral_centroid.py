"""Spectral centroid: brightness."""

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats


class SpectralCentroid(Stateless):
    """Mean frequency of the spectrum, weighted by magnitude [Hz], in [0, sample_rate / 2], shape `[n, 1]`.

    0 Hz in a silent frame.
    """

    about = About(
        name="spectral_centroid",
        unit="Hz",
        size=1,
        meaning="Brightness: the frequency around which the sound's strength lies.",
        source="librosa.feature.spectral_centroid",
        scale=10000.0,
        gain="free",
    )

    def values(self, frames: Frames) -> Floats:
        """`sum_k f[k] m[k] / sum_k m[k]`."""
        return (frames.magnitude @ frames.bin_hz)[:, None] * frames.inverse_magnitude_sum
