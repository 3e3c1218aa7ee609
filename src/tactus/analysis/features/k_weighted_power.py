"""K-weighted power, from which all loudness values are computed."""

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats


class KWeightedPower(Stateless):
    """Mean square of the K-weighted channels, summed with the channel weights, per hop of 100 ms; shape `[n, 1]`.

    Loudness over consecutive hops is `-0.691 + 10 log10(mean)` LUFS: over 400 ms the momentary, over 3 s the short-term
    loudness. The last hop of a piece is padded with silence.
    """

    about = About(
        name="k_weighted_power",
        unit="",
        size=1,
        meaning="Perceptually weighted power per 100 ms; a full-scale 997 Hz sine in one channel gives -3.01 LUFS.",
        source="ITU-R BS.1770-4, annex 1",
        scale=1.0,
        gain="square",
        grid="channels",
        inputs=("k_weighted_steps",),
        version=2,
    )

    def values(self, frames: Frames) -> Floats:
        """Mean of the ten steps of each hop, `[n, 1]`."""
        means: Floats = frames.inputs["k_weighted_steps"].mean(axis=1, keepdims=True)
        return means
