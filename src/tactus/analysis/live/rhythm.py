"""Onsets and beats of a live stream, said as events: from the same onset strength as a file's."""

from dataclasses import dataclass
from typing import Any

from tactus.analysis.analyzer import Analyzer, AnalyzerState
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.live.beat_filter import BeatCancelled, BeatFilter, BeatFilterState, BeatReading, BeatSaid
from tactus.analysis.live.onset_detector import OnsetDetector, OnsetDetectorState, OnsetSaid
from tactus.dsp.arrays import Floats

Event = dict[str, Any]
"""What is said on the wire: `{"type": "beat", "id": ..., "audio_time": ..., "known_at": ..., ...}`."""

RHYTHM_RATE_HZ = INNER_GRIDS["rhythm"].sample_rate

TEMPO_CHANGE = 0.01
"""Tempo is said again when it has changed by this part."""

_FEATURE = "onset_strength"


@dataclass(frozen=True, slots=True)
class RhythmState:
    """Where a stream stands.

    Args:
        began_s: Audio time of its first sample [s].
        first_beat_id: Id of its first beat.
        features: Of the onset strength.
        onsets: Of the onset detector.
        beats: Of the beat filter.
        bpm: The tempo that was said last; None: that there is none.
    """

    began_s: float
    first_beat_id: int
    features: AnalyzerState
    onsets: OnsetDetectorState
    beats: BeatFilterState
    bpm: float | None = None

    @property
    def next_beat_id(self) -> int:
        """The id of a beat that has not been said."""
        return self.first_beat_id + self.beats.n_said


class Rhythm:
    """Steps a stream at 44.1 kHz through onset strength, onset detector and beat filter; holds tables only."""

    def __init__(self) -> None:
        self._analyzer = Analyzer(features_for((_FEATURE,)), INNER_GRIDS, (_FEATURE,))
        grid = self._analyzer.grids["rhythm"]
        n_bands = self._analyzer.abouts[_FEATURE].size
        self._onsets = OnsetDetector(grid.frame_rate_hz, n_bands)
        self._beats = BeatFilter(grid.frame_rate_hz, n_bands=n_bands)

    def start(self, began_s: float, first_beat_id: int) -> RhythmState:
        """The state of a stream whose first sample sounds at audio time `began_s`."""
        return RhythmState(began_s, first_beat_id, self._analyzer.start(), self._onsets.start(), self._beats.start())

    def step(self, state: RhythmState, block: Floats, known_at_s: float) -> tuple[RhythmState, list[Event]]:
        """What a block `[n]` lets us say, of which all is heard up to audio time `known_at_s`."""
        features, rows = self._analyzer.step(state.features, block[None])
        heard_s = known_at_s - state.began_s
        onsets, onsets_said = self._onsets.step(state.onsets, rows[_FEATURE], heard_s)
        beats, beats_said = self._beats.step(state.beats, rows[_FEATURE], heard_s)
        events = [_onset(onset, state) for onset in onsets_said]
        events += [_beat(said, state) for said in beats_said]
        reading = self._beats.reading(beats, heard_s)
        bpm = state.bpm
        if (reading is None) != (bpm is None) or (reading and bpm and abs(reading.bpm / bpm - 1) > TEMPO_CHANGE):
            bpm = reading.bpm if reading else None
            events.append({"type": "tempo", **_moments(heard_s, heard_s, state), **_tempo(reading)})
        return RhythmState(state.began_s, state.first_beat_id, features, onsets, beats, bpm), events

    def reading(self, state: RhythmState, at_s: float) -> dict[str, Any]:
        """`tempo` (`bpm`, `confidence`), `bar` (`bar`, `beat_in_bar`) and `phase` of the beat in [0, 1) at a moment.

        Args:
            state: Where the stream stands.
            at_s: Audio time, about now [s].

        Returns:
            Each None where no beat is followed.
        """
        reading = self._beats.reading(state.beats, at_s - state.began_s)
        if reading is None:
            return {"tempo": None, "bar": None, "phase": None}
        return {
            "tempo": _tempo(reading),
            "bar": {"bar": reading.bar, "beat_in_bar": reading.beat_in_bar},
            "phase": round(reading.phase, 4),
        }


def _moments(audio_time_s: float, known_at_s: float, state: RhythmState) -> Event:
    return {
        "audio_time": round(state.began_s + audio_time_s, 6),
        "known_at": round(state.began_s + known_at_s, 6),
    }


def _tempo(reading: BeatReading | None) -> Event:
    if reading is None:
        return {"bpm": None, "confidence": 0.0}
    return {"bpm": round(reading.bpm, 3), "confidence": round(reading.confidence, 4)}


def _onset(onset: OnsetSaid, state: RhythmState) -> Event:
    return {
        "type": "onset",
        **_moments(onset.audio_time_s, onset.known_at_s, state),
        "strength": round(onset.strength, 3),
        "band": onset.band,
    }


def _beat(said: BeatSaid | BeatCancelled, state: RhythmState) -> Event:
    number = state.first_beat_id + said.number
    if isinstance(said, BeatCancelled):
        return {"type": "beat_cancelled", "id": number, "known_at": round(state.began_s + said.known_at_s, 6)}
    return {
        "type": "beat",
        "id": number,
        **_moments(said.audio_time_s, said.known_at_s, state),
        "bpm": round(said.bpm, 3),
        "beat_in_bar": said.beat_in_bar,
        "bar": said.bar,
        "phase": round(said.phase, 4),
        "confidence": round(said.confidence, 4),
        "predicted": said.predicted,
    }
