"""Beat clock: a phase-locked loop (PLL) that makes the output beats from the tracked beat.

Its input is the beat predictor, its output are the beats that listeners get.

- Without listener controls the clock is locked: it equals the tracked beat, and passes on every prediction, its moves
  and its cancellation.
- Under listener controls it runs by itself: its tempo and phase follow the tracked beat as far as the controls allow,
  and it outputs each beat once, `AHEAD_S` before it sounds, neither moved nor cancelled.

The clock is a value; `step` takes it forward, `beat_commands.apply_command` changes its controls.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tactus.analysis.live.beat_controls import NO_CONTROLS, BeatControls
from tactus.analysis.live.beat_ids import BeatIds
from tactus.analysis.live.beat_position import BeatPosition
from tactus.analysis.live.beat_predictor import REFRACTORY
from tactus.analysis.live.events import BeatEvent, BeatPrediction
from tactus.analysis.live.pulse import Pulse, TrackedBeat, wrapped
from tactus.analysis.track.rhythm.taps import AGREEING

AHEAD_S = 0.045
"""A beat is output when it is this near or nearer [s], about as early as the predictor is."""

SWITCH_HYSTERESIS_BEATS = 2.0
"""When the predictor jumps to other beats, the clock follows once it has stayed there for so many beats: with a tempo
named that is half of what sounds, the predictor wavers between the two halves."""

CERTAIN = 1.0
"""Confidence of a beat that a listener has set."""


@dataclass(frozen=True, slots=True)
class BeatClockState:
    """State of the beat clock.

    Args:
        controls: Listener controls; taps in audio time [s].
        pulse: The beat of the clock before it is multiplied and shifted; None: there is no beat.
        phase_offset: How far the pulse lies behind the tracked beat, as set by taps, in beats.
        confidence: How certain the time of the next beat is, in [0, 1].
        off_since_s: Since when the tracked beat has been another one than the pulse [s]; None: they agree.
        last_beat_s: When the newest output beat sounds, before the shift [s]; minus infinity before the first.
        beat_in_bar: Position of that beat in its bar, from 1; 0 before the first.
        bar: Number of its bar, from 0; -1 before the first.
        meter: Beats in a bar.
        next_is_downbeat: Whether a listener has set the next beat to begin a bar.
        ids: Numbers of the output beats.
    """

    controls: BeatControls = NO_CONTROLS
    pulse: Pulse | None = None
    phase_offset: float = 0.0
    confidence: float = 0.0
    off_since_s: float | None = None
    last_beat_s: float = -math.inf
    beat_in_bar: int = 0
    bar: int = -1
    meter: int = 4
    next_is_downbeat: bool = False
    ids: BeatIds = field(default_factory=BeatIds)

    @property
    def output_interval_s(self) -> float:
        """Time between output beats [s]; 0 without a beat."""
        return self.pulse.interval_s / self.controls.scale if self.pulse else 0.0


def step(
    state: BeatClockState, tracked: TrackedBeat, predictions: Sequence[BeatEvent], known_at_s: float
) -> tuple[BeatClockState, list[BeatEvent]]:
    """Takes the clock forward to `known_at_s`.

    Args:
        state: State of the clock before.
        tracked: The beat that the predictor tracks now, in audio time.
        predictions: New events of the predictor, in audio time, numbered by the predictor from 0.
        known_at_s: How much audio has been delivered [s].

    Returns:
        The next state, and the output beats and cancellations, numbered by the clock.
    """
    if state.controls == NO_CONTROLS:
        return _forward(state, tracked, predictions)
    return _generate(state, tracked, predictions, known_at_s)


def position(state: BeatClockState, at_s: float) -> BeatPosition | None:
    """Tempo, phase and position in the bar at a moment near now [s], as output; None before the first beat."""
    next_s = next_beat_s(state, at_s)
    if next_s is None or (state.beat_in_bar == 0 and state.bar < 0):
        return None
    return BeatPosition(
        bpm=60 / state.output_interval_s,
        confidence=state.confidence,
        phase=_phase(state, next_s, at_s),
        beat_in_bar=state.beat_in_bar,
        bar=max(state.bar, 0),
    )


def next_beat_s(state: BeatClockState, at_s: float) -> float | None:
    """Time of the next output beat that sounds at `at_s` or later [s], before the shift; None without a beat.

    Beats are those of the pulse, or every second or fourth of them, or two or four for each.
    """
    if state.pulse is None:
        return None
    at_s -= state.controls.shift_s
    interval_s = state.output_interval_s
    grid_s = min(interval_s, state.pulse.interval_s)
    expected_s = state.last_beat_s + interval_s if abs(at_s - state.last_beat_s) < 2 * interval_s else at_s
    next_s = replace(state.pulse, interval_s=grid_s).beat_near(expected_s)
    while next_s < at_s or next_s - state.last_beat_s <= REFRACTORY * interval_s:
        next_s += grid_s
    return next_s


def _forward(
    state: BeatClockState, tracked: TrackedBeat, predictions: Sequence[BeatEvent]
) -> tuple[BeatClockState, list[BeatEvent]]:
    """Locks the clock to the tracked beat, and passes its predictions on."""
    ids, events = state.ids, []
    for prediction in predictions:
        ids = ids.after(prediction)
        if ids.pending_id is not None:
            events.append(replace(prediction, id=ids.pending_id))
    locked = BeatClockState(
        controls=state.controls,
        pulse=tracked.pulse,
        confidence=tracked.confidence,
        last_beat_s=tracked.last_beat_s,
        beat_in_bar=tracked.beat_in_bar,
        bar=tracked.bar,
        meter=tracked.meter,
        ids=ids,
    )
    return locked, events


def _generate(
    state: BeatClockState, tracked: TrackedBeat, predictions: Sequence[BeatEvent], known_at_s: float
) -> tuple[BeatClockState, list[BeatEvent]]:
    """Follows the tracked beat as far as the controls allow, and outputs the beat that is due."""
    state, ids = _follow(state, tracked, known_at_s), state.ids
    for prediction in predictions:
        if isinstance(prediction, BeatPrediction) and ids.is_new(prediction):
            state = _count_with(state, prediction)
    ids = ids.superseding(predictions)
    next_s, shift_s = next_beat_s(state, known_at_s), state.controls.shift_s
    if next_s is None or next_s + shift_s > known_at_s + AHEAD_S:
        return replace(state, ids=ids), []
    begins_bar = state.next_is_downbeat or state.beat_in_bar in (0, state.meter)
    beat_in_bar = 1 if begins_bar else state.beat_in_bar % state.meter + 1
    beat = BeatPrediction(
        id=ids.next_id,
        audio_time_s=next_s + shift_s,
        known_at_s=known_at_s,
        bpm=60 / state.output_interval_s,
        beat_in_bar=beat_in_bar,
        bar=state.bar + 1 if beat_in_bar == 1 or state.bar < 0 else state.bar,
        phase=_phase(state, next_s, known_at_s),
        confidence=state.confidence,
        predicted=known_at_s <= next_s + shift_s,
    )
    state = replace(
        state,
        last_beat_s=next_s,
        beat_in_bar=beat_in_bar,
        bar=beat.bar,
        next_is_downbeat=False,
        ids=ids.after_generated(),
    )
    return state, [beat]


def _follow(state: BeatClockState, tracked: TrackedBeat, at_s: float) -> BeatClockState:
    """Adjusts pulse and confidence to the tracked beat, as far as the controls allow."""
    if state.pulse is not None and state.controls.hold:
        return replace(state, confidence=CERTAIN)
    reference = tracked.pulse and Pulse(tracked.pulse.beat_after(at_s), tracked.pulse.interval_s)
    if state.pulse is not None and state.controls.are_tapped:
        return _follow_with_offset(state, state.pulse, reference)
    if state.pulse and reference and abs(state.pulse.phase_error(reference)) >= AGREEING:
        off_since_s = at_s if state.off_since_s is None else state.off_since_s
        if at_s - off_since_s < SWITCH_HYSTERESIS_BEATS * state.pulse.interval_s:
            return replace(state, off_since_s=off_since_s)
    return replace(state, pulse=reference, confidence=tracked.confidence, off_since_s=None)


def _follow_with_offset(state: BeatClockState, pulse: Pulse, reference: Pulse | None) -> BeatClockState:
    """Keeps a tapped pulse at its phase offset from the tracked beat; by itself where no beat is tracked."""
    if reference is None:
        return state
    phase_offset, phase_error = state.phase_offset, pulse.phase_error(reference)
    if abs(wrapped(phase_error - phase_offset)) >= AGREEING:  # the predictor has jumped; a tapped beat does not
        phase_offset = offset_from(pulse, reference)
    beat_s = reference.beat_s + phase_offset * reference.interval_s
    return replace(state, pulse=replace(reference, beat_s=beat_s), phase_offset=phase_offset)


def offset_from(pulse: Pulse, reference: Pulse) -> float:
    """Phase error of a pulse, in beats, or 0 where it is small enough to be meant as the reference itself."""
    phase_error = pulse.phase_error(reference)
    return phase_error if abs(phase_error) >= AGREEING else 0.0


def _count_with(state: BeatClockState, prediction: BeatPrediction) -> BeatClockState:
    """Counts bars with the predictor, unless a listener has set the downbeat or the tempo is multiplied."""
    if state.controls.downbeat_is_set or state.controls.scale != 1 or state.pulse is None:
        return state
    is_last_beat = abs(prediction.audio_time_s - state.last_beat_s) < state.pulse.interval_s / 2
    beat_in_bar = prediction.beat_in_bar if is_last_beat else (prediction.beat_in_bar - 2) % state.meter + 1
    return replace(state, beat_in_bar=beat_in_bar)


def _phase(state: BeatClockState, next_s: float, at_s: float) -> float:
    """Phase of the output beat at a moment, given the coming beat before the shift."""
    return Pulse(next_s + state.controls.shift_s, state.output_interval_s).phase(at_s)
