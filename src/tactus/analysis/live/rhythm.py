"""Onsets and beats of a live stream, said as events: from the features that a file's are read from."""

from dataclasses import dataclass, replace
from typing import Any

from tactus.analysis.analyzer import Analyzer, AnalyzerState
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.live import bar_counter, beat_clock
from tactus.analysis.live.beat_activations import ActivationExtractor, ActivationState
from tactus.analysis.live.beat_clock import BeatClockState, BeatTold
from tactus.analysis.live.beat_controls import BeatCommand
from tactus.analysis.live.beat_events import BeatCancelled, BeatPosition, BeatPrediction
from tactus.analysis.live.beat_predictor import BeatFilter, BeatFilterState
from tactus.analysis.live.drums import NAMES, DrumHits, Drums, DrumsState
from tactus.analysis.live.onset_detector import OnsetDetector, OnsetDetectorState, OnsetEvent
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.dsp.arrays import Floats

Event = dict[str, Any]
"""What is said on the wire: `{"type": "beat", "id": ..., "audio_time": ..., "known_at": ..., ...}`."""

RHYTHM_RATE_HZ = INNER_GRIDS["rhythm"].sample_rate

TEMPO_CHANGE = 0.01
"""Tempo is said again when it has changed by this part."""

NO_HITS: DrumHits = (0.0,) * len(NAMES)
"""Nothing was struck in any range."""

_FEATURES = ("onset_strength", "log_mel")


@dataclass(frozen=True, slots=True)
class RhythmState:
    """Where a stream stands.

    Args:
        began_s: Audio time of its first sample [s].
        id_shift: Id of a beat of the filter, less the filter's number.
        first_number: Beats of the filter before this one were told otherwise, or not at all.
        features: Of onset strength and log-mel.
        onsets: Of the onset detector.
        hearing: Of what is heard of beats.
        beats: Of the beat filter.
        beat_clock: Of what listeners have said of the beat.
        drums: Of the strokes by range.
        hits: The strongest in each range since whoever reads them has begun anew, shape `[3]`.
        bpm: The tempo that was said last; None: that there is none.
    """

    began_s: float
    id_shift: int
    first_number: int
    features: AnalyzerState
    onsets: OnsetDetectorState
    hearing: ActivationState
    beats: BeatFilterState
    beat_clock: BeatClockState
    drums: DrumsState
    hits: DrumHits
    bpm: float | None = None

    @property
    def next_beat_id(self) -> int:
        """The id of a beat that has not been said."""
        return self.id_shift + self.beats.n_sent


