"""Listener commands on the beat clock, of which the newest beat was at 10 s and the clock is at 10.1 s."""

from dataclasses import replace

import pytest

from tactus.analysis.live.beat_clock import BeatClockState, next_beat_s
from tactus.analysis.live.beat_commands import apply_command
from tactus.analysis.live.beat_controls import NO_CONTROLS, BeatCommand, BeatControls
from tactus.analysis.live.pulse import Pulse
from tests.analysis.live.near import near

NOW_S = 10.1
CLOCK = BeatClockState(pulse=Pulse(10.0, 0.5), confidence=0.6, last_beat_s=10.0, beat_in_bar=3, bar=7)


def commanded(command: BeatCommand, state: BeatClockState = CLOCK, moment_s: float = NOW_S) -> BeatClockState:
    return apply_command(state, command, moment_s, NOW_S)


def tapped(*taps_s: float, state: BeatClockState = CLOCK) -> BeatClockState:
    for tap_s in taps_s:
        state = commanded(BeatCommand(tap=True), state, tap_s)
    return state


def test_a_command_changes_the_controls_and_leaves_the_rest() -> None:
    for command in (BeatCommand(nudge_s=0.1), BeatCommand(hold=True), BeatCommand(tempo=(100.0, 140.0))):
        assert commanded(command) == replace(CLOCK, controls=NO_CONTROLS.after(command, NOW_S))


@pytest.mark.parametrize(("place", "doubled"), [(1, 1), (2, 3), (3, 1), (4, 3)])
def test_twice_the_tempo_counts_twice_as_many_beats(place: int, doubled: int) -> None:
    """Beats 1 2 3 4 become 1 . 3 . 1 . 3 ."""
    state = commanded(BeatCommand(tempo="x2"), replace(CLOCK, beat_in_bar=place))
    assert (state.beat_in_bar, state.last_beat_s) == (doubled, 10.0)
    assert state.output_interval_s == 0.25


@pytest.mark.parametrize(("place", "halved", "last_s"), [(1, 1, 10.0), (2, 1, 9.5), (3, 2, 10.0), (4, 2, 9.5)])
def test_half_the_tempo_keeps_the_odd_beats(place: int, halved: int, last_s: float) -> None:
    state = commanded(BeatCommand(tempo="x1/2"), replace(CLOCK, beat_in_bar=place))
    assert (state.beat_in_bar, state.last_beat_s) == (halved, last_s)
    assert type(state.beat_in_bar) is int
    assert next_beat_s(state, NOW_S) == pytest.approx(last_s + 1.0)


def test_half_of_a_doubled_tempo_keeps_the_odd_beats_of_that() -> None:
    doubled = replace(CLOCK, controls=BeatControls(scale=2.0), last_beat_s=10.25, beat_in_bar=4)
    state = commanded(BeatCommand(tempo="x1/2"), doubled)
    assert (state.beat_in_bar, state.last_beat_s) == (2, 10.0)


def test_bars_in_three_are_rescaled_in_three() -> None:
    assert commanded(BeatCommand(tempo="x2"), replace(CLOCK, beat_in_bar=3, meter=3)).beat_in_bar == 2


def test_a_multiple_beyond_four_or_without_a_beat_leaves_the_count() -> None:
    limit = replace(CLOCK, controls=BeatControls(scale=4.0))
    assert commanded(BeatCommand(tempo="x2"), limit) == limit
    for state in (replace(CLOCK, pulse=None), replace(CLOCK, beat_in_bar=0)):
        assert commanded(BeatCommand(tempo="x2"), state).beat_in_bar == state.beat_in_bar
        assert commanded(BeatCommand(tempo="x1/2"), state).last_beat_s == 10.0


def test_a_tempo_under_hold_changes_the_interval_at_the_nearest_beat() -> None:
    held = replace(CLOCK, controls=BeatControls(hold=True))
    assert commanded(BeatCommand(tempo=100.0), held).pulse == Pulse(10.0, 0.6)
    assert apply_command(held, BeatCommand(tempo=100.0), 10.3, 10.3).pulse == Pulse(10.5, 0.6)
    fast = commanded(BeatCommand(tempo=240.0), held)
    assert (fast.pulse, fast.output_interval_s) == (Pulse(10.0, 0.5), 0.25)


