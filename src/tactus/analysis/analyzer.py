"""Steps a stream through many features at once; a file is the same stream stepped to its end.

An `Analyzer` holds parameters and tables, never a stream: one object serves any number of streams, and a paused
stream is a kept `AnalyzerState`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tactus.analysis.feature import Feature, Frames, State
from tactus.analysis.timeline import Timeline, joined
from tactus.dsp import framing
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid

LONGEST_STEP_FRAMES = 256
"""Frames handed to features at a time: spectra of 256 frames stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class AnalyzerState:
    """Where a stream stands: what framing keeps of each grid, and what each feature keeps."""

    framing: Mapping[str, framing.FramingState]
    features: Mapping[str, State]


class Analyzer:
    """Every feature in one pass; the spectrum of a hop is computed once.

    Args:
        features: What to compute; a feature stands after those it names as inputs.
        grids: The grids that the features name.

    Raises:
        ValueError: A feature names an unknown grid, or an input that does not stand before it on the same grid.
    """

    def __init__(self, features: Sequence[Feature], grids: Mapping[str, Grid]) -> None:
        seen: dict[str, str] = {}
        for feature in features:
            about = feature.about
            if about.grid not in grids:
                raise ValueError(f"{about.name} lies on the unknown grid {about.grid!r}")
            for name in about.inputs:
                if seen.get(name) != about.grid:
                    raise ValueError(f"{about.name} reads {name}, which does not stand before it on {about.grid!r}")
            seen[about.name] = about.grid
        self.features = tuple(features)
        self.abouts = {feature.about.name: feature.about for feature in features}
        self.grids = {name: grid for name, grid in grids.items() if name in seen.values()}

    def start(self) -> AnalyzerState:
        """The state of a stream that has not begun."""
        return AnalyzerState(
            framing={name: framing.start(grid) for name, grid in self.grids.items()},
            features={feature.about.name: feature.start() for feature in self.features},
        )

    def step(self, state: AnalyzerState, block: Floats) -> tuple[AnalyzerState, dict[str, Floats]]:
        """The rows that `block` completes.

        Args:
            state: What `start` or the previous call returned.
            block: The next samples, full scale 1.0, shape `[n_channels, n]`, any `n >= 0`.

        Returns:
            The next state, and by feature name float32 `[n, size]`, `n >= 0`.
        """
        mono = block.mean(axis=0, dtype=np.float32) if len(block) > 1 else block[0]
        kept, cuts = {}, {}
        for name, grid in self.grids.items():
            kept[name], cuts[name] = framing.cut(grid, state.framing[name], mono)
        features, values = self._features_step(state.features, cuts, block)
        return AnalyzerState(kept, features), values

    def finish(self, state: AnalyzerState) -> dict[str, Floats]:
        """The last rows of a stream: half a frame of silence is behind it, and look-aheads pay what they owe."""
        cuts = {name: framing.flush(grid, state.framing[name]) for name, grid in self.grids.items()}
        features, values = self._features_step(state.features, cuts, np.empty((1, 0), np.float32))
        return {
            feature.about.name: np.concatenate(
                (values[feature.about.name], feature.finish(features[feature.about.name]))
            )
            for feature in self.features
        }

    def run(self, blocks: Iterable[Floats]) -> Timeline:
        """A finite piece, from its blocks `[n_channels, n]`."""
        state, parts, n_samples = self.start(), [], 0
        for block in blocks:
            state, part = self.step(state, block)
            parts.append(part)
            n_samples += block.shape[-1]
        parts.append(self.finish(state))
        return Timeline(self.grids, joined(parts, self.abouts), self.abouts, n_samples)

    def _features_step(
        self, states: Mapping[str, State], cuts: Mapping[str, Floats], block: Floats
    ) -> tuple[dict[str, State], dict[str, Floats]]:
        states = dict(states)
        values: dict[str, list[Floats]] = {name: [] for name in self.abouts}
        nothing = block[:, :0]
        for grid_name, frames in cuts.items():
            on_grid = [feature for feature in self.features if feature.about.grid == grid_name]
            for first in range(0, max(len(frames), 1), LONGEST_STEP_FRAMES):
                part = Frames(
                    self.grids[grid_name],
                    frames[first : first + LONGEST_STEP_FRAMES],
                    block if first == 0 else nothing,
                )
                inputs: dict[str, Floats] = {}
                part.inputs = inputs
                for feature in on_grid:
                    name = feature.about.name
                    states[name], inputs[name] = feature.step(states[name], part)
                    values[name].append(inputs[name])
        return states, {name: parts[0] if len(parts) == 1 else np.concatenate(parts) for name, parts in values.items()}