class Rhythm:
    """Steps a stream at 44.1 kHz through features, onset detector, causal network and beat filter; holds tables only.

    Args:
        weights: Of the causal network.
    """

    def __init__(self, weights: RhythmWeights) -> None:
        self._analyzer = Analyzer(features_for(_FEATURES), INNER_GRIDS, _FEATURES)
        grid = self._analyzer.grids["rhythm"]
        n_bands = self._analyzer.abouts["onset_strength"].size
        self._onsets = OnsetDetector(grid.frame_rate_hz, n_bands)
        self._hearing = ActivationExtractor(weights, grid.frame_rate_hz, n_bands)
        self._beats = BeatFilter(grid.frame_rate_hz)
        self._drums = Drums(grid.frame_rate_hz)

    def start(self, began_s: float, first_beat_id: int, beat_clock: BeatClockState) -> RhythmState:
        """The state of a stream whose first sample sounds at audio time `began_s`, its beats told by `beat_clock`."""
        return RhythmState(
            began_s=began_s,
            id_shift=first_beat_id,
            first_number=0,
            features=self._analyzer.start(),
            onsets=self._onsets.start(),
            hearing=self._hearing.start(),
            beats=self._beats.start(),
            beat_clock=beat_clock,
            drums=self._drums.start(),
            hits=NO_HITS,
        )

    def command(self, state: RhythmState, command: BeatCommand, moment_s: float, known_at_s: float) -> RhythmState:
        """What a listener wants, who heard `moment_s` when he said it; heard as far as `known_at_s` (audio times)."""
        clock = state.beat_clock
        if not clock.controls.any:  # until now, the filter's words were told
            beats = state.beats
            clock = replace(
                clock,
                last_s=state.began_s + beats.last_beat_s,
                beat_in_bar=beats.beat_in_bar,
                bar=beats.bar,
                meter=bar_counter.meter(beats.count),
            )
            clock = beat_clock.update(clock, self._heard(state, known_at_s), known_at_s)
        clock = beat_clock.apply_command(clock, command, moment_s, known_at_s)
        return replace(state, beat_clock=clock, first_number=state.beats.n_sent)

    def step(
        self, state: RhythmState, block: Floats, chroma_harmony: Floats, known_at_s: float
    ) -> tuple[RhythmState, list[Event]]:
        """What more sound lets us say.

        Args:
            state: What `start` or the previous call returned.
            block: The next samples, shape `[n]`.
            chroma_harmony: The rows of that feature that it completes, shape `[m, 36]`.
            known_at_s: Up to where all has been heard by now, in audio time [s].
        """
        features, rows = self._analyzer.step(state.features, block[None])
        strengths, heard_s = rows["onset_strength"], known_at_s - state.began_s
        onsets, onset_events = self._onsets.step(state.onsets, strengths, heard_s)
        hearing, heard = self._hearing.step(state.hearing, rows["log_mel"], strengths, chroma_harmony)
        controls = state.beat_clock.controls
        beats, beats_said = self._beats.step(state.beats, heard, heard_s, controls.bpm_range)
        events = [_onset(onset, state) for onset in onset_events]
        drums, hits = self._drums.step(state.drums, strengths)
        hits = tuple(map(max, state.hits, hits))
        state = replace(state, features=features, onsets=onsets, hearing=hearing, beats=beats, drums=drums, hits=hits)
        if controls.any:
            state, beats_told = self._told(state, beats_said, known_at_s)
            events += beats_told
        else:
            events += [_beat(said, state) for said in beats_said if said.number >= state.first_number]
        reading = self._reading(state, known_at_s)
        bpm = state.bpm
        if (reading is None) != (bpm is None) or (reading and bpm and abs(reading.bpm / bpm - 1) > TEMPO_CHANGE):
            bpm = reading.bpm if reading else None
            events.append({"type": "tempo", **_moments(heard_s, heard_s, state), **_tempo(reading)})
        return replace(state, bpm=bpm), events

    def reading(self, state: RhythmState, at_s: float) -> dict[str, Any]:
        """`tempo` (`bpm`, `confidence`, `candidates`), `bar` (`bar`, `beat_in_bar`), and `phase` of the beat in [0, 1).

        Args:
            state: Where the stream stands.
            at_s: Audio time, about now [s].

        Returns:
            Each None where no beat is followed.
        """
        reading = self._reading(state, at_s)
        if reading is None:
            return {"tempo": None, "bar": None, "phase": None}
        scale = state.beat_clock.controls.scale
        candidates = [
            {"bpm": round(scale * bpm, 3), "confidence": round(share, 4)}
            for bpm, share in self._beats.tempi(state.beats)
        ]
        return {
            "tempo": {**_tempo(reading), "candidates": candidates},
            "bar": {"bar": reading.bar, "beat_in_bar": reading.beat_in_bar},
            "phase": round(reading.phase, 4),
        }

    def _told(
        self, state: RhythmState, said: list[BeatPrediction | BeatCancelled], known_at_s: float
    ) -> tuple[RhythmState, list[Event]]:
        """What listeners want told in the place of what the filter said."""
        clock = beat_clock.update(state.beat_clock, self._heard(state, known_at_s), known_at_s)
        events, shift = [], state.id_shift
        for word in said:
            if isinstance(word, BeatPrediction) and word.number >= state.first_number:
                clock = beat_clock.set_beat_in_bar(clock, state.began_s + word.audio_time_s, word.beat_in_bar)
        shift -= state.beats.n_sent - state.first_number
        clock, beat = beat_clock.due_beat(clock, known_at_s)
        if beat is not None:
            events.append(_told_beat(beat, shift + state.beats.n_sent, known_at_s))
            shift += 1
        return replace(state, beat_clock=clock, id_shift=shift, first_number=state.beats.n_sent), events

    def _heard(self, state: RhythmState, at_s: float) -> BeatPosition | None:
        return self._beats.reading(state.beats, at_s - state.began_s)

    def _reading(self, state: RhythmState, at_s: float) -> BeatPosition | None:
        if state.beat_clock.controls.any:
            return beat_clock.position(state.beat_clock, at_s)
        return self._heard(state, at_s)


def _moments(audio_time_s: float, known_at_s: float, state: RhythmState) -> Event:
    return {
        "audio_time": round(state.began_s + audio_time_s, 6),
        "known_at": round(state.began_s + known_at_s, 6),
    }


def _tempo(reading: BeatPosition | None) -> Event:
    if reading is None:
        return {"bpm": None, "confidence": 0.0}
    return {"bpm": round(reading.bpm, 3), "confidence": round(reading.confidence, 4)}


def _onset(onset: OnsetEvent, state: RhythmState) -> Event:
    return {
        "type": "onset",
        **_moments(onset.audio_time_s, onset.known_at_s, state),
        "strength": round(onset.strength, 3),
        "band": onset.band,
    }


def _told_beat(beat: BeatTold, number: int, known_at_s: float) -> Event:
    return {
        "type": "beat",
        "id": number,
        "audio_time": round(beat.audio_time_s, 6),
        "known_at": round(known_at_s, 6),
        "bpm": round(beat.bpm, 3),
        "beat_in_bar": beat.beat_in_bar,
        "bar": beat.bar,
        "phase": round(beat.phase, 4),
        "confidence": round(beat.confidence, 4),
        "predicted": known_at_s <= beat.audio_time_s,
    }


def _beat(said: BeatPrediction | BeatCancelled, state: RhythmState) -> Event:
    number = state.id_shift + said.number
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
