"""Rhythm of a live stream: onsets, drum hits and beats, from the features that files are analysed with."""

from dataclasses import dataclass, replace

from tactus.analysis.analyzer import Analyzer, AnalyzerState
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.live import beat_clock
from tactus.analysis.live.beat_activations import ActivationExtractor, ActivationState
from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_commands import apply_command
from tactus.analysis.live.beat_controls import BeatCommand
from tactus.analysis.live.beat_ids import BeatIds
from tactus.analysis.live.beat_position import BeatPosition, TempoCandidate
from tactus.analysis.live.beat_predictor import BeatPredictor, BeatPredictorState
from tactus.analysis.live.drums import NO_HITS, DrumDetector, DrumDetectorState, DrumHits
from tactus.analysis.live.events import LiveEvent, TempoChange
from tactus.analysis.live.onset_detector import OnsetDetector, OnsetDetectorState
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.dsp.arrays import Floats

RHYTHM_RATE_HZ = INNER_GRIDS["rhythm"].sample_rate
RHYTHM_HOP_SAMPLES = INNER_GRIDS["rhythm"].hop_length
"""Sample rate [Hz] and hop of the rhythm features; a live stream is best analysed a hop at a time."""

TEMPO_CHANGE = 0.01
"""A tempo that differs by more than this part from the one that was output last is output as a change."""

_FEATURES = ("onset_strength", "log_mel")


@dataclass(frozen=True, slots=True)
class RhythmState:
    """State of the rhythm of one stream.

    The estimators (`onsets`, `activations`, `beats`, `drums`) count time from the start of the stream; `beat_clock` and
    all events count in audio time.

    Args:
        began_s: Audio time of the first sample [s].
        features: State of onset strength and log-mel.
        onsets: State of the onset detector.
        activations: State of the beat activations.
        beats: State of the beat predictor.
        beat_clock: State of the beat clock.
        drums: State of the drum detector.
        hits: The strongest hit of each drum since the last frame.
        bpm: The tempo that was output last; None: no beat is tracked.
    """

    began_s: float
    features: AnalyzerState
    onsets: OnsetDetectorState
    activations: ActivationState
    beats: BeatPredictorState
    beat_clock: BeatClockState
    drums: DrumDetectorState
    hits: DrumHits = NO_HITS
    bpm: float | None = None

    @property
    def next_beat_id(self) -> int:
        """Id of the next output beat."""
        return self.beat_clock.ids.next_id


class RhythmTracker:
    """Steps a stream at 44.1 kHz from features to onsets, drum hits and beats; holds tables only.

    Args:
        weights: Weights of the causal network.
    """

    def __init__(self, weights: RhythmWeights) -> None:
        self._analyzer = Analyzer(features_for(_FEATURES), INNER_GRIDS, _FEATURES)
        frame_rate_hz = self._analyzer.grids["rhythm"].frame_rate_hz
        n_bands = self._analyzer.abouts["onset_strength"].size
        self._onsets = OnsetDetector(frame_rate_hz, n_bands)
        self._activations = ActivationExtractor(weights, frame_rate_hz, n_bands)
        self._beats = BeatPredictor(frame_rate_hz)
        self._drums = DrumDetector(frame_rate_hz)

    def start(self, began_s: float, first_beat_id: int, clock: BeatClockState) -> RhythmState:
        """The state before the first sample.

        Args:
            began_s: Audio time of the first sample [s].
            first_beat_id: Id of the first output beat.
            clock: The beat clock: of the stream before this one, or with the controls in force.
        """
        return RhythmState(
            began_s=began_s,
            features=self._analyzer.start(),
            onsets=self._onsets.start(),
            activations=self._activations.start(),
            beats=self._beats.start(),
            beat_clock=replace(clock, ids=BeatIds(first_beat_id)),
            drums=self._drums.start(),
        )

    def command(self, state: RhythmState, command: BeatCommand, moment_s: float, known_at_s: float) -> RhythmState:
        """The state after a listener command.

        Args:
            state: State before it.
            command: What the listener wants changed.
            moment_s: Which moment of the sound it is about, in audio time [s].
            known_at_s: How much audio has been delivered [s].
        """
        return replace(state, beat_clock=apply_command(state.beat_clock, command, moment_s, known_at_s))

    def step(
        self, state: RhythmState, block: Floats, chroma_harmony: Floats, known_at_s: float
    ) -> tuple[RhythmState, list[LiveEvent]]:
        """Processes the next samples.

        Args:
            state: State returned by `start` or the previous call.
            block: The next samples, shape `[n]`.
            chroma_harmony: Rows of that feature that the block completes, shape `[m, 36]`.
            known_at_s: Audio time of the end of the block [s].

        Returns:
            The next state, and the events: onsets, then beats, then a change of tempo.
        """
        stream_s = known_at_s - state.began_s
        features, rows = self._analyzer.step(state.features, block[None])
        strengths = rows["onset_strength"]
        onsets, onset_events = self._onsets.step(state.onsets, strengths, stream_s)
        activations, frames = self._activations.step(state.activations, rows["log_mel"], strengths, chroma_harmony)
        beats, predictions = self._beats.step(state.beats, frames, stream_s, state.beat_clock.controls.bpm_range)
        drums, hits = self._drums.step(state.drums, strengths)
        clock, beat_events = beat_clock.step(
            state.beat_clock,
            self._beats.tracked(beats).later(state.began_s),
            [event.later(state.began_s) for event in predictions],
            known_at_s,
        )
        tempo = tempo_change(beat_clock.position(clock, known_at_s), state.bpm, known_at_s)
        state = RhythmState(
            began_s=state.began_s,
            features=features,
            onsets=onsets,
            activations=activations,
            beats=beats,
            beat_clock=clock,
            drums=drums,
            hits=DrumHits._make(map(max, state.hits, hits)),
            bpm=tempo.bpm if tempo else state.bpm,
        )
        onset_events = [event.later(state.began_s) for event in onset_events]
        return state, [*onset_events, *beat_events, *([tempo] if tempo else [])]

    def tempo_candidates(self, state: RhythmState) -> tuple[TempoCandidate, ...]:
        """Output tempi that the beat may have, the most probable first."""
        scale = state.beat_clock.controls.scale
        return tuple(
            TempoCandidate(scale * bpm, probability) for bpm, probability in self._beats.tempo_candidates(state.beats)
        )


def tempo_change(position: BeatPosition | None, bpm: float | None, known_at_s: float) -> TempoChange | None:
    """The change from the tempo that was output last, if it is large enough, or a beat was found or lost.

    Args:
        position: Tempo and phase now; None: no beat is tracked.
        bpm: The tempo that was output last; None: no beat was tracked.
        known_at_s: How much audio has been delivered [s].
    """
    if position is None:
        return None if bpm is None else TempoChange(known_at_s, None, 0.0)
    if bpm is not None and abs(position.bpm / bpm - 1) <= TEMPO_CHANGE:
        return None
    return TempoChange(known_at_s, position.bpm, position.confidence)
