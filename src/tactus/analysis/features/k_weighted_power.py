"""K-weighted power: what every loudness is computed from."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp import framing
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.block_filter import BlockFilter
from tactus.dsp.k_weighting import channel_weights, k_weighting


@dataclass(frozen=True, slots=True)
class KWeightedPowerState:
    """The filters' memory `[2, n_channels, 2]`, and the weighted squares `[n]` of a hop that is not full yet."""

    filters: Times
    waiting: Floats
    hop_length: int


class KWeightedPower:
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
        version=2,
    )

    def start(self) -> State:
        """Nothing yet: the first samples tell how many channels there are."""
        return None

    def step(self, state: KWeightedPowerState | None, frames: Frames) -> tuple[State, Floats]:
        """Values of the hops that the block completes, `[n, 1]`."""
        block, hop_length = frames.block, frames.grid.hop_length
        if block.shape[-1] == 0:
            return state, np.empty((0, 1), np.float32)
        weighting = _weighting(frames.grid.sample_rate)
        if state is None:
            state = KWeightedPowerState(weighting.start(len(block)), np.empty(0, np.float32), hop_length)
        weighted, filters = weighting.filtered(block, state.filters)
        squares: Floats = channel_weights(len(block)).astype(np.float32) @ np.square(weighted, out=weighted)
        waiting, hops = framing.hops(hop_length, state.waiting, squares)
        return KWeightedPowerState(filters, waiting, hop_length), hops.mean(axis=1, keepdims=True)

    def finish(self, state: KWeightedPowerState | None) -> Floats:
        """The hop that is not full, as if silence followed."""
        if state is None or len(state.waiting) == 0:
            return np.empty((0, 1), np.float32)
        return np.array([[state.waiting.sum() / state.hop_length]], np.float32)


@lru_cache(maxsize=16)
def _weighting(sample_rate: int) -> BlockFilter:
    return BlockFilter.of(k_weighting(sample_rate))
