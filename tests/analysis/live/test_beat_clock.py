"""The beat clock: locked without controls, a phase-locked loop of its own under controls."""

import math
from collections.abc import Iterable
from dataclasses import replace

import pytest

from tactus.analysis.live import beat_clock
from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_controls import BeatControls
from tactus.analysis.live.beat_ids import BeatIds
from tactus.analysis.live.beat_position import BeatPosition
from tactus.analysis.live.events import BeatCancelled, BeatEvent, BeatPrediction
from tactus.analysis.live.pulse import Pulse, TrackedBeat
from tests.analysis.live.near import near

HOP_S = 0.01
"""How often the clock is stepped here [s]."""

TAPPED = BeatControls(taps=(8.0, 8.5, 9.0))
HELD = BeatControls(hold=True)
DOUBLE, HALF = BeatControls(scale=2.0), BeatControls(scale=0.5)
IN_RANGE = BeatControls(bpm_range=(110.0, 130.0))
"""Controls that leave tempo and phase to the tracked beat."""


def tracked(beat_s: float = 10.5, interval_s: float = 0.5, confidence: float = 0.6) -> TrackedBeat:
    return TrackedBeat(Pulse(beat_s, interval_s), confidence, last_beat_s=10.0, beat_in_bar=2, bar=7, meter=4)


def prediction(number: int, at_s: float, beat_in_bar: int = 3) -> BeatPrediction:
    return BeatPrediction(number, at_s, at_s - 0.05, 120.0, beat_in_bar, 7, 0.9, 0.6, predicted=True)


def clock(controls: BeatControls, **fields: object) -> BeatClockState:
    """A clock whose newest beat was at 10 s, the second of bar 7, at 120 beats per minute."""
    state = BeatClockState(
        controls, pulse=Pulse(10.0, 0.5), confidence=0.6, last_beat_s=10.0, beat_in_bar=2, bar=7, ids=BeatIds(17)
    )
    return replace(state, **fields)  # type: ignore[arg-type]


def beats(state: BeatClockState, beat: TrackedBeat, start_s: float, end_s: float) -> list[BeatPrediction]:
    """Beats that the clock outputs meanwhile, where a beat is tracked."""
    found: list[BeatEvent] = []
    for k in range(round((end_s - start_s) / HOP_S)):
        state, events = beat_clock.step(state, beat, [], start_s + k * HOP_S)
        found += events
    return [event for event in found if isinstance(event, BeatPrediction)]


def times_s(events: Iterable[BeatEvent]) -> list[float]:
    return [event.audio_time_s for event in events if isinstance(event, BeatPrediction)]


# Without controls


def test_without_controls_predictions_moves_and_cancellations_pass_one_to_one() -> None:
    state = BeatClockState(ids=BeatIds(100))
    moved = replace(prediction(0, 10.02), confidence=0.7)
    predictions: list[BeatEvent] = [prediction(0, 10.0), moved, prediction(1, 10.5), BeatCancelled(1, 10.4)]
    output: list[BeatEvent] = []
    for event in predictions:
        state, events = beat_clock.step(state, tracked(), [event], 10.0)
        output += events
    assert output == [
        replace(event, id=number) for event, number in zip(predictions, (100, 100, 101, 101), strict=True)
    ]
    _, events = beat_clock.step(state, tracked(), [prediction(2, 10.6)], 10.5)
    assert [event.id for event in events] == [102]


def test_without_controls_the_clock_is_the_tracked_beat_and_outputs_none_of_its_own() -> None:
    state = clock(BeatControls(), phase_offset=0.3, off_since_s=9.0, next_is_downbeat=True)
    state, events = beat_clock.step(state, replace(tracked(), meter=3), [], 10.48)
    assert events == []
    assert state == BeatClockState(
        pulse=Pulse(10.5, 0.5), confidence=0.6, last_beat_s=10.0, beat_in_bar=2, bar=7, meter=3, ids=BeatIds(17)
    )
    state, _ = beat_clock.step(state, TrackedBeat(), [], 10.5)
    assert (state.pulse, state.confidence) == (None, 0.0)


def test_a_beat_that_was_output_before_a_command_is_neither_moved_nor_cancelled_after_it() -> None:
    state, _ = beat_clock.step(BeatClockState(), tracked(), [prediction(0, 10.0)], 9.96)
    state = replace(state, controls=IN_RANGE)
    state, events = beat_clock.step(state, tracked(), [replace(prediction(0, 10.03))], 9.97)
    assert events == []
    state, events = beat_clock.step(replace(state, controls=BeatControls()), tracked(), [BeatCancelled(0, 9.98)], 9.98)
    assert events == []
    assert beat_clock.step(state, tracked(), [prediction(1, 10.5)], 10.46)[1] == [prediction(1, 10.5)]


