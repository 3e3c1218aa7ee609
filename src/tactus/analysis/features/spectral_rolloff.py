"""Spectral rolloff at 85 %."""

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp import spectrum
from tactus.dsp.arrays import Floats


class SpectralRolloff(Stateless):
    """Frequency below which 85 % of the magnitudes lie [Hz], in [0, sample_rate / 2], shape `[n, 1]`; 0 in silence."""

    about = About(
        name="spectral_rolloff",
        unit="Hz",
        size=1,
        meaning="The frequency below which 85 % of the sound lies.",
        source="librosa.feature.spectral_rolloff(roll_percent=0.85)",
        scale=10000.0,
        gain="free",
    )

    def values(self, frames: Frames) -> Floats:
        """Center of the first bin at which the cumulative magnitude reaches the share."""
        return frames.bin_hz[spectrum.quantile_bins(frames.magnitude, frames.magnitude_running_sums, 0.85)]
