"""Timelines at the requested rate and precision: values, digits, and where each lies in time."""

import numpy as np
import orjson
import pytest

from tactus.analysis.options import Rate, TimelineOptions
from tactus.analysis.timeline import FeatureTimeline
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.grid import Grid
from tactus.formats.timelines import MAX_VALUES, ResampledTimeline, TooManyValuesError, resampled_timelines

GRID = Grid(44100, 2048, 441)
"""A hundred frames a second."""
DURATION_S = 10.0
BEAT_TIMES = np.array([0.5, 1.0, 2.0, 9.0])


def ramp(start_s: float = 0.0, size: int = 1) -> FeatureTimeline:
    """Values that are the moment of their frame [s]: means over intervals are the intervals' middles."""
    moments = start_s + GRID.times_s(GRID.n_frames(round(DURATION_S * 44100)))
    return FeatureTimeline("s", GRID, start_s, np.tile(moments[:, None], size).astype(np.float32))


def resampled(
    shape: TimelineOptions, beat_times: Times = BEAT_TIMES, duration_s: float = DURATION_S
) -> ResampledTimeline:
    (only,) = resampled_timelines({"ramp": ramp()}, shape, beat_times=beat_times, duration_s=duration_s)
    return only


def test_frames_are_told_as_they_are_with_their_grid() -> None:
    only = resampled(TimelineOptions(precision=9))
    assert only.grid == {
        "kind": "frames",
        "start": 0.0,
        "hop_length": 441,
        "frame_length": 2048,
        "sample_rate": 44100,
        "n_frames": 1001,
    }
    np.testing.assert_array_equal(only.values, ramp().values[:, 0])
    np.testing.assert_allclose(only.times_s, only.values, atol=1e-6)


def test_a_grid_that_begins_later_says_so() -> None:
    (only,) = resampled_timelines({"ramp": ramp(0.05)}, TimelineOptions(), beat_times=BEAT_TIMES, duration_s=DURATION_S)
    assert only.grid["start"] == only.times_s[0] == 0.05


@pytest.mark.parametrize(("rate", "n"), [(1.0, 10), (4.0, 40), (0.5, 5), (0.3, 3), (0.01, 1), (37.5, 375)])
def test_so_many_values_a_second_are_means_over_equal_intervals(rate: float, n: int) -> None:
    only = resampled(TimelineOptions(rate=rate, precision=9))
    assert only.grid == {"kind": "intervals", "start": 0.0, "rate": rate, "n_intervals": n}
    assert only.times_s.tolist() == [round(k / rate, 6) for k in range(n)]
    ends_s = np.append(np.arange(1, n) / rate, DURATION_S)
    middles_s = (np.arange(n) / rate + ends_s) / 2
    np.testing.assert_allclose(only.values, middles_s, atol=0.5 / 100)  # a frame's value holds for 10 ms


