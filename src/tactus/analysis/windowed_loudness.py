"""Loudness of the last while: what the meters of EBU Tech 3341 share, which differ in how long that is."""

import numpy as np

from tactus.analysis.feature import Frames, State
from tactus.dsp.arrays import Floats
from tactus.dsp.loudness import windowed_lufs


class WindowedLoudness:
    """Loudness over the rows that end with a row [LUFS], silence before the piece, never below -70; `[n, 1]`.

    A last row of less than 100 ms counts as if silence followed.
    """

    n_rows: int
    """How long the while is, in rows of 100 ms."""

    def start(self) -> State:
        """The power of the last rows, `[n_rows - 1]`: silence."""
        return np.zeros(self.n_rows - 1, np.float32)

    def step(self, state: Floats, frames: Frames) -> tuple[State, Floats]:
        """Values of the rows that the block completes, `[n, 1]`."""
        history = np.concatenate((state, frames.inputs["k_weighted_power"][:, 0]))
        return history[len(history) - (self.n_rows - 1) :], windowed_lufs(history, self.n_rows)[:, None]

    def finish(self, state: Floats) -> Floats:
        """It owes nothing."""
        return np.empty((0, 1), np.float32)
