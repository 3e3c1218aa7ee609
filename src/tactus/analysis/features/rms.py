"""Root mean square: how strong the signal is."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp.arrays import Floats


@dataclass(frozen=True, slots=True)
class Rms:
    """Strength of the signal in a frame, full scale 1.0."""

    about = About(
        name="rms",
        unit="",
        size=1,
        meaning="How strong the signal is; a full-scale sine has 0.707.",
        source="librosa.feature.rms",
        scale=1.0,
        gain="linear",
    )

    def start(self) -> State:
        """It remembers nothing."""
        return None

    def step(self, state: State, frames: Frames) -> tuple[State, Floats]:
        """Values `[n, 1]`, >= 0."""
        return state, np.sqrt(np.mean(frames.signal**2, axis=-1, keepdims=True, dtype=np.float32))

    def finish(self, state: State) -> Floats:
        """It owes nothing."""
        return np.empty((0, 1), np.float32)
