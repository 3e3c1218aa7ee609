"""Onsets and beats of a live stream, said as events: from the same onset strength as a file's."""

from dataclasses import dataclass
from typing import Any

from tactus.analysis.analyzer import Analyzer, AnalyzerState
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.dsp.arrays import Floats

Event = dict[str, Any]
"""What is said on the wire: `{"type": "beat", "id": ..., "audio_time": ..., "known_at": ..., ...}`."""

GRID = INNER_GRIDS["rhythm"]
RHYTHM_RATE_HZ = GRID.sample_rate


@dataclass(frozen=True, slots=True)
class RhythmState:
    """Where the stream stands: audio time of its first sample, frames seen, and what each estimator keeps."""

    began_s: float
    n_frames: int
    features: AnalyzerState


class Rhythm:
    """Steps a stream at 44.1 kHz through onset strength, onset detector and beat filter."""

    def __init__(self) -> None:
        self._analyzer = Analyzer(features_for(("onset_strength",)), INNER_GRIDS, ("onset_strength",))

    def start(self, began_s: float) -> RhythmState:
        """The state of a stream whose first sample sounds at audio time `began_s`."""
        return RhythmState(began_s, 0, self._analyzer.start())

    def step(self, state: RhythmState, block: Floats, known_at_s: float) -> tuple[RhythmState, list[Event]]:
        """What a block `[n]` lets us say, of which all is heard up to `known_at_s`."""
        features, rows = self._analyzer.step(state.features, block[None])
        strengths = rows["onset_strength"]
        return RhythmState(state.began_s, state.n_frames + len(strengths), features), []

    def reading(self, state: RhythmState, at_s: float) -> dict[str, Any]:
        """`tempo`, `bar` and `phase` at a moment [s]; None where no beat is followed."""
        return {"tempo": None, "bar": None, "phase": None}