# Positions


def test_the_position_is_tempo_phase_and_place_of_the_newest_beat() -> None:
    assert beat_clock.position(clock(BeatControls()), 10.125) == BeatPosition(
        bpm=near(120), confidence=0.6, phase=near(0.25), beat_in_bar=2, bar=7
    )


@pytest.mark.parametrize(
    ("controls", "at_s", "bpm", "phase"),
    [
        (DOUBLE, 10.1, 240, 0.4),
        (HALF, 10.25, 60, 0.25),
        (BeatControls(nudge_s=0.1), 10.2, 120, 0.2),
        (BeatControls(offset_s=-0.1), 10.2, 120, 0.6),
        (BeatControls(scale=2.0, nudge_s=0.05), 10.1, 240, 0.2),
    ],
)
def test_phase_and_tempo_are_those_of_the_output_beats(
    controls: BeatControls, at_s: float, bpm: float, phase: float
) -> None:
    position = beat_clock.position(clock(controls), at_s)
    assert position is not None
    assert position.bpm == pytest.approx(bpm)
    assert position.phase == pytest.approx(phase)


def test_there_is_no_position_without_a_pulse_or_before_the_first_beat() -> None:
    assert beat_clock.position(clock(HELD, pulse=None), 10.1) is None
    assert beat_clock.position(clock(HELD, beat_in_bar=0, bar=-1), 10.1) is None
    placed = beat_clock.position(clock(HELD, beat_in_bar=1, bar=-1), 10.1)
    assert placed is not None
    assert placed.bar == 0


# Beats under controls


@pytest.mark.parametrize(
    ("controls", "expected_s"),
    [
        (IN_RANGE, [10.5, 11.0, 11.5, 12.0]),
        (DOUBLE, [10.25, 10.5, 10.75, 11.0, 11.25, 11.5, 11.75, 12.0]),
        (HALF, [11.0, 12.0]),
        (HELD, [10.5, 11.0, 11.5, 12.0]),
        (BeatControls(nudge_s=0.08), [10.58, 11.08, 11.58, 12.08]),
        (BeatControls(offset_s=-0.08), [10.42, 10.92, 11.42, 11.92]),
        (BeatControls(nudge_s=-0.03, offset_s=0.1), [10.57, 11.07, 11.57, 12.07]),
    ],
)
def test_beats_lie_on_the_multiplied_and_shifted_pulse(controls: BeatControls, expected_s: list[float]) -> None:
    found = beats(clock(controls), tracked(), 10.02, 12.06)
    assert times_s(found) == pytest.approx(expected_s)
    assert [beat.bpm for beat in found] == pytest.approx([120 * controls.scale] * len(found))


@pytest.mark.parametrize("controls", [IN_RANGE, DOUBLE, HALF, HELD, BeatControls(nudge_s=0.08)])
def test_a_beat_is_output_once_45_ms_before_it_sounds(controls: BeatControls) -> None:
    assert beat_clock.AHEAD_S == 0.045
    for beat in beats(clock(controls), tracked(), 10.1, 12.06):
        assert 0.045 - HOP_S < beat.audio_time_s - beat.known_at_s <= 0.045 + 1e-9
        assert beat.predicted
        ahead_beats = (beat.audio_time_s - beat.known_at_s) * beat.bpm / 60
        assert beat.phase == pytest.approx(1 - ahead_beats)


def test_a_beat_that_becomes_known_after_it_sounded_is_not_predicted() -> None:
    _, events = beat_clock.step(clock(BeatControls(nudge_s=-0.2)), tracked(), [], 10.25)
    assert times_s(events) == []
    _, [beat] = beat_clock.step(clock(BeatControls(nudge_s=-0.2)), tracked(), [], 10.27)
    assert isinstance(beat, BeatPrediction)
    assert (beat.audio_time_s, beat.predicted) == (near(10.3), True)


def test_generated_beats_are_numbered_and_counted_in_bars() -> None:
    found = beats(clock(HELD), tracked(), 10.1, 13.0)
    assert [beat.id for beat in found] == [17, 18, 19, 20, 21, 22]
    assert [(beat.bar, beat.beat_in_bar) for beat in found] == [(7, 3), (7, 4), (8, 1), (8, 2), (8, 3), (8, 4)]
    in_three = beats(clock(HELD, meter=3), tracked(), 10.1, 11.6)
    assert [(beat.bar, beat.beat_in_bar) for beat in in_three] == [(7, 3), (8, 1), (8, 2)]


