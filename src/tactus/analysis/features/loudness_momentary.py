"""Loudness of the last 400 ms."""

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp.arrays import Floats
from tactus.dsp.loudness import windowed_lufs

N_ROWS = 4
"""400 ms in rows of 100 ms."""


class LoudnessMomentary:
    """Loudness over the 400 ms that end with a row [LUFS], silence before the piece, never below -70; `[n, 1]`.

    A last row of less than 100 ms counts as if silence followed.
    """

    about = About(
        name="loudness_momentary",
        unit="LUFS",
        size=1,
        meaning="How loud the last 400 ms sound: it follows phrases and drum fills.",
        source="EBU Tech 3341, section 2.2; ITU-R BS.1770-4, annex 1",
        scale=70.0,
        gain="db",
        grid="channels",
        inputs=("k_weighted_power",),
    )

    def start(self) -> State:
        """The power of the last rows `[3]`: silence."""
        return np.zeros(N_ROWS - 1, np.float32)

    def step(self, state: Floats, frames: Frames) -> tuple[State, Floats]:
        """Values of the rows that the block completes, `[n, 1]`."""
        history = np.concatenate((state, frames.inputs["k_weighted_power"][:, 0]))
        return history[len(history) - (N_ROWS - 1) :], windowed_lufs(history, N_ROWS)[:, None]

    def finish(self, state: Floats) -> Floats:
        """It owes nothing."""
        return np.empty((0, 1), np.float32)
