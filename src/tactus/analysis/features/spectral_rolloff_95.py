"""Spectral rolloff at 95 %."""

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp import spectrum
from tactus.dsp.arrays import Floats


class SpectralRolloff95(Stateless):
    """Frequency below which 95 % of the magnitudes lie [Hz], in [0, sample_rate / 2], shape `[n, 1]`; 0 in silence."""

    about = About(
        name="spectral_rolloff_95",
        unit="Hz",
        size=1,
        meaning="The frequency below which 95 % of the sound lies: where it practically ends.",
        source="librosa.feature.spectral_rolloff(roll_percent=0.95)",
        scale=10000.0,
        gain="free",
    )

    def values(self, frames: Frames) -> Floats:
        """Center of the first bin at which the cumulative magnitude reaches the share."""
        return frames.bin_hz[spectrum.quantile_bins(frames.magnitude, frames.magnitude_running_sums, 0.95)]
