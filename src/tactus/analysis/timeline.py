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


def joined(parts: Iterable[Mapping[str, Floats]], abouts: Mapping[str, About]) -> dict[str, Floats]:
    """Parts in the order in which an analyzer gave them, as one array per feature.

    This is the one place where a look-ahead is undone: the first `latency_frames` rows speak of frames before the
    piece began, and are dropped.
    """
    columns: dict[str, list[Floats]] = {name: [] for name in abouts}
    for part in parts:
        for name, values in part.items():
            columns[name].append(values)
    return {
        name: np.concatenate(columns[name] or [np.empty((0, about.size), np.float32)])[about.latency_frames :]
        for name, about in abouts.items()
    }
