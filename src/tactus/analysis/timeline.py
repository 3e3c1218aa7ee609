"""Feature values over time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from tactus.analysis.feature import About
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid


@dataclass(frozen=True, slots=True)
class Timeline:
    """What an analyzer saw of a finite piece.

    Args:
        grids: Where the rows of each feature lie, by grid name.
        values: By feature name, float32 `[n_frames, size]`.
        abouts: By feature name, what the values mean.
        n_samples: Length of the piece, in samples of the analysis' rate.
    """

    grids: Mapping[str, Grid]
    values: Mapping[str, Floats]
    abouts: Mapping[str, About]
    n_samples: int

    def __getitem__(self, feature: str) -> Floats:
        return self.values[feature]

    def grid(self, feature: str) -> Grid:
        """Where the rows of a feature lie."""
        return self.grids[self.abouts[feature].grid]


class Rows:
    """Rows that come in parts, in one array that grows in its place: joining parts would take twice their memory.

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
            # Nobody else holds the array before `values` is called.
            self._values.resize((self._n_rows + self._n_rows // 8, self._values.shape[1]), refcheck=False)
        self._values[begin : self._n_rows] = rows

    @property
    def values(self) -> Floats:
        """All rows, `[n_rows, size]`; none may be added afterwards."""
        return self._values[: self._n_rows]


def joined(parts: Iterable[Mapping[str, Floats]], abouts: Mapping[str, About]) -> dict[str, Floats]:
    """Parts in the order in which an analyzer gave them, as one array per feature.

    This is the one place where a look-ahead is undone: the first `latency_frames` rows speak of frames before the
    piece began, and are dropped.
    """
    rows = {name: Rows(about.size) for name, about in abouts.items()}
    for part in parts:
        for name, values in part.items():
            rows[name].add(values)
    return {name: rows[name].values[about.latency_frames :] for name, about in abouts.items()}
