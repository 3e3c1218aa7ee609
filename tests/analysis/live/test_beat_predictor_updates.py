"""Predicted beats that are moved, cancelled and counted, and the tracked beat (see `predictor_states`)."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tactus.analysis.live import bar_counter
from tactus.analysis.live.bar_counter import BarCount
from tactus.analysis.live.beat_activations import Activations
from tactus.analysis.live.beat_position import TempoCandidate
from tactus.analysis.live.beat_predictor import BeatPredictorState
from tactus.analysis.live.events import BeatCancelled, BeatEvent, BeatPrediction
from tactus.analysis.live.pulse import Pulse, TrackedBeat
from tests.analysis.live.near import near
from tests.analysis.live.predictor_states import (
    INTERVAL,
    INTERVAL_S,
    N_FRAMES,
    PREDICTOR,
    RATE,
    expected_s,
    frames,
    pending,
    posterior,
    state_at,
    state_with,
    stepped,
)

# A beat is moved or cancelled


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_beat_that_is_expected_three_tenths_of_a_beat_elsewhere_is_cancelled(sign: int) -> None:
    away_s = 0.3 * INTERVAL_S
    state, events = stepped(state_at(20, **pending(expected_s(20) + sign * (away_s + 1e-4))))
    assert events == [BeatCancelled(4, 10.0)]
    assert state.pending is None
    assert (state.n_predicted, state.beat_in_bar) == (5, 2)
    _, events = stepped(state_at(20, **pending(expected_s(20) + sign * (away_s - 1e-4))))
    assert all(isinstance(event, BeatPrediction) for event in events)


def test_a_cancelled_beat_leaves_room_for_the_one_that_is_expected() -> None:
    wrong_s = expected_s(5) + 0.2
    cancelled, _ = stepped(state_at(7, **pending(wrong_s), sounded_s=(9.0, 9.5)))
    assert cancelled.last_beat_s == 9.5
    _, [beat] = stepped(cancelled)
    assert isinstance(beat, BeatPrediction)
    assert (beat.id, beat.beat_in_bar) == (5, 1)
    assert stepped(state_at(7, **pending(wrong_s)))[0].last_beat_s == -math.inf


def test_an_uncertain_posterior_cancels_nothing() -> None:
    others = [(INTERVAL, left, 0.81 / 30) for left in range(12, 42)]
    state, events = stepped(state_with((INTERVAL, 5, 0.19), *others, **pending(expected_s(5) + 0.2)))
    assert not any(isinstance(event, BeatCancelled) for event in events)
    assert state.pending is not None


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_beat_that_is_expected_one_and_a_half_frames_elsewhere_is_moved(sign: int) -> None:
    old_s = expected_s(5) - sign * 0.0151
    state, [moved] = stepped(state_at(5, **pending(old_s)), known_at_s=10.05)
    assert moved == BeatPrediction(
        id=4,
        audio_time_s=near(expected_s(5)),
        known_at_s=10.05,
        bpm=near(125),
        beat_in_bar=3,
        bar=2,
        phase=near(1 - (expected_s(5) - 10.05) / INTERVAL_S),
        confidence=near(1.0),
        predicted=True,
    )
    assert state.pending == moved
    assert state.last_beat_s == pytest.approx(expected_s(5), abs=1e-6)
    assert state.n_predicted == 5
    assert stepped(state_at(5, **pending(expected_s(5) - sign * 0.0149)), known_at_s=10.02)[1] == []


def test_a_beat_that_has_begun_is_compared_with_the_one_after_it() -> None:
    assert stepped(state_at(46, **pending(expected_s(46) - INTERVAL_S)))[1] == []
    _, [moved] = stepped(state_at(46, **pending(expected_s(46) - INTERVAL_S - 0.018)), known_at_s=9.99)
    assert isinstance(moved, BeatPrediction)
    assert moved.audio_time_s == pytest.approx(expected_s(46) - INTERVAL_S, abs=1e-6)


def test_a_beat_is_not_moved_to_where_it_would_be_late() -> None:
    early_s = expected_s(5) + 0.05
    assert len(stepped(state_at(5, **pending(early_s)), known_at_s=expected_s(5) - 1e-4)[1]) == 1
    assert stepped(state_at(5, **pending(early_s)), known_at_s=expected_s(5) + 1e-4)[1] == []


def test_a_beat_that_has_sounded_is_neither_moved_nor_cancelled() -> None:
    for away_s in (0.03, 0.2):
        sounded_s = expected_s(20) - away_s
        assert len(stepped(state_at(20, **pending(sounded_s)), known_at_s=sounded_s)[1]) == 1
        assert stepped(state_at(20, **pending(sounded_s)), known_at_s=sounded_s + 1e-6)[1] == []


# A beat is counted once it has sounded


def counted(at_frame: int, peak_offset: int, beat: float = 0.5, downbeat: float = 0.3) -> BeatPredictorState:
    """A state after the frames around a pending beat, whose activation peaks so many frames away from it."""
    n_frames = N_FRAMES + 2
    curves = np.zeros((24, 3), np.float32)
    peak = at_frame + peak_offset - (n_frames - 24)
    curves[peak] = beat, 0.0, 0.0
    curves[[peak - 2, peak + 2], 1] = downbeat, downbeat / 2
    curves[[peak - 2, peak + 2], 2] = 1.0, 1.5
    curves[[peak - 3, peak + 3], 1:] = 0.9, 9.0
    before = np.concatenate((np.zeros((2, 3), np.float32), curves[:-2]))
    state = state_at(30, **pending(at_frame / 100 + 0.002), curves=before, sounded_s=(9.0,))
    return stepped(state, 12.0, frames(curves=curves[-2:]))[0]


@pytest.mark.parametrize("peak_offset", [-5, 0, 2])
def test_a_beat_sounded_where_its_activation_peaks(peak_offset: int) -> None:
    state = counted(990, peak_offset)
    assert state.pending is None
    assert state.sounded_s[-1] == pytest.approx((990 + peak_offset) / 100 + 0.0035)


@pytest.mark.parametrize(("peak_offset", "beat"), [(-6, 0.5), (3, 0.5), (0, 0.09)])
def test_without_a_clear_peak_a_beat_sounded_where_it_was_predicted(peak_offset: int, beat: float) -> None:
    assert counted(990, peak_offset, beat).sounded_s[-1] == pytest.approx(9.902)
    assert counted(990, 0, 0.11).sounded_s[-1] == pytest.approx(9.9035)


def test_a_beat_is_counted_with_the_strongest_downbeat_within_two_frames() -> None:
    count = bar_counter.counted(bar_counter.start(), 0.3 / 0.5, 1.5)
    state = counted(990, 0)
    assert state.count.posterior == pytest.approx(count.posterior)
    assert state.count.brightness == (1.5,)
    assert state.meter == 4


def test_downbeats_of_faint_beats_count_less() -> None:
    count = bar_counter.counted(bar_counter.start(), 0.05 / 0.15, 1.5)
    assert counted(990, 0, beat=0.12, downbeat=0.05).count.posterior == pytest.approx(count.posterior)


def test_a_beat_is_counted_when_two_frames_after_it_are_there() -> None:
    early = stepped(state_at(30, **pending(9.991)), 12.0)[0]
    assert early.pending is not None
    assert stepped(state_at(30, **pending(9.99)), 12.0)[0].pending is None


def test_the_meter_follows_the_count() -> None:
    three = BarCount(np.array([0, 0, 0, 0, 0, 0, 1.0]))
    assert stepped(state_at(30, **pending(9.9), count=three), 12.0)[0].meter == 3


def test_the_last_24_frames_are_kept() -> None:
    curves = np.arange(6, dtype=np.float32).reshape(2, 3)
    state = stepped(state_at(30, curves=np.ones((24, 3), np.float32)), 10.0, frames(curves=curves))[0]
    assert state.curves.shape == (24, 3)
    assert np.array_equal(state.curves[-2:], curves)
    assert np.all(state.curves[:-2] == 1)


# What is tracked


def test_the_tracked_beat_is_the_expected_one_and_the_place_of_the_newest() -> None:
    state, _ = stepped(state_at(30, **pending(9.9), meter=3))
    assert PREDICTOR.tracked(state) == TrackedBeat(
        Pulse(near(expected_s(30)), near(0.48)),
        confidence=near(1.0),
        last_beat_s=9.9,
        beat_in_bar=3,
        bar=2,
        meter=state.meter,
    )


def test_no_beat_is_tracked_before_the_first_or_while_it_is_uncertain() -> None:
    assert PREDICTOR.tracked(PREDICTOR.start()) == TrackedBeat()
    state, _ = stepped(state_at(30, n_predicted=1))
    assert PREDICTOR.tracked(state).pulse is not None
    assert PREDICTOR.tracked(replace(state, n_predicted=0)).pulse is None
    assert PREDICTOR.tracked(replace(state, confidence=0.2)).pulse is not None
    lost = PREDICTOR.tracked(replace(state, confidence=0.19))
    assert (lost.pulse, lost.confidence) == (None, 0.0)


def test_tempo_candidates_are_ranked_and_near_ones_joined() -> None:
    weights = ((48, 20, 0.4), (50, 20, 0.1), (96, 20, 0.3), (72, 20, 0.15), (36, 20, 0.05))
    candidates = PREDICTOR.tempo_candidates(replace(PREDICTOR.start(), posterior=posterior(*weights)))
    expected = [(60 * 100 / 48.4, 0.5), (62.5, 0.3), (60 * 100 / 72, 0.15)]
    assert candidates == tuple(TempoCandidate(near(bpm), near(p)) for bpm, p in expected)


@pytest.mark.parametrize(("interval", "n"), [(50, 1), (51, 2), (46, 1), (45, 2)])
def test_tempi_within_six_percent_are_one_candidate(interval: int, n: int) -> None:
    weights = ((48, 20, 0.6), (interval, 20, 0.4))
    assert len(PREDICTOR.tempo_candidates(replace(PREDICTOR.start(), posterior=posterior(*weights)))) == n


def test_tempi_below_one_percent_are_no_candidates() -> None:
    for rest, n in ((0.009, 1), (0.011, 2)):
        weights = ((48, 20, 1 - rest), (96, 20, rest))
        assert len(PREDICTOR.tempo_candidates(replace(PREDICTOR.start(), posterior=posterior(*weights)))) == n


# Over many beats


def metronome(*beat_frames: int, n: int) -> Activations:
    beats = np.full(n, 0.02, np.float32)
    beats[list(beat_frames)] = 0.9
    curves = np.column_stack((beats, beats / 4, np.ones(n))).astype(np.float32)
    return Activations(beats, curves, beats > 0.5, np.zeros(n, np.bool_))


def run(activations: Activations) -> list[BeatEvent]:
    state, events = PREDICTOR.start(), []
    for first in range(0, len(activations.beats), 2):
        parts = (
            getattr(activations, name)[first : first + 2] for name in ("beats", "curves", "are_audible", "are_noise")
        )
        state, more = PREDICTOR.step(state, Activations(*parts), (first + 3) / RATE)
        events += more
    return events


def test_every_beat_of_a_metronome_is_predicted_once_ahead_of_time() -> None:
    beat_frames = range(20, 1000, INTERVAL)
    events = run(metronome(*beat_frames, n=1000))
    beats = [event for event in events if isinstance(event, BeatPrediction) and event.audio_time_s > 4]
    truth = [frame / RATE + 0.0035 for frame in beat_frames if frame > 400]
    assert [beat.audio_time_s for beat in beats] == pytest.approx(truth, abs=0.005)
    assert [beat.id for beat in beats] == list(range(beats[0].id, beats[0].id + len(beats)))
    # At most 7 frames from the newest frame, which is known 2 frames later; beats are looked for every 2 frames.
    assert all(0.03 < beat.audio_time_s - beat.known_at_s < 0.0505 for beat in beats)


def test_a_metronome_that_jumps_is_followed() -> None:
    before, after = range(20, 500, INTERVAL), range(500 + 20 + 19, 1500, INTERVAL)
    events = run(metronome(*before, *after, n=1500))
    last = [event for event in events if isinstance(event, BeatPrediction) and event.audio_time_s > 11]
    truth = [frame / RATE + 0.0035 for frame in after if frame > 1100]
    assert [beat.audio_time_s for beat in last] == pytest.approx(truth, abs=0.005)


def test_one_predictor_serves_two_streams() -> None:
    one, other = metronome(*range(20, 600, 48), n=600), metronome(*range(10, 600, 40), n=600)
    assert run(one) == run(one)
    run(other)
    assert run(one) != run(other)
