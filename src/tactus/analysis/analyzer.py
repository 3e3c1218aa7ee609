"""Analyzer: many features of a stream in one pass; a file is a stream stepped to its end.

An `Analyzer` holds parameters and tables, never a stream: one object serves any number of streams, and a paused
stream is a kept `AnalyzerState`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tactus.analysis.feature import CHANNELS, About, Feature, Frames, State
from tactus.analysis.timeline import FeatureTimeline, Rows, feature_timeline
from tactus.dsp import framing
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid

STEP_SAMPLES = 256 * 2048
"""Approximate number of samples in the frames of one call: few calls, and spectra that stay in the cache."""


@dataclass(frozen=True, slots=True)
class AnalyzerState:
    """State of one stream.

    Args:
        framing: State of the framing, by grid.
        features: State of each feature, by name.
    """

    framing: Mapping[Grid, framing.FramingState]
    features: Mapping[str, State]


class Analyzer:
    """Computes features in one pass; the spectrum of a frame is computed once, however many features use it.

    Grids of different names and equal parameters are one grid: their features share frames and spectra.

    Args:
        features: Features to compute; each follows the features that it names as inputs.
        grids: Grids by name, those that the features name at least.
        output: Names of the features whose values are returned, by default all; the others are inputs only.

    Raises:
        ValueError: A feature names an unknown grid, or an input that does not precede it on the same grid; or the
            grids in use differ in sample rate.
    """

    def __init__(
        self, features: Sequence[Feature], grids: Mapping[str, Grid], output: Iterable[str] | None = None
    ) -> None:
        _check(features, grids)
        names = {feature.about.name for feature in features} if output is None else set(output)
        self.abouts: Mapping[str, About] = {
            feature.about.name: feature.about for feature in features if feature.about.name in names
        }
        self.grids = {name: grids[name] for name in dict.fromkeys(feature.about.grid for feature in features)}
        self._on_frames: dict[Grid, list[Feature]] = {}
        self._on_channels: list[Feature] = []
        for feature in features:
            if feature.about.grid == CHANNELS:
                self._on_channels.append(feature)
            else:
                self._on_frames.setdefault(grids[feature.about.grid], []).append(feature)
        self._features = tuple(features)

    def start(self) -> AnalyzerState:
        """State before the first sample."""
        return AnalyzerState(
            framing={grid: framing.start(grid) for grid in self._on_frames},
            features={feature.about.name: feature.start() for feature in self._features},
        )

    def step(self, state: AnalyzerState, block: Floats) -> tuple[AnalyzerState, dict[str, Floats]]:
        """Analyse the next samples.

        Args:
            state: State returned by `start` or the previous call.
            block: The next samples, full scale 1.0, shape `[n_channels, n]`, any `n >= 0`.

        Returns:
            The next state, and the new rows by feature name, float32 `[n, size]`, `n >= 0`.
        """
        mono = framing.mono(block)
        stream, states, rows = dict(state.framing), dict(state.features), self._no_rows()
        for grid, features in self._on_frames.items():
            stream[grid], frames = framing.cut(grid, stream[grid], mono)
            _step_frames(features, grid, frames, states, rows)
        if self._on_channels:
            grid = self.grids[CHANNELS]
            uncut = Frames(grid, np.empty((0, grid.frame_length), np.float32), block)
            _step(self._on_channels, uncut, states, rows)
        return AnalyzerState(stream, states), self._output(rows)

    def finish(self, state: AnalyzerState) -> dict[str, Floats]:
        """The last rows of a stream, which is padded by half a frame of silence; rows of look-aheads included."""
        states, rows = dict(state.features), self._no_rows()
        for grid, features in self._on_frames.items():
            _step_frames(features, grid, framing.flush(grid, state.framing[grid]), states, rows)
        last_rows: dict[str, Floats] = {}
        for feature in self._features:
            about, late = feature.about, []
            if any(len(last_rows[name]) for name in about.inputs):  # late rows of an input go on to its readers
                grid = self.grids[about.grid]
                no_frames = Frames(grid, np.empty((0, grid.frame_length), np.float32))
                no_frames.inputs = {name: last_rows[name] for name in about.inputs}
                states[about.name], values = feature.step(states[about.name], no_frames)
                late.append(values)
            late.append(feature.finish(states[about.name]))
            last_rows[about.name] = np.concatenate(late)
            rows[about.name].append(last_rows[about.name])
        return self._output(rows)

    def run(self, blocks: Iterable[Floats]) -> dict[str, FeatureTimeline]:
        """Timelines of a finite piece, by feature name.

        Args:
            blocks: Its samples, full scale 1.0, each `[n_channels, n]`, `n >= 0`.
        """
        recording = Recording(self)
        for block in blocks:
            recording.add(block)
        return recording.finish()

    def _no_rows(self) -> dict[str, list[Floats]]:
        return {feature.about.name: [] for feature in self._features}

    def _output(self, rows: Mapping[str, list[Floats]]) -> dict[str, Floats]:
        return {
            name: rows[name][0]
            if len(rows[name]) == 1
            else np.concatenate((np.empty((0, about.size), np.float32), *rows[name]))
            for name, about in self.abouts.items()
        }


class Recording:
    """Timelines of a finite piece in the making: steps an analyzer and collects the rows.

    Args:
        analyzer: What to compute.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._state = analyzer.start()
        self._rows = {name: Rows(about.size) for name, about in analyzer.abouts.items()}

    def add(self, block: Floats) -> None:
        """Analyse the next samples, full scale 1.0, shape `[n_channels, n]`, `n >= 0`."""
        self._state, rows = self._analyzer.step(self._state, block)
        self._collect(rows)

    def finish(self) -> dict[str, FeatureTimeline]:
        """Timelines of the whole piece by feature name; the recording is over."""
        self._collect(self._analyzer.finish(self._state))
        abouts, grids = self._analyzer.abouts, self._analyzer.grids
        return {
            name: feature_timeline(about, grids[about.grid], self._rows[name].values) for name, about in abouts.items()
        }

    def _collect(self, rows: Mapping[str, Floats]) -> None:
        for name, values in rows.items():
            self._rows[name].add(values)


