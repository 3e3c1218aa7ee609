"""K-weighted power: what every loudness is computed from."""

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats


class KWeightedPower(Stateless):
    """Mean square of the K-weighted channels, summed with the standard's weights, per hop of the channels; `[n, 1]`.

    Loudness over any stretch of hops is `-0.691 + 10 log10(mean)` LUFS: 400 ms is the momentary, 3 s the short-term
    loudness. The last value of a piece speaks of the rest of its samples as if silence followed.
    """

    about = About(
        name="k_weighted_power",
        unit="",
        size=1,
        meaning="Power as loud as it sounds, per 100 ms; a full-scale 997 Hz sine in one channel gives -3.01 LUFS.",
        source="ITU-R BS.1770-4, annex 1",
        scale=1.0,
        gain="square",
        grid="channels",
        inputs=("k_weighted_steps",),
        version=2,
    )

    def values(self, frames: Frames) -> Floats:
        """Means of the steps, `[n, 1]`."""
        means: Floats = frames.inputs["k_weighted_steps"].mean(axis=1, keepdims=True)
        return means
