"""Spectra of fewer bins: the greatest amplitude in each band, on a linear or a logarithmic frequency scale."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from tactus.hub.float_array import FloatArray, to_decimals

Scale = Literal["linear", "log"]

LOG_MIN_HZ = 30.0
LOG_MAX_HZ = 16_000.0
"""Range of a logarithmic spectrum [Hz]; it ends at half the sample rate where that is less."""

_CACHED = 128
"""Band layouts and spectra kept for the listeners that ask for the same."""


def band_edges_hz(n_bands: int, sample_rate: int) -> list[float]:
    """Edges of the bands of a logarithmic spectrum [Hz], `[n_bands + 1]`."""
    max_hz = min(LOG_MAX_HZ, sample_rate / 2)
    return [LOG_MIN_HZ * (max_hz / LOG_MIN_HZ) ** (k / n_bands) for k in range(n_bands + 1)]


@lru_cache(_CACHED)
def reduce_spectrum(spectrum: FloatArray, sample_rate: int, n_bands: int | None, scale: Scale) -> FloatArray:
    """The greatest amplitude in each band of a spectrum.

    Args:
        spectrum: Amplitudes of the FFT bins from 0 Hz up, `[n_bins]`, the last just below half the sample rate.
        sample_rate: Sample rate [Hz].
        n_bands: Number of bands; None: the spectrum as it is. A linear scale has at most `n_bins`.
        scale: Bands of equal width from 0 Hz up, or of equal ratio between `LOG_MIN_HZ` and `LOG_MAX_HZ`.
    """
    if n_bands is None:
        return spectrum
    if scale == "linear":
        return FloatArray.of(linear_bands(spectrum.floats, n_bands))
    return FloatArray.of(log_bands(spectrum.floats, n_bands, sample_rate))


def maximum(spectra: Sequence[FloatArray]) -> FloatArray:
    """The greatest value of each bin over several spectra of one length."""
    if len(spectra) == 1:
        return spectra[0]
    return FloatArray.of(map(max, *(spectrum.floats for spectrum in spectra)))


def linear_bands(amplitudes: Sequence[float], n_bands: int) -> list[float]:
    """Greatest amplitude in each of `min(n_bands, n_bins)` bands of equal width."""
    n = len(amplitudes)
    n_bands = min(n_bands, n)
    return [max(amplitudes[k * n // n_bands : (k + 1) * n // n_bands]) for k in range(n_bands)]


def log_bands(amplitudes: Sequence[float], n_bands: int, sample_rate: int) -> list[float]:
    """Greatest amplitude in each of `n_bands` bands of equal ratio, edges included.

    Amplitudes at the edges are interpolated between bins, so that bands narrower than a bin have values, too.
    """
    places = _edge_places(n_bands, sample_rate, len(amplitudes))
    at_edges = [amplitudes[low] + (amplitudes[low + 1] - amplitudes[low]) * part for low, part in places]
    bands = []
    for ((low, _), (high, _)), edges in zip(pairwise(places), pairwise(at_edges), strict=True):
        bands.append(max(*edges, *amplitudes[low + 1 : high + 1]))
    return to_decimals(bands)


@lru_cache(_CACHED)
def _edge_places(n_bands: int, sample_rate: int, n_bins: int) -> list[tuple[int, float]]:
    """Each band edge between FFT bins: the bin below, and the fraction of the way to the next."""
    places = []
    for edge_hz in band_edges_hz(n_bands, sample_rate):
        place = edge_hz / (sample_rate / 2 / n_bins)
        low = min(int(place), n_bins - 2)
        places.append((low, min(1.0, place - low)))
    return places