def test_a_tempo_without_hold_or_beat_leaves_the_pulse() -> None:
    assert commanded(BeatCommand(tempo=100.0)).pulse == CLOCK.pulse
    nothing = BeatClockState(BeatControls(hold=True))
    assert commanded(BeatCommand(tempo=100.0), nothing).pulse is None


def test_two_taps_change_nothing_yet() -> None:
    state = tapped(9.3, 10.1)
    assert replace(state, controls=NO_CONTROLS) == CLOCK


def test_taps_set_tempo_and_phase_where_no_beat_is() -> None:
    state = tapped(8.9, 9.5, 10.1, state=BeatClockState())
    assert state.pulse == Pulse(near(10.1), near(0.6))
    assert (state.confidence, state.phase_offset, state.last_beat_s) == (1.0, 0.0, near(10.1))


def test_fast_taps_are_a_multiple_of_a_beat_that_can_be_tracked() -> None:
    state = tapped(9.7, 9.9, 10.1, state=BeatClockState())  # 300 beats per minute
    assert state.controls.scale == 2
    assert state.pulse == Pulse(near(10.1), near(0.4))
    assert state.output_interval_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("late_s", "phase_offset"), [(0.04, 0.0), (-0.12, 0.0), (0.13, 0.26), (0.25, -0.5), (-0.2, -0.4)]
)
def test_taps_a_quarter_of_a_beat_beside_the_tracked_beat_mean_other_beats(late_s: float, phase_offset: float) -> None:
    state = tapped(*(9.0 + late_s + 0.5 * k for k in range(3)))
    assert state.phase_offset == pytest.approx(phase_offset)
    assert state.last_beat_s == pytest.approx(10.0 + late_s)


@pytest.mark.parametrize(("interval_s", "phase_offset"), [(0.62, 0.4), (0.63, 0.0), (0.38, -0.36), (0.37, 0.0)])
def test_taps_of_another_tempo_have_no_offset(interval_s: float, phase_offset: float) -> None:
    """Tempi that differ by a quarter are others. The last tap is 0.2 s behind a beat, or one is 0.18 s before it."""
    state = tapped(*(10.2 - interval_s * k for k in (2, 1, 0)))
    assert state.phase_offset == pytest.approx(phase_offset)


def test_release_takes_back_offset_and_downbeat() -> None:
    state = replace(CLOCK, controls=BeatControls(hold=True), phase_offset=0.4, next_is_downbeat=True)
    assert commanded(BeatCommand(release=True), state) == CLOCK
    kept = commanded(BeatCommand(nudge_s=0.1), state)
    assert (kept.phase_offset, kept.next_is_downbeat) == (0.4, True)


@pytest.mark.parametrize(("moment_s", "beat_in_bar", "next_is_downbeat"), [(10.2, 1, False), (10.3, 3, True)])
def test_the_downbeat_is_the_nearest_beat_the_last_or_the_coming_one(
    moment_s: float, beat_in_bar: int, next_is_downbeat: bool
) -> None:
    state = commanded(BeatCommand(resync=True), moment_s=moment_s)
    assert (state.beat_in_bar, state.next_is_downbeat) == (beat_in_bar, next_is_downbeat)
    assert state.controls.downbeat_is_set


def test_the_downbeat_is_meant_as_beats_are_output() -> None:
    """Beats that are output 0.2 s late lie at 10.2 and 10.7: 10.4 is nearer to the first."""
    shifted = replace(CLOCK, controls=BeatControls(nudge_s=0.2))
    assert commanded(BeatCommand(resync=True), shifted, 10.4).beat_in_bar == 1
    assert commanded(BeatCommand(resync=True), shifted, 10.5).next_is_downbeat
    assert commanded(BeatCommand(resync=True), replace(CLOCK, next_is_downbeat=True), 10.0).next_is_downbeat is False


def test_a_resync_without_a_beat_changes_nothing() -> None:
    state = commanded(BeatCommand(resync=True), BeatClockState())
    assert replace(state, controls=NO_CONTROLS) == BeatClockState()
