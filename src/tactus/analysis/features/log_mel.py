"""Log-mel bands on the rhythm grid: what rhythm is read from."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp import filterbanks, spectrum
from tactus.dsp.arrays import Floats

N_BANDS = 64
LOW_HZ, HIGH_HZ = 27.5, 10500.0
COMPRESSION = 3000.0
"""A band 70 dB below a full-scale sine counts as log 2: soft onsets rise as far as loud ones, the noise floor of a good
recording does not. Measured on music against 20: the F of onsets rises by .05, of beats by .00 to .01."""


def bands_between(low_hz: float, high_hz: float) -> slice:
    """The bands whose middle lies from `low_hz` up to, not including, `high_hz` [Hz]."""
    first, last = np.searchsorted(filterbanks.mel_edges_hz(N_BANDS, LOW_HZ, HIGH_HZ)[1:-1], (low_hz, high_hz))
    return slice(int(first), int(last))


class LogMel(Stateless):
    """`log(1 + 3000 m)` of the mean magnitude m in 64 mel bands, a full-scale sine's peak being 1; `[n, 64]`, >= 0."""

    about = About(
        name="log_mel",
        unit="",
        size=N_BANDS,
        meaning="Loudness-like strength in 64 bands from 27.5 Hz to 10.5 kHz: the picture of the rhythm.",
        source="Böck, Krebs, Schedl 2012, Evaluating the online capabilities of onset detection methods, section 2.1",
        scale=8.0,
        gain="compressed",
        grid="rhythm",
    )

    def values(self, frames: Frames) -> Floats:
        """Magnitudes through the mel bank, compressed."""
        grid = frames.grid
        bank = filterbanks.mel_means(grid.sample_rate, grid.frame_length, N_BANDS, LOW_HZ, HIGH_HZ)
        bands = bank.bands(frames.magnitude)
        bands *= np.float32(COMPRESSION / spectrum.full_scale_magnitude(grid.frame_length))
        bands += 1
        return np.log(bands, out=bands)
