"""K-weighted power in steps of 10 ms, fine enough to find the loudest moment."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp import framing
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.block_filter import BlockFilter
from tactus.dsp.k_weighting import channel_weights, k_weighting

N_STEPS = 10
"""Steps per hop of 100 ms."""


@dataclass(frozen=True, slots=True)
class KWeightedStepsState:
    """State of K-weighted power.

    Args:
        filters: State of the filters, shape `[2, n_channels, 2]`.
        waiting: Weighted squares of the unfinished hop, shape `[n]`.
        hop_length: Samples per hop.
    """

    filters: Times
    waiting: Floats
    hop_length: int


class KWeightedSteps:
    """Mean square of the K-weighted channels, summed with the channel weights, per tenth of a hop; `[n, 10]`.

    A window of 400 ms that moves by 100 ms misses up to 0.6 LU of a short sound between two of its positions; one that
    moves by 10 ms misses 0.06 LU. The last hop of a piece is padded with silence.
    """

    about = About(
        name="k_weighted_steps",
        unit="",
        size=N_STEPS,
        meaning="Perceptually weighted power, ten values of 10 ms in 100 ms: the finest resolution of loudness.",
        source="ITU-R BS.1770-4, annex 1; EBU Tech 3341, cases 13 and 14 (how finely)",
        scale=1.0,
        gain="square",
        grid="channels",
    )

    def start(self) -> State:
        """None: the number of channels is known with the first samples."""
        return None

    def step(self, state: KWeightedStepsState | None, frames: Frames) -> tuple[State, Floats]:
        """Values of the hops that the block completes, `[n, 10]`."""
        block, hop_length = frames.block, frames.grid.hop_length
        if block.shape[-1] == 0:
            return state, np.empty((0, N_STEPS), np.float32)
        weighting = _weighting(frames.grid.sample_rate)
        if state is None:
            state = KWeightedStepsState(weighting.start(len(block)), np.empty(0, np.float32), hop_length)
        weighted, filters = weighting.filtered(block, state.filters)
        squares: Floats = channel_weights(len(block)).astype(np.float32) @ np.square(weighted, out=weighted)
        waiting, hops = framing.hops(hop_length, state.waiting, squares)
        return KWeightedStepsState(filters, waiting, hop_length), _steps(hops)

    def finish(self, state: KWeightedStepsState | None) -> Floats:
        """The unfinished hop, padded with silence."""
        if state is None or len(state.waiting) == 0:
            return np.empty((0, N_STEPS), np.float32)
        return _steps(np.pad(state.waiting, (0, state.hop_length - len(state.waiting)))[None])


def _steps(hops: Floats) -> Floats:
    """Means over tenths of hops, `[n, 10]`, from `[n, hop_length]`."""
    steps: Floats = hops.reshape(len(hops), N_STEPS, hops.shape[1] // N_STEPS).mean(axis=2)
    return steps


@lru_cache(maxsize=16)
def _weighting(sample_rate: int) -> BlockFilter:
    return BlockFilter.of(k_weighting(sample_rate))
