"""Means over intervals are integrals over time, however frames and intervals lie."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.intervals import interval_means


def edges(*times_s: float) -> Times:
    return np.array(times_s, np.float64)


def column(*values: float) -> Floats:
    return np.array(values, np.float32)[:, None]


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ((0.0, 2.0, 4.0), (1.5, 3.5)),  # whole frames
        ((0.5, 2.0), ((0.5 * 1 + 1.0 * 2) / 1.5,)),  # half a frame counts half
        ((1.25, 1.5, 1.75), (2.0, 2.0)),  # shorter than a frame
        ((-1.0, 0.5, 6.0), (1.0, (0.5 * 1 + 2 + 3 + 3 * 4) / 5.5)),  # beyond both ends: as the frames there
    ],
)
def test_frames_count_by_the_time_that_they_share(intervals: tuple[float, ...], expected: tuple[float, ...]) -> None:
    means = interval_means(column(1, 2, 3, 4), edges(0, 1, 2, 3, 4), edges(*intervals))
    assert means.dtype == np.float32
    np.testing.assert_allclose(means[:, 0], expected, rtol=1e-6)


def test_each_column_is_its_own() -> None:
    values = np.array([[1, -10], [3, -30]], np.float32)
    np.testing.assert_allclose(interval_means(values, edges(0, 1, 2), edges(0, 2)), [[2, -20]])


@pytest.mark.parametrize("intervals", [(), (1.0,)])
def test_without_an_interval_there_is_no_value(intervals: tuple[float, ...]) -> None:
    assert interval_means(np.ones((4, 3), np.float32), edges(0, 1, 2, 3, 4), edges(*intervals)).shape == (0, 3)


@hypothesis.given(
    n_frames=st.integers(1, 50),
    hop_s=st.floats(0.005, 0.2),
    lengths_s=st.lists(st.floats(0.001, 2.0), min_size=1, max_size=20),
    constant=st.floats(-1e6, 1e6, width=32),
)
@hypothesis.settings(deadline=None, max_examples=60)
def test_a_constant_stays_and_the_whole_is_the_sum_of_its_parts(
    n_frames: int, hop_s: float, lengths_s: list[float], constant: float
) -> None:
    frame_edges_s = (np.arange(n_frames + 1, dtype=np.float64) - 0.5) * hop_s
    edges_s = np.cumsum([0.0, *lengths_s])
    same = interval_means(np.full((n_frames, 1), constant, np.float32), frame_edges_s, edges_s)
    np.testing.assert_allclose(same, constant, rtol=1e-6)
    values = np.random.default_rng(n_frames).uniform(0, 1, (n_frames, 1)).astype(np.float32)
    parts = interval_means(values, frame_edges_s, edges_s)
    whole = interval_means(values, frame_edges_s, edges_s[[0, -1]])
    np.testing.assert_allclose(np.sum(parts[:, 0] * np.diff(edges_s)), whole[0, 0] * edges_s[-1], rtol=1e-5)
