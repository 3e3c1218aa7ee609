"""Spectral bandwidth: spread of the spectrum around its centroid."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats


class SpectralBandwidth(Stateless):
    """Standard deviation of frequency around the centroid, weighted by magnitude [Hz], >= 0, shape `[n, 1]`.

    0 Hz in a silent frame.
    """

    about = About(
        name="spectral_bandwidth",
        unit="Hz",
        size=1,
        meaning="How wide the sound spreads around its centroid: narrow for a flute, wide for a cymbal.",
        source="librosa.feature.spectral_bandwidth(p=2)",
        scale=10000.0,
        gain="free",
        inputs=("spectral_centroid",),
    )

    def values(self, frames: Frames) -> Floats:
        """`sqrt(sum_k m[k] (f[k] - centroid)^2 / sum_k m[k])`."""
        # Squared deviations are summed: a difference of moments about 0 Hz would cancel for narrow spectra.
        deviations = frames.bin_hz - frames.inputs["spectral_centroid"]
        deviations *= deviations
        spread: Floats = np.einsum("ij,ij->i", deviations, frames.magnitude)
        bandwidth: Floats = np.sqrt(spread[:, None] * frames.inverse_magnitude_sum)
        return bandwidth
