"""Loudness over a sliding window: the part that momentary and short-term loudness (EBU Tech 3341) share."""

import numpy as np

from tactus.analysis.feature import Frames, State
from tactus.dsp.arrays import Floats
from tactus.dsp.loudness import windowed_lufs


class WindowedLoudness:
    """Loudness of the last `n_rows` rows of power [LUFS], at least -70, shape `[n, 1]`.

    Before the piece there is silence; a last row of less than 100 ms is padded with silence.
    """

    n_rows: int
    """Length of the window, in rows of 100 ms."""

    def start(self) -> State:
        """Power of the rows before, `[n_rows - 1]`: silence."""
        return np.zeros(self.n_rows - 1, np.float32)

    def step(self, state: Floats, frames: Frames) -> tuple[State, Floats]:
        """Values of the rows that the block completes, `[n, 1]`."""
        history = np.concatenate((state, frames.inputs["k_weighted_power"][:, 0]))
        return history[len(history) - (self.n_rows - 1) :], windowed_lufs(history, self.n_rows)[:, None]

    def finish(self, state: Floats) -> Floats:
        """No rows: the feature does not look ahead."""
        return np.empty((0, 1), np.float32)
