"""Spectral flatness: noise-like or tonal."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp import spectrum
from tactus.dsp.arrays import Floats

POWER_FLOOR = np.float32(1e-10)
"""Minimum power of a bin, as in librosa: silence is flat."""


class SpectralFlatness(Stateless):
    """Geometric over arithmetic mean of the power spectrum, in (0, 1], shape `[n, 1]`.

    Near 0 for tones, 0.56 for white noise, 1 where every bin is the same, as in silence.
    """

    about = About(
        name="spectral_flatness",
        unit="",
        size=1,
        meaning="Noise or tone: near 0 for a pure tone, 0.56 for white noise.",
        source="librosa.feature.spectral_flatness",
        scale=1.0,
        gain="free",
    )

    def values(self, frames: Frames) -> Floats:
        """Geometric over arithmetic mean of the powers, each at least 1e-10."""
        magnitude = np.maximum(frames.magnitude, np.sqrt(POWER_FLOOR))
        geometric = np.square(spectrum.geometric_mean(magnitude))
        arithmetic = np.einsum("ij,ij->i", magnitude, magnitude)[:, None] / np.float32(frames.grid.n_bins)
        flatness: Floats = np.minimum(geometric / arithmetic, 1)
        return flatness
