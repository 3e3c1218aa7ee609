"""Log-mel spectrogram on the rhythm grid, the input of rhythm estimation."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp import filterbanks, spectrum
from tactus.dsp.arrays import Floats

N_BANDS = 64
LOW_HZ, HIGH_HZ = 27.5, 10500.0
COMPRESSION = 3000.0
"""Factor before the logarithm: a band 70 dB below a full-scale sine becomes log 2, so soft onsets rise as far as loud
ones, and the noise floor of a good recording does not. Measured on music, against a factor of 20: F-measure of onsets
+.05, of beats +.00 to +.01."""


def bands_between(low_hz: float, high_hz: float) -> slice:
    """The bands whose center lies in `[low_hz, high_hz)` [Hz]."""
    first, last = np.searchsorted(filterbanks.mel_edges_hz(N_BANDS, LOW_HZ, HIGH_HZ)[1:-1], (low_hz, high_hz))
    return slice(int(first), int(last))


class LogMel(Stateless):
    """`log(1 + 3000 m)` of the mean magnitude m in 64 mel bands, the peak of a full-scale sine being 1; `[n, 64]`."""

    about = About(
        name="log_mel",
        unit="",
        size=N_BANDS,
        meaning="Compressed magnitude in 64 mel bands from 27.5 Hz to 10.5 kHz, from which rhythm is estimated.",
        source="Böck, Krebs, Schedl 2012, Evaluating the online capabilities of onset detection methods, section 2.1",
        scale=8.0,
        gain="compressed",
        grid="rhythm",
    )

    def values(self, frames: Frames) -> Floats:
        """Magnitudes in mel bands, compressed."""
        grid = frames.grid
        bank = filterbanks.mel_means(grid.sample_rate, grid.frame_length, N_BANDS, LOW_HZ, HIGH_HZ)
        bands = bank.bands(frames.magnitude)
        bands *= np.float32(COMPRESSION / spectrum.full_scale_magnitude(grid.frame_length))
        bands += 1
        return np.log(bands, out=bands)
