"""Feature values over time."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.feature import CHANNELS, About
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.grid import Grid


@dataclass(frozen=True, slots=True)
class FeatureTimeline:
    """Values of one feature over a whole piece.

    Args:
        unit: Unit of the values, "" for plain numbers.
        grid: Grid on which the frames lie.
        start_s: Center of the first frame [s].
        values: One row per frame, float32, shape `[n_frames, size]`.
    """

    unit: str
    grid: Grid
    start_s: float
    values: Floats

    @property
    def times(self) -> Times:
        """Center of each frame [s], shape `[n_frames]`.

        Example:
            >>> FeatureTimeline("Hz", Grid(44100, 2048, 441), 0.0, np.zeros((3, 1), np.float32)).times.tolist()
            [0.0, 0.01, 0.02]
        """
        times: Times = self.start_s + self.grid.times_s(len(self.values))
        return times


def feature_timeline(about: About, grid: Grid, values: Floats) -> FeatureTimeline:
    """Timeline of a feature on its grid; values as the feature gave them, look-ahead included.

    The first `latency_frames` rows are those of frames before the piece, and are dropped. This is the one place where
    a look-ahead is undone.
    """
    # Features of the grid "channels" describe the hop that begins at a moment, not the frame around it.
    start_s = grid.hop_length / grid.sample_rate / 2 if about.grid == CHANNELS else 0.0
    return FeatureTimeline(about.unit, grid, start_s, values[about.latency_frames :])


class Rows:
    """Rows that arrive in parts, collected in one growing array: concatenating at the end would double the memory.

    Args:
        size: Values per row.
    """

    def __init__(self, size: int) -> None:
        self._values: Floats = np.empty((0, size), np.float32)
        self._n_rows = 0

    def add(self, rows: Floats) -> None:
        """Append rows `[n, size]`, `n >= 0`."""
        begin, self._n_rows = self._n_rows, self._n_rows + len(rows)
        if self._n_rows > len(self._values):
            # There is no other reference to the array before `values` is read.
            self._values.resize((self._n_rows + self._n_rows // 8, self._values.shape[1]), refcheck=False)
        self._values[begin : self._n_rows] = rows

    @property
    def values(self) -> Floats:
        """All rows, shape `[n_rows, size]`; no rows may be added afterwards."""
        return self._values[: self._n_rows]