def _step_frames(
    features: Sequence[Feature], grid: Grid, frames: Floats, states: dict[str, State], rows: dict[str, list[Floats]]
) -> None:
    """Step the features of one grid through frames, a few at a time."""
    n_steps = max(1, round(len(frames) * grid.frame_length / STEP_SAMPLES))
    edges = [len(frames) * step // n_steps for step in range(n_steps + 1)]
    for first, last in pairwise(edges):
        if last > first:
            _step(features, Frames(grid, frames[first:last]), states, rows)


def _step(features: Sequence[Feature], frames: Frames, states: dict[str, State], rows: dict[str, list[Floats]]) -> None:
    """Step features through frames; the rows of each are inputs of those that follow."""
    inputs: dict[str, Floats] = {}
    frames.inputs = inputs
    for feature in features:
        name = feature.about.name
        states[name], inputs[name] = feature.step(states[name], frames)
        rows[name].append(inputs[name])


def _check(features: Sequence[Feature], grids: Mapping[str, Grid]) -> None:
    seen: dict[str, str] = {}
    for feature in features:
        about = feature.about
        if about.grid not in grids:
            raise ValueError(f"{about.name} is on the unknown grid {about.grid!r}")
        for name in about.inputs:
            if seen.get(name) != about.grid:
                raise ValueError(f"{about.name} reads {name}, which does not precede it on {about.grid!r}")
        seen[about.name] = about.grid
    rates = {name: grids[name].sample_rate for name in seen.values()}
    if len(set(rates.values())) > 1:
        raise ValueError(f"all grids of a stream have one sample rate, but these have several: {rates}")
