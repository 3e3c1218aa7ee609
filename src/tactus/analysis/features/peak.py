"""Sample peak: the largest deflection."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp import framing
from tactus.dsp.arrays import Floats


@dataclass(frozen=True, slots=True)
class PeakState:
    """Deflections of a hop that is not full yet, shape `[n]`."""

    waiting: Floats


class Peak:
    """Largest absolute sample of any channel per hop of the channels, full scale 1.0; `[n, 1]`, >= 0.

    The last value of a piece speaks of the rest of its samples.
    """

    about = About(
        name="peak",
        unit="",
        size=1,
        meaning="Largest deflection of any channel in 100 ms; 1.0 is full scale.",
        source="IEC 61606-1 (sample peak)",
        scale=1.0,
        gain="linear",
        grid="channels",
    )

    def start(self) -> State:
        """Nothing waits."""
        return PeakState(np.empty(0, np.float32))

    def step(self, state: PeakState, frames: Frames) -> tuple[State, Floats]:
        """Values of the hops that the block completes, `[n, 1]`."""
        deflections = np.abs(frames.block).max(axis=0)
        waiting, hops = framing.hops(frames.grid.hop_length, state.waiting, deflections)
        return PeakState(waiting), hops.max(axis=1, keepdims=True)

    def finish(self, state: PeakState) -> Floats:
        """The hop that is not full."""
        return np.array([[state.waiting.max()]] if len(state.waiting) else np.empty((0, 1)), np.float32)
