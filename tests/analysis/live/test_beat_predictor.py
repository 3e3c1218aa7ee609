"""Expectation and prediction of beats, rule by rule (see `predictor_states` for the arithmetic)."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tactus.analysis.live.bar_counter import BarCount
from tactus.analysis.live.beat_predictor import expected_frames
from tactus.analysis.live.events import BeatPrediction
from tests.analysis.live.near import near
from tests.analysis.live.predictor_states import (
    INTERVAL,
    INTERVAL_S,
    N_FRAMES,
    PREDICTOR,
    RATE,
    expected_s,
    frames,
    state_at,
    state_with,
    stepped,
)

# When a beat is expected


@pytest.mark.parametrize("left", [3, 10, 40])
def test_a_beat_is_expected_in_the_middle_of_its_first_frames(left: int) -> None:
    state, _ = stepped(state_at(left))
    assert state.next_beat_s == pytest.approx(expected_s(left), abs=1e-6)
    assert state.interval_s == pytest.approx(INTERVAL_S)
    assert state.confidence == pytest.approx(1.0)
    assert state.n_frames == N_FRAMES + 2


def test_four_frames_are_two_updates() -> None:
    state, _ = PREDICTOR.step(state_at(12), frames(4), 10.0)
    assert state.n_frames == N_FRAMES + 4
    assert state.next_beat_s == pytest.approx(expected_s(10, N_FRAMES + 4), abs=1e-6)


def test_the_interval_is_the_mean_near_the_most_probable() -> None:
    state, _ = stepped(state_with((48, 20, 0.5), (50, 20, 0.2), (46, 20, 0.1), (51, 20, 0.2)))
    assert state.interval_s == pytest.approx((48 * 0.5 + 50 * 0.2 + 46 * 0.1) / 0.8 / 100)


def test_a_range_of_tempi_leaves_no_others() -> None:
    both = state_with((48, 20, 0.3), (40, 10, 0.7))
    assert PREDICTOR.step(both, frames(), 10.0)[0].interval_s == pytest.approx(0.40)
    state, _ = PREDICTOR.step(both, frames(), 10.0, (100.0, 130.0))
    assert (state.interval_s, state.confidence) == (near(0.48), near(1.0))
    assert state.next_beat_s == pytest.approx(expected_s(20), abs=1e-6)


def test_a_steady_beat_is_expected_on_its_line() -> None:
    line_s = tuple(expected_s(10) + 0.015 - INTERVAL_S * k for k in (4, 3, 2, 1))
    state, _ = stepped(state_at(10, sounded_s=line_s))
    assert state.next_beat_s == pytest.approx(expected_s(10) + 0.015, abs=1e-6)
    too_far_s = tuple(expected_s(10) + 0.021 - INTERVAL_S * k for k in (4, 3, 2, 1))
    state, _ = stepped(state_at(10, sounded_s=too_far_s))
    assert state.next_beat_s == pytest.approx(expected_s(10), abs=1e-6)


def test_the_expectation_is_the_mean_near_the_most_probable_frame() -> None:
    next_beat = np.zeros(60, np.float32)
    next_beat[[18, 19, 20, 21, 22, 23, 40]] = [0.02, 0.1, 0.2, 0.1, 0.04, 0.3 - 0.05, 0.3]
    left, confidence = expected_frames(next_beat, slice(0))
    # With half of their neighbours': 20 has 0.3, 23 has 0.27, 40 has 0.3 and comes second.
    assert confidence == pytest.approx(0.46)
    assert left == pytest.approx((18 * 0.02 + 19 * 0.1 + 20 * 0.2 + 21 * 0.1 + 22 * 0.04) / 0.46)


def test_the_most_probable_frame_counts_its_neighbours_half() -> None:
    next_beat = np.zeros(60, np.float32)
    next_beat[[10, 30, 31]] = [0.4, 0.3, 0.25]
    assert expected_frames(next_beat, slice(0))[0] == pytest.approx((30 * 0.3 + 31 * 0.25) / 0.55)
    next_beat[[10, 30, 31]] = [0.45, 0.3, 0.25]
    assert expected_frames(next_beat, slice(0))[0] == pytest.approx(10)


def test_frame_0_is_never_expected() -> None:
    next_beat = np.zeros(60, np.float32)
    next_beat[[1, 2]] = [0.5, 0.5]
    assert expected_frames(next_beat, slice(0)) == pytest.approx((1.5, 1.0))
    next_beat = np.zeros(60, np.float32)
    next_beat[59] = 0.5
    assert expected_frames(next_beat, slice(0)) == pytest.approx((59, 0.5))


# Beats continue


def left_after(rival: float, continuing: float, at: int, last_beat_s: float) -> float:
    """Frames to the expected beat, where one in 10 frames competes with one in `at` frames."""
    both = state_with((INTERVAL, 10, rival), (INTERVAL, at, continuing), last_beat_s=last_beat_s)
    return (stepped(both)[0].next_beat_s - expected_s(0)) * RATE


NOW_S = (N_FRAMES + 2) / RATE
LAST_S = NOW_S + 0.02 + 0.30 - 2 * INTERVAL_S
"""A beat whose onset zone begins 30 frames from now continues this one, two beats later."""


def test_a_beat_that_continues_the_last_ones_counts_twice() -> None:
    assert left_after(0.6, 0.35, 30, LAST_S) == pytest.approx(30)
    assert left_after(0.6, 0.25, 30, LAST_S) == pytest.approx(10)
    assert left_after(0.6, 0.35, 30, -math.inf) == pytest.approx(10)


@pytest.mark.parametrize(("at", "continues"), [(27, True), (26, False), (33, True), (34, False)])
def test_continuing_beats_start_within_three_frames(at: int, continues: bool) -> None:
    assert left_after(0.6, 0.35, at, LAST_S) == pytest.approx(at if continues else 10)


@pytest.mark.parametrize(
    ("ago_s", "at", "continues"), [(1.12, 30, True), (1.14, 28, False), (-0.06, 4, True), (-0.08, 6, False)]
)
def test_beats_continue_for_two_and_a_half_beats(ago_s: float, at: int, continues: bool) -> None:
    """Counted from 70 ms before the last beat: 2.5 * 0.48 = 1.2 s."""
    rival = 20
    both = state_with((INTERVAL, rival, 0.6), (INTERVAL, at, 0.35), last_beat_s=NOW_S - ago_s)
    left = (stepped(both)[0].next_beat_s - expected_s(0)) * RATE
    assert left == pytest.approx(at if continues else rival)


# A beat is predicted


def test_a_beat_is_predicted_when_it_is_seven_frames_away() -> None:
    """A start in 5 frames is 6.85 frames away by the expected time, one in 6 frames 7.85."""
    assert stepped(state_at(6))[1] == []
    state, events = stepped(state_at(5), known_at_s=10.05)
    assert events == [
        BeatPrediction(
            id=0,
            audio_time_s=near(expected_s(5)),
            known_at_s=10.05,
            bpm=near(125),
            beat_in_bar=1,
            bar=0,
            phase=near(1 - (expected_s(5) - 10.05) / INTERVAL_S),
            confidence=near(1.0),
            predicted=True,
        )
    ]
    assert state.pending == events[0]
    assert state.last_beat_s == pytest.approx(expected_s(5), abs=1e-6)
    assert (state.n_predicted, state.bar, state.beat_in_bar) == (1, 0, 1)


def test_a_beat_that_becomes_known_after_it_sounded_is_not_predicted() -> None:
    for late_s, predicted in ((-1e-5, True), (1e-5, False)):
        [beat] = stepped(state_at(5), known_at_s=expected_s(5) + late_s)[1]
        assert isinstance(beat, BeatPrediction)
        assert beat.predicted is predicted


def test_each_beat_is_predicted_once() -> None:
    state, events = stepped(state_at(5), known_at_s=10.0)
    assert len(events) == 1
    for _ in range(2):
        state, events = stepped(state, known_at_s=10.0)
        assert events == []
    assert stepped(state, known_at_s=12.0)[1] == []


@pytest.mark.parametrize(("since_s", "n"), [(0.289, 1), (0.287, 0)])
def test_after_a_beat_none_is_predicted_for_six_tenths_of_an_interval(since_s: float, n: int) -> None:
    assert len(stepped(state_at(5, last_beat_s=expected_s(5) - since_s))[1]) == n


@pytest.mark.parametrize(("probability", "n"), [(0.21, 1), (0.19, 0)])
def test_an_uncertain_beat_is_not_predicted(probability: float, n: int) -> None:
    others = [(INTERVAL, left, (1 - probability) / 30) for left in range(12, 42)]
    state, events = stepped(state_with((INTERVAL, 5, probability), *others))
    assert state.confidence == pytest.approx(probability)
    assert len(events) == n


@pytest.mark.parametrize(("quiet_frames", "n"), [(250, 1), (251, 0)])
def test_without_sound_for_two_and_a_half_seconds_no_beat_is_predicted(quiet_frames: int, n: int) -> None:
    state, events = stepped(state_at(5, last_audible_frame=N_FRAMES + 2 - quiet_frames))
    assert len(events) == n
    assert (PREDICTOR.tracked(replace(state, n_predicted=1)).pulse is None) == (n == 0)


def test_the_last_audible_frame_is_the_last_of_the_new_ones() -> None:
    assert stepped(state_at(20), activations=frames(audible=True))[0].last_audible_frame == N_FRAMES + 1
    assert stepped(state_at(20, last_audible_frame=7))[0].last_audible_frame == 7
    first_only = replace(frames(), are_audible=np.array([True, False]))
    assert stepped(state_at(20), activations=first_only)[0].last_audible_frame == N_FRAMES


def test_in_noise_no_beat_is_predicted() -> None:
    state, events = stepped(state_at(5), activations=frames(noise=True))
    assert events == []
    assert PREDICTOR.tracked(replace(state, n_predicted=1)).pulse is None
    last_only = replace(frames(), are_noise=np.array([False, True]))
    assert stepped(state_at(5), activations=last_only)[1] == []
    first_only = replace(frames(), are_noise=np.array([True, False]))
    assert len(stepped(state_at(5), activations=first_only)[1]) == 1


def count_at(position: int) -> BarCount:
    values = np.zeros(7)
    values[position - 1] = 1.0
    return BarCount(values)


@pytest.mark.parametrize(
    ("position", "bar", "beat_in_bar", "next_bar"), [(1, 5, 2, 5), (3, 5, 4, 5), (4, 5, 1, 6), (2, -1, 3, 0)]
)
def test_predicted_beats_are_counted_in_bars(position: int, bar: int, beat_in_bar: int, next_bar: int) -> None:
    _, [beat] = stepped(state_at(5, count=count_at(position), bar=bar, n_predicted=9))
    assert isinstance(beat, BeatPrediction)
    assert (beat.id, beat.beat_in_bar, beat.bar) == (9, beat_in_bar, next_bar)
