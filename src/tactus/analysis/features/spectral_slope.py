"""Spectral slope: level per octave."""

from functools import lru_cache

import numpy as np

from tactus.analysis.feature import N_MEL_BANDS, About, Frames, Stateless
from tactus.dsp import filterbanks
from tactus.dsp.arrays import Floats

LOW_HZ = 50.0
"""Lowest frequency [Hz]: below, an octave has too few bins for a slope."""


class SpectralSlope(Stateless):
    """Slope of the level over the logarithm of frequency, from 50 Hz up [dB per octave], shape `[n, 1]`.

    0 for white noise and for silence, -3.01 for pink noise; music lies around -5. A straight line is fitted by least
    squares to the levels of the mel bands, every octave having the same weight. For noise the slope is 0.2 too high:
    bass bands hold few bins, and the mean level of few bins of noise lies below the level of their mean.
    """

    about = About(
        name="spectral_slope",
        unit="dB/octave",
        size=1,
        meaning="How fast the sound falls off towards the treble: 0 for white noise, -3 for pink, lower is darker.",
        source="Peeters 2004, A large set of audio features, section 6.1.3 (on logarithmic axes)",
        scale=10.0,
        gain="free",
    )

    def values(self, frames: Frames) -> Floats:
        """The slope is linear in the levels: one weight per band."""
        slopes: Floats = frames.mel_db @ _slope_weights(frames.grid.sample_rate)
        return slopes


@lru_cache(maxsize=32)
def _slope_weights(sample_rate: int) -> Floats:
    """Contribution of the level of each mel band [dB] to the slope [dB per octave], shape `[n_bands, 1]`."""
    edges_hz = filterbanks.mel_edges_hz(N_MEL_BANDS, 0, sample_rate / 2)
    octaves = np.log2(edges_hz[1:-1])
    # A band is weighted by its width in octaves, so that the many bands of the treble do not dominate.
    weights = np.where(edges_hz[:-2] >= LOW_HZ, np.log2(edges_hz[2:] / np.maximum(edges_hz[:-2], 1)), 0)
    deviations = octaves - np.average(octaves, weights=weights)
    slopes = weights * deviations / np.sum(weights * deviations**2)
    return np.asarray(slopes[:, None], np.float32)
