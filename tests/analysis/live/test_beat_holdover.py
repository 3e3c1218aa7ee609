"""Holdover: a held or tapped beat goes on over a gap, and its bars are counted through it."""

from dataclasses import replace

import pytest

from tactus.analysis.live.beat_clock import BeatClockState, next_beat_s
from tactus.analysis.live.beat_controls import BeatControls
from tactus.analysis.live.beat_holdover import after_gap, is_held
from tactus.analysis.live.pulse import Pulse

HELD = BeatClockState(
    BeatControls(hold=True, downbeat_is_set=True, bpm_range=(114.0, 126.0)),
    pulse=Pulse(10.0, 0.5),
    confidence=1.0,
    last_beat_s=10.0,
    beat_in_bar=2,
    bar=7,
)


@pytest.mark.parametrize(
    ("gap_s", "beat_in_bar", "bar", "next_s"),
    [
        (0.0, 2, 7, 10.5),
        (0.3, 2, 7, 10.5),
        (0.7, 3, 7, 11.0),
        (1.6, 1, 8, 12.0),
        (4.1, 2, 9, 14.5),
        (3600.1, 2, 1807, 3610.5),
    ],
)
def test_bars_are_counted_through_a_gap(gap_s: float, beat_in_bar: int, bar: int, next_s: float) -> None:
    beat_clock = after_gap(HELD, 10.0 + gap_s)
    assert (beat_clock.beat_in_bar, beat_clock.bar) == (beat_in_bar, bar)
    assert next_beat_s(beat_clock, 10.0 + gap_s) == pytest.approx(next_s)
    assert beat_clock.last_beat_s == pytest.approx(next_s - 0.5)


def test_multiples_and_shifts_are_counted_as_they_are_output() -> None:
    doubled = replace(HELD, controls=replace(HELD.controls, scale=2.0, nudge_s=0.2))
    assert after_gap(doubled, 11.1).beat_in_bar == 1  # beats at 10.45, 10.7 and 10.95
    assert after_gap(replace(HELD, meter=3), 11.1).beat_in_bar == 1


def test_a_downbeat_that_was_set_before_the_gap_is_the_first_beat_in_it() -> None:
    beat_clock = after_gap(replace(HELD, next_is_downbeat=True), 11.1)
    assert (beat_clock.beat_in_bar, beat_clock.bar, beat_clock.next_is_downbeat) == (2, 8, False)
    assert after_gap(replace(HELD, next_is_downbeat=True), 10.2).next_is_downbeat


def test_only_a_held_or_tapped_beat_goes_on() -> None:
    taps = (9.0, 9.5, 10.0)
    assert is_held(HELD)
    assert is_held(replace(HELD, controls=BeatControls(taps=taps)))
    for controls in (
        BeatControls(),
        BeatControls(downbeat_is_set=True),
        BeatControls(bpm_range=(114, 126)),
        BeatControls(taps=taps[:2]),
    ):
        followed = replace(HELD, controls=controls)
        assert not is_held(followed)
        assert after_gap(followed, 20.0) == followed


def test_a_held_beat_that_has_not_begun_does_not_go_on() -> None:
    nothing_yet = BeatClockState(BeatControls(hold=True))
    assert not is_held(nothing_yet)
    assert not is_held(replace(nothing_yet, pulse=Pulse(10.0, 0.5)))
    assert after_gap(nothing_yet, 20.0) == nothing_yet
    uncounted = replace(HELD, beat_in_bar=0)
    assert after_gap(uncounted, 20.0) == uncounted
