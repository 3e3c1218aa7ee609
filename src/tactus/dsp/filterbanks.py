"""Filter banks over the bins of a spectrum: mel bands, pitch classes, and frequency ranges.

A bank is built once for a sample rate and FFT length, and cached.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tactus.dsp.arrays import Floats, Times

_BANDS_PER_GROUP = 16
"""Adjacent bands computed by one matrix product: few calls, and few multiplications by zero."""


@dataclass(frozen=True, slots=True, eq=False)
class FilterBank:
    """Bands as weighted sums of bins; made by `of`.

    Args:
        weights: Weight of each bin in each band, shape `[n_bands, n_bins]`.
    """

    weights: Floats
    _groups: tuple[tuple[slice, slice, Floats], ...]

    @staticmethod
    def of(weights: Times) -> "FilterBank":
        """The bank with these weights, shape `[n_bands, n_bins]`."""
        groups = []
        for first in range(0, len(weights), _BANDS_PER_GROUP):
            rows = weights[first : first + _BANDS_PER_GROUP]
            used = np.flatnonzero(rows.any(axis=0))
            bins = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
            matrix = np.ascontiguousarray(rows[:, bins].T, np.float32)
            groups.append((bins, slice(first, first + len(rows)), matrix))
        dense = weights.astype(np.float32)
        dense.flags.writeable = False
        return FilterBank(dense, tuple(groups))

    def bands(self, spectra: Floats) -> Floats:
        """Band values of spectra `[n_frames, n_bins]`, shape `[n_frames, n_bands]`."""
        values = np.empty((len(spectra), len(self.weights)), np.float32)
        for bins, bands, matrix in self._groups:
            np.matmul(spectra[:, bins], matrix, out=values[:, bands])
        return values


def mel_from_hz(frequency_hz: Times) -> Times:
    """Slaney's mel scale: linear up to 1 kHz (15 mel), logarithmic above.

    Source:
        M. Slaney, Auditory Toolbox, Technical Report 1998-010; librosa.hz_to_mel(htk=False).
    """
    frequency_hz = np.asarray(frequency_hz, np.float64)
    return np.where(
        frequency_hz < 1000,
        frequency_hz * 3 / 200,
        15 + 27 * np.log(np.maximum(frequency_hz, 1000) / 1000) / np.log(6.4),
    )


def hz_from_mel(mel: Times) -> Times:
    """Frequency [Hz] on Slaney's mel scale: the inverse of `mel_from_hz`."""
    mel = np.asarray(mel, np.float64)
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((np.maximum(mel, 15) - 15) * np.log(6.4) / 27))


def mel_edges_hz(n_bands: int, low_hz: float, high_hz: float) -> Times:
    """Edges of mel triangles [Hz], shape `[n_bands + 2]`; band b rises from edge b and falls to edge b + 2."""
    low, high = mel_from_hz(np.array([low_hz, high_hz]))
    return hz_from_mel(np.linspace(low, high, n_bands + 2))


@lru_cache(maxsize=32)
def mel(sample_rate: int, n_fft: int, n_bands: int) -> FilterBank:
    """Mel filter bank from 0 Hz to half the sample rate; each triangle has unit area over frequency.

    Source:
        librosa.filters.mel(htk=False, norm="slaney").
    """
    edges_hz = mel_edges_hz(n_bands, 0, sample_rate / 2)
    triangles = _triangles(sample_rate, n_fft, edges_hz)
    return FilterBank.of(triangles * (2 / (edges_hz[2:] - edges_hz[:-2]))[:, None])


@lru_cache(maxsize=32)
def mel_means(sample_rate: int, n_fft: int, n_bands: int, low_hz: float, high_hz: float) -> FilterBank:
    """Mel filter bank from `low_hz` to `high_hz` [Hz]; each band is the weighted mean of its bins."""
    triangles = _triangles(sample_rate, n_fft, mel_edges_hz(n_bands, low_hz, high_hz))
    return FilterBank.of(triangles / np.maximum(triangles.sum(axis=1, keepdims=True), 1e-9))


@lru_cache(maxsize=32)
def chroma(sample_rate: int, n_fft: int, n_classes: int = 12) -> FilterBank:
    """Chroma filter bank: bins folded to pitch classes from C up.

    Equal temperament, A4 = 440 Hz. The weight of a bin is a Gaussian of its distance to the class, as wide as the bin,
    times a Gaussian over octaves around 880 Hz with a deviation of two octaves.

    Source:
        D. Ellis, "Chroma feature analysis and synthesis", 2007; librosa.filters.chroma(tuning=0).
    """
    bins_hz = np.arange(1, n_fft) * (sample_rate / n_fft)
    octaves = np.log2(bins_hz / 27.5)
    # The bin of 0 Hz has no pitch: it is placed an octave and a half below the first.
    octaves = np.concatenate(([octaves[0] - 1.5], octaves))
    classes = n_classes * octaves
    widths = np.concatenate((np.maximum(np.diff(classes), 1), [1]))
    half = round(n_classes / 2)
    distances = np.remainder(classes - np.arange(n_classes)[:, None] + half, n_classes) - half
    weights = np.exp(-0.5 * (2 * distances / widths) ** 2)
    weights /= np.linalg.norm(weights, axis=0)
    weights *= np.exp(-0.5 * ((octaves - 5) / 2) ** 2)
    from_c = np.roll(weights, -3 * (n_classes // 12), axis=0)
    return FilterBank.of(from_c[:, : n_fft // 2 + 1])


@lru_cache(maxsize=32)
def ranges(sample_rate: int, n_fft: int, edges_hz: tuple[float, ...]) -> FilterBank:
    """Sums of the bins from each edge [Hz] up to, excluding, the next; n edges make n - 1 bands."""
    bins_hz = np.arange(n_fft // 2 + 1) * (sample_rate / n_fft)
    edges = np.asarray(edges_hz)[:, None]
    return FilterBank.of(((bins_hz >= edges[:-1]) & (bins_hz < edges[1:])).astype(np.float64))


def _triangles(sample_rate: int, n_fft: int, edges_hz: Times) -> Times:
    """Overlapping triangles of height 1 with these edges, shape `[n_edges - 2, n_bins]`."""
    bins_hz = np.linspace(0, sample_rate / 2, n_fft // 2 + 1)
    rising = (bins_hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    falling = (edges_hz[2:, None] - bins_hz) / np.diff(edges_hz)[1:, None]
    return np.maximum(0, np.minimum(rising, falling))