def test_the_first_beat_of_all_begins_bar_0() -> None:
    found = beats(BeatClockState(HELD), tracked(), 10.3, 11.1)
    assert [(beat.bar, beat.beat_in_bar) for beat in found] == [(0, 1), (0, 2)]


def test_a_downbeat_that_is_set_begins_a_bar_once() -> None:
    found = beats(clock(HELD, next_is_downbeat=True), tracked(), 10.1, 11.6)
    assert [(beat.bar, beat.beat_in_bar) for beat in found] == [(8, 1), (8, 2), (8, 3)]


def test_without_a_beat_nothing_is_output() -> None:
    assert beats(BeatClockState(DOUBLE), TrackedBeat(), 0.0, 2.0) == []
    assert beat_clock.next_beat_s(BeatClockState(DOUBLE), 1.0) is None


@pytest.mark.parametrize(("since_s", "next_s"), [(0.31, 10.81), (0.29, 11.29)])
def test_after_a_beat_none_is_output_for_six_tenths_of_an_interval(since_s: float, next_s: float) -> None:
    """A pulse that jumps: its next beat comes 0.31 or 0.29 s after the last output one."""
    state = clock(IN_RANGE, last_beat_s=10.5, pulse=Pulse(10.5 + since_s, 0.5))
    found = beat_clock.next_beat_s(state, 10.52)
    assert found == pytest.approx(10.5 + since_s + (0.0 if since_s > 0.3 else 0.5))
    assert found == pytest.approx(next_s)


def test_the_next_beat_is_the_one_expected_after_the_last_or_after_a_pause_the_next_of_the_pulse() -> None:
    half = clock(HALF)
    assert [beat_clock.next_beat_s(half, at_s) for at_s in (10.1, 11.0, 11.01)] == pytest.approx([11.0, 11.0, 11.5])
    assert beat_clock.next_beat_s(half, 11.99) == pytest.approx(12.0)
    quarter = clock(BeatControls(scale=0.25))
    assert [beat_clock.next_beat_s(quarter, at_s) for at_s in (11.3, 11.7, 13.9)] == pytest.approx([12.0, 12.0, 14.0])
    assert beat_clock.next_beat_s(half, 20.6) == pytest.approx(21.0)
    assert beat_clock.next_beat_s(replace(half, last_beat_s=-math.inf), 10.1) == pytest.approx(10.5)


# Following the tracked beat


def follow(state: BeatClockState, beat: TrackedBeat, at_s: float) -> BeatClockState:
    return beat_clock.step(state, beat, [], at_s)[0]


@pytest.mark.parametrize("late_s", [0.0, 0.06, -0.06, 0.11, -0.12])
def test_the_clock_follows_a_tracked_beat_that_is_less_than_a_quarter_off_at_once(late_s: float) -> None:
    state = follow(clock(IN_RANGE, confidence=0.1), tracked(10.5 + late_s, 0.49), 10.1)
    assert state.pulse is not None
    assert state.pulse.phase_error(Pulse(10.5 + late_s, 0.49)) == pytest.approx(0.0, abs=1e-9)
    assert (state.pulse.interval_s, state.confidence, state.off_since_s) == (0.49, 0.6, None)


@pytest.mark.parametrize("late_s", [0.13, -0.13, 0.25])
def test_the_clock_follows_a_jump_after_two_beats(late_s: float) -> None:
    other = tracked(10.5 + late_s, confidence=0.9)
    state = follow(clock(IN_RANGE), other, 10.1)
    assert (state.off_since_s, state.pulse, state.confidence) == (10.1, Pulse(10.0, 0.5), 0.6)
    state = follow(state, other, 11.09)
    assert (state.off_since_s, state.pulse) == (10.1, Pulse(10.0, 0.5))
    state = follow(state, other, 11.11)
    assert state.off_since_s is None
    assert state.pulse is not None
    assert state.pulse.phase_error(Pulse(10.5 + late_s, 0.5)) == pytest.approx(0.0, abs=1e-9)
    assert state.confidence == 0.9


def test_a_jump_that_is_taken_back_is_not_followed() -> None:
    state = follow(clock(IN_RANGE), tracked(10.75), 10.1)
    state = follow(state, tracked(10.5), 10.6)
    assert state.off_since_s is None
    state = follow(state, tracked(10.75), 11.2)
    assert state.off_since_s == 11.2


