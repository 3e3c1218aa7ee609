"""Spectral contrast: level of peaks over valleys, octave by octave."""

from functools import lru_cache
from itertools import pairwise

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid

EDGES_HZ = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, np.inf)
QUANTILE = 0.02
"""Share of the bins of a band that count as its peak, and as its valley; at least one bin."""

FLOOR = np.float32(1e-10)


class SpectralContrast(Stateless):
    """Level of the strongest minus that of the weakest magnitudes in seven bands [dB], shape `[n, 7]`, >= 0.

    Bands: up to 200 Hz, then octaves, the last from 6.4 kHz up. High for clear tones, low for noise, 0 in silence.
    librosa clips levels to 80 dB below the loudest of the whole piece; a stream does not know that, so here they are
    not clipped.
    """

    about = About(
        name="spectral_contrast",
        unit="dB",
        size=len(EDGES_HZ) - 1,
        meaning="How far tones stand out from the noise between them, from bass to treble.",
        source="librosa.feature.spectral_contrast; Jiang et al. 2002, Music type classification by spectral contrast",
        scale=50.0,
        gain="free",
    )

    def values(self, frames: Frames) -> Floats:
        """Means of the extreme 2 % of each band, as a difference of levels."""
        magnitude = frames.magnitude
        valleys = np.zeros((len(magnitude), self.about.size), np.float32)
        peaks = np.zeros_like(valleys)
        for band, (bins, n_extreme) in enumerate(_bands(frames.grid)):
            if n_extreme == 0:
                continue
            if n_extreme == 1:
                valleys[:, band] = magnitude[:, bins].min(axis=1)
                peaks[:, band] = magnitude[:, bins].max(axis=1)
            else:
                ranked = np.sort(magnitude[:, bins], axis=1)
                valleys[:, band] = ranked[:, :n_extreme].mean(axis=1)
                peaks[:, band] = ranked[:, -n_extreme:].mean(axis=1)
        return 10 * np.log10(np.maximum(peaks, FLOOR) / np.maximum(valleys, FLOOR))


@lru_cache(maxsize=32)
def _bands(grid: Grid) -> tuple[tuple[slice, int], ...]:
    """Bins of each band, which begins one bin below its edge, and how many of them count as extreme."""
    bins_hz = np.linspace(0, grid.sample_rate / 2, grid.n_bins)
    bands = []
    for low_hz, high_hz in pairwise(EDGES_HZ):
        inside = np.flatnonzero((bins_hz >= low_hz) & (bins_hz <= high_hz))
        if len(inside) == 0:
            bands.append((slice(0, 0), 0))
            continue
        first = max(0, int(inside[0]) - (low_hz > 0))
        # The bin on or below the upper edge belongs to the next band.
        last = int(inside[-1]) - (high_hz < bins_hz[-1])
        bins = slice(first, last + 1)
        n_counted = len(range(first, last + 1)) + (high_hz < bins_hz[-1])
        bands.append((bins, max(1, round(QUANTILE * n_counted))))
    return tuple(bands)