def test_a_rate_above_that_of_frames_repeats_them() -> None:
    # A frame's value holds from 5 ms before its centre to 5 ms after: for two intervals of 5 ms.
    only = resampled(TimelineOptions(rate=200.0, precision=9))
    np.testing.assert_allclose(only.values, ramp().values[(np.arange(2000) + 1) // 2, 0], atol=1e-6)


def test_a_value_a_beat_is_the_mean_up_to_the_next_beat_or_the_end() -> None:
    only = resampled(TimelineOptions(rate="beat"))
    assert only.grid == {"kind": "beats", "n_beats": 4}
    assert only.times_s.tolist() == BEAT_TIMES.tolist()
    np.testing.assert_allclose(only.values, [0.75, 1.5, 5.5, 9.5], atol=1e-3)


def test_without_beats_there_is_no_value() -> None:
    only = resampled(TimelineOptions(rate="beat"), np.empty(0))
    assert only.grid == {"kind": "beats", "n_beats": 0}
    assert only.values.tolist() == only.times_s.tolist() == []


def test_a_beat_on_the_very_end_has_the_value_there() -> None:
    only = resampled(TimelineOptions(rate="beat"), np.array([5.0, DURATION_S]))
    np.testing.assert_allclose(only.values, [7.5, 10.0], atol=1e-2)


@pytest.mark.parametrize("rate", ["frame", "beat", 1.0, 200.0])
@pytest.mark.parametrize("duration_s", [1e-6, 0.003, 1 / 44100])
def test_the_shortest_pieces_have_a_value(rate: Rate, duration_s: float) -> None:
    one_frame = FeatureTimeline("", GRID, 0.0, np.full((1, 2), 0.25, np.float32))
    (only,) = resampled_timelines(
        {"a": one_frame}, TimelineOptions(rate=rate), beat_times=np.zeros(1), duration_s=duration_s
    )
    assert only.values.tolist() == [[0.25], [0.25]]


@pytest.mark.parametrize("precision", range(1, 10))
def test_values_have_the_digits_that_were_asked_for_and_times_all_of_theirs(precision: int) -> None:
    rng = np.random.default_rng(1)
    values = (rng.choice([-1, 1], 1001) * 10 ** rng.uniform(-12, 12, 1001)).astype(np.float32)[:, None]
    timeline = FeatureTimeline("", GRID, 0.0, values)
    (only,) = resampled_timelines(
        {"a": timeline}, TimelineOptions(precision=precision), beat_times=BEAT_TIMES, duration_s=DURATION_S
    )
    np.testing.assert_allclose(only.values, values[:, 0], rtol=0.51 * 10 ** (1 - precision) + 1e-7)
    for number in orjson.dumps(only.values, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b","):
        digits = number.lstrip(b"-").split(b"e")[0].replace(b".", b"").strip(b"0")
        assert len(digits) <= precision
    np.testing.assert_array_equal(only.times_s, np.round(GRID.times_s(1001), 6))
    if precision == 9:
        np.testing.assert_array_equal(only.values, values[:, 0])


def test_several_values_a_frame_are_rows() -> None:
    (only,) = resampled_timelines(
        {"a": ramp(size=3)}, TimelineOptions(rate=1.0), beat_times=BEAT_TIMES, duration_s=DURATION_S
    )
    assert only.values.shape == (3, 10)
    assert only.header_fields() == {"unit": "s", "size": 3, "grid": only.grid}


def test_what_is_not_finite_does_not_leave() -> None:
    values = np.array([[np.nan], [np.inf], [-np.inf], [1.0]], np.float32)
    (only,) = resampled_timelines(
        {"a": FeatureTimeline("", GRID, 0.0, values)}, TimelineOptions(), beat_times=BEAT_TIMES, duration_s=DURATION_S
    )
    assert np.isfinite(only.values).all()


def test_more_than_an_answer_holds_is_refused() -> None:
    wide: Floats = np.broadcast_to(np.zeros((1, 1), np.float32), (MAX_VALUES // 64 + 1, 64))
    timelines = {"a": FeatureTimeline("", GRID, 0.0, wide)}
    with pytest.raises(TooManyValuesError):
        list(resampled_timelines(timelines, TimelineOptions(), beat_times=BEAT_TIMES, duration_s=2621.5))
    (fewer,) = resampled_timelines(timelines, TimelineOptions(rate=0.01), beat_times=BEAT_TIMES, duration_s=2621.5)
    assert fewer.values.shape == (64, 27)


@pytest.mark.parametrize("shape", [{"precision": 0}, {"precision": 10}, {"rate": 0.0}, {"rate": 201.0}])
def test_a_shape_that_nobody_can_make_is_refused(shape: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        TimelineOptions(**shape)  # type: ignore[arg-type]  # that is the point


def test_the_order_of_names_makes_no_other_shape() -> None:
    assert TimelineOptions(features=("rms", "mfcc", "rms")) == TimelineOptions(features=("mfcc", "rms"))
