"""Loudness of the last while: the meters of EBU Tech 3341, which differ in how long that is."""

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp.arrays import Floats
from tactus.dsp.loudness import windowed_lufs


class WindowedLoudness:
    """Loudness over the time that ends with a row [LUFS], silence before the piece, never below -70; `[n, 1]`.

    A last row of less than 100 ms counts as if silence followed.

    Args:
        name: Of the feature.
        n_rows: The time, in rows of 100 ms.
        meaning: What it is for.
    """

    def __init__(self, name: str, n_rows: int, meaning: str) -> None:
        self._n_rows = n_rows
        self.about = About(
            name=name,
            unit="LUFS",
            size=1,
            meaning=meaning,
            source="EBU Tech 3341, section 2.2; ITU-R BS.1770-4, annex 1",
            scale=70.0,
            gain="db",
            grid="channels",
            inputs=("k_weighted_power",),
        )

    def start(self) -> State:
        """The power of the last rows, `[n_rows - 1]`: silence."""
        return np.zeros(self._n_rows - 1, np.float32)

    def step(self, state: Floats, frames: Frames) -> tuple[State, Floats]:
        """Values of the rows that the block completes, `[n, 1]`."""
        history = np.concatenate((state, frames.inputs["k_weighted_power"][:, 0]))
        return history[len(history) - (self._n_rows - 1) :], windowed_lufs(history, self._n_rows)[:, None]

    def finish(self, state: Floats) -> Floats:
        """It owes nothing."""
        return np.empty((0, 1), np.float32)


def loudness_momentary() -> WindowedLoudness:
    """Over 400 ms."""
    return WindowedLoudness(
        "loudness_momentary", 4, "How loud the last 400 ms sound: it follows phrases and drum fills."
    )


def loudness_short_term() -> WindowedLoudness:
    """Over 3 s."""
    return WindowedLoudness("loudness_short_term", 30, "How loud the last 3 s sound: it follows verses and choruses.")
