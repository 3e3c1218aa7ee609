"""The beat predictor, rule by rule: at 100 frames per second, with beats of 48 frames (125 beats per minute).

Most tests begin in a state whose posterior is certain: so many frames of the beat have passed. Then what has to be
predicted follows by arithmetic. After the next two frames, a beat that starts in `left` frames is expected at

    (n_frames - 1 + left + 2 - 0.5) / 100 + 0.0035 s

since its onset lies anywhere in its first 4 frames (a twelfth), onset strength is centred half a frame earlier, and
peaks 3.5 ms before the sound.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from tactus.analysis.live import bar_counter
from tactus.analysis.live.bar_counter import BarCount
from tactus.analysis.live.beat_activations import Activations
from tactus.analysis.live.beat_position import TempoCandidate
from tactus.analysis.live.beat_predictor import BeatPredictor, BeatPredictorState, expected_frames
from tactus.analysis.live.events import BeatCancelled, BeatEvent, BeatPrediction
from tactus.analysis.live.pulse import Pulse, TrackedBeat
from tactus.analysis.ranges import TRACKED_BPM_RANGE
from tactus.dsp import forward_filter
from tactus.dsp.arrays import Floats
from tactus.dsp.bar_pointer import beat_space
from tests.analysis.live.near import near

RATE = 100.0
INTERVAL = 48
INTERVAL_S = 0.48
N_FRAMES = 1000
PREDICTOR = BeatPredictor(RATE)
STATES = forward_filter.beat_states(beat_space(RATE, TRACKED_BPM_RANGE, observation_lambda=12))


def posterior(*weights: tuple[int, int, float]) -> Floats:
    """Probabilities that beats of some intervals start in so many frames: (interval, frames left, probability)."""
    values = np.zeros(len(STATES.frames_left), np.float32)
    for interval, left, weight in weights:
        first = int(STATES.first[list(STATES.space.intervals_frames).index(interval)])
        values[first + interval - left] += weight
    return values


def state_with(*weights: tuple[int, int, float], **fields: object) -> BeatPredictorState:
    """A state after a thousand frames, by what will be so after two more."""
    state = replace(
        PREDICTOR.start(),
        n_frames=N_FRAMES,
        posterior=posterior(*((interval, left + 2, weight) for interval, left, weight in weights)),
        last_audible_frame=N_FRAMES,
        interval_s=INTERVAL_S,
    )
    return replace(state, **fields)  # type: ignore[arg-type]


def state_at(left: int, **fields: object) -> BeatPredictorState:
    """A state of which it is certain that a beat starts so many frames after two more."""
    return state_with((INTERVAL, left, 1.0), **fields)


def frames(
    n: int = 2, *, beats: float = 0.1, curves: Floats | None = None, audible: bool = False, noise: bool = False
) -> Activations:
    """Frames that speak for no position in the beat: the certain posterior moves on."""
    curves = np.zeros((n, 3), np.float32) if curves is None else curves
    return Activations(np.full(n, beats, np.float32), curves, np.full(n, audible), np.full(n, noise))


def expected_s(left: float, n_frames: int = N_FRAMES + 2) -> float:
    return (n_frames - 1 + left + 2 - 0.5) / RATE + 0.0035


def stepped(
    state: BeatPredictorState, known_at_s: float = 10.0, activations: Activations | None = None
) -> tuple[BeatPredictorState, list[BeatEvent]]:
    return PREDICTOR.step(state, activations or frames(), known_at_s)


def pending(at_s: float, number: int = 4, beat_in_bar: int = 3) -> dict[str, object]:
    """Fields of a state that has predicted a beat."""
    beat = BeatPrediction(number, at_s, at_s - 0.05, 125.0, beat_in_bar, 2, 0.9, 0.8, predicted=True)
    return {"pending": beat, "last_beat_s": at_s, "n_predicted": number + 1, "beat_in_bar": beat_in_bar, "bar": 2}


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