def test_a_lost_beat_stops_the_clock_unless_it_is_held_or_tapped() -> None:
    assert follow(clock(IN_RANGE), TrackedBeat(), 10.1).pulse is None
    assert follow(clock(IN_RANGE), TrackedBeat(), 10.1).confidence == 0
    assert follow(clock(HELD), TrackedBeat(), 10.1).pulse == Pulse(10.0, 0.5)
    assert follow(clock(TAPPED), TrackedBeat(), 10.1) == clock(TAPPED)


def test_a_held_beat_ignores_the_tracked_one_and_is_certain() -> None:
    state = follow(clock(HELD), tracked(10.7, 0.4), 10.1)
    assert (state.pulse, state.confidence) == (Pulse(10.0, 0.5), 1.0)


def test_a_hold_without_a_beat_takes_the_first_that_is_tracked() -> None:
    state = follow(BeatClockState(HELD), tracked(), 10.1)
    assert state.pulse == Pulse(near(10.5), 0.5)
    assert state.confidence == 0.6


@pytest.mark.parametrize("phase_offset", [0.5, 0.3, -0.3])
def test_a_tapped_beat_keeps_its_offset_from_the_tracked_one(phase_offset: float) -> None:
    tapped = clock(TAPPED, pulse=Pulse(10.0 + 0.5 * phase_offset, 0.5), phase_offset=phase_offset, confidence=1.0)
    state = follow(tapped, tracked(10.53, 0.51), 10.1)
    assert state.pulse is not None
    assert state.pulse.interval_s == 0.51
    assert state.pulse.phase_error(Pulse(10.53 + phase_offset * 0.51, 0.51)) == pytest.approx(0, abs=1e-9)
    assert (state.phase_offset, state.confidence) == (phase_offset, 1.0)


def test_a_tapped_beat_stays_where_it_is_when_the_tracked_one_jumps() -> None:
    state = follow(clock(TAPPED), tracked(10.7), 10.1)
    assert state.phase_offset == pytest.approx(-0.4)
    assert state.pulse is not None
    assert state.pulse.phase_error(Pulse(10.0, 0.5)) == pytest.approx(0, abs=1e-9)
    back = follow(state, tracked(10.52), 10.2)
    assert back.phase_offset == 0
    assert back.pulse is not None
    assert back.pulse.phase_error(Pulse(10.52, 0.5)) == pytest.approx(0, abs=1e-9)


def test_small_offsets_are_meant_as_the_tracked_beat() -> None:
    assert beat_clock.offset_from(Pulse(10.12, 0.5), Pulse(10.0, 0.5)) == 0
    assert beat_clock.offset_from(Pulse(10.13, 0.5), Pulse(10.0, 0.5)) == pytest.approx(0.26)
    assert beat_clock.offset_from(Pulse(10.37, 0.5), Pulse(10.0, 0.5)) == pytest.approx(-0.26)
    assert beat_clock.offset_from(Pulse(10.125, 0.5), Pulse(10.0, 0.5)) == pytest.approx(0.25)


# Counting bars with the predictor


def place(state: BeatClockState, event: BeatEvent) -> int:
    return beat_clock.step(state, tracked(), [event], 10.1)[0].beat_in_bar


def test_bars_are_counted_with_the_predictor() -> None:
    assert place(clock(IN_RANGE), prediction(0, 10.1, beat_in_bar=4)) == 4  # the newest beat, called anew
    assert place(clock(IN_RANGE), prediction(0, 10.5, beat_in_bar=4)) == 3  # the coming one
    assert place(clock(IN_RANGE), prediction(0, 10.5, beat_in_bar=1)) == 4
    assert place(clock(IN_RANGE, meter=3), prediction(0, 10.5, beat_in_bar=1)) == 3
    assert place(clock(IN_RANGE), prediction(0, 9.76, beat_in_bar=4)) == 4
    assert place(clock(IN_RANGE), prediction(0, 10.26, beat_in_bar=4)) == 3


def test_bars_are_not_counted_with_the_predictor_where_listeners_have_set_them() -> None:
    event = prediction(0, 10.1, beat_in_bar=4)
    assert place(clock(replace(IN_RANGE, downbeat_is_set=True)), event) == 2
    assert place(clock(DOUBLE), event) == 2
    assert place(clock(HALF), event) == 2
    assert place(clock(IN_RANGE, ids=BeatIds(17, n_predictions=1)), event) == 2  # a beat that is merely moved
    assert place(clock(IN_RANGE), BeatCancelled(0, 10.1)) == 2


def test_the_interval_of_output_beats() -> None:
    assert [clock(controls).output_interval_s for controls in (HELD, DOUBLE, HALF)] == [0.5, 0.25, 1.0]
    assert BeatClockState(DOUBLE).output_interval_s == 0
