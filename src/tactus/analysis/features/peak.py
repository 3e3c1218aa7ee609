"""Sample peak: the largest absolute sample."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp import framing
from tactus.dsp.arrays import Floats


@dataclass(frozen=True, slots=True)
class PeakState:
    """Absolute samples of the unfinished hop, shape `[n]`."""

    waiting: Floats


class Peak:
    """Largest absolute sample of any channel per hop of 100 ms, full scale 1.0, shape `[n, 1]`, >= 0.

    The last row of a piece covers the rest of its samples.
    """

    about = About(
        name="peak",
        unit="",
        size=1,
        meaning="Largest absolute sample of any channel in 100 ms; 1.0 is full scale.",
        source="IEC 61606-1 (sample peak)",
        scale=1.0,
        gain="linear",
        grid="channels",
    )

    def start(self) -> State:
        """No samples wait."""
        return PeakState(np.empty(0, np.float32))

    def step(self, state: PeakState, frames: Frames) -> tuple[State, Floats]:
        """Values of the hops that the block completes, `[n, 1]`."""
        sizes = np.abs(frames.block).max(axis=0)
        waiting, hops = framing.hops(frames.grid.hop_length, state.waiting, sizes)
        return PeakState(waiting), hops.max(axis=1, keepdims=True)

    def finish(self, state: PeakState) -> Floats:
        """The unfinished hop."""
        return np.array([[state.waiting.max()]] if len(state.waiting) else np.empty((0, 1)), np.float32)
