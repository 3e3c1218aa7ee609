"""Streams are cut into the same frames however they arrive."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tactus.dsp import framing
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid


def ramp(n: int) -> Floats:
    """Samples that say where they are; never 0."""
    return np.arange(1, n + 1, dtype=np.float32)


def frames_of(grid: Grid, blocks: list[Floats]) -> Floats:
    state, cuts = framing.start(grid), []
    for block in blocks:
        state, frames = framing.cut(grid, state, block)
        cuts.append(frames)
    return np.concatenate((*cuts, framing.flush(grid, state)))


def test_a_frame_is_centred_at_its_hop() -> None:
    grid = Grid(44100, 8, 4)
    frames = frames_of(grid, [ramp(12)])
    # Frame k has sample k * 4 at its middle, index 4; zeros stand around the piece.
    np.testing.assert_array_equal(frames[:, 4], [1, 5, 9, 0])
    np.testing.assert_array_equal(frames[0], [0, 0, 0, 0, 1, 2, 3, 4])
    assert len(frames) == grid.n_frames(12)


@given(
    lengths=st.lists(st.integers(0, 70), max_size=12),
    half_frame=st.integers(1, 16),
    hop=st.integers(1, 32),
)
@settings(max_examples=200, deadline=None)
def test_any_blocks_give_the_frames_of_the_whole(lengths: list[int], half_frame: int, hop: int) -> None:
    grid = Grid(44100, 2 * half_frame, min(hop, 2 * half_frame))
    samples = ramp(sum(lengths))
    blocks = np.split(samples, np.cumsum(lengths)) if lengths else []
    frames = frames_of(grid, blocks)
    np.testing.assert_array_equal(frames, frames_of(grid, [samples]))
    padded = np.concatenate((np.zeros(half_frame), samples, np.zeros(half_frame)))
    for k, frame in enumerate(frames):
        np.testing.assert_array_equal(frame, padded[k * grid.hop_length :][: grid.frame_length])


@given(lengths=st.lists(st.integers(0, 70), max_size=12), hop=st.integers(1, 32))
@settings(max_examples=100, deadline=None)
def test_hops_are_successive_and_nothing_is_lost(lengths: list[int], hop: int) -> None:
    samples = ramp(sum(lengths))
    waiting, whole = np.empty(0, np.float32), []
    for block in np.split(samples, np.cumsum(lengths)) if lengths else []:
        waiting, hops = framing.hops(hop, waiting, block)
        assert len(waiting) < hop
        assert hops.shape[1] == hop
        whole.append(hops.ravel())
    np.testing.assert_array_equal(np.concatenate((*whole, waiting)), samples)


@pytest.mark.parametrize(
    ("sample_rate", "frame_length", "hop_length"),
    [(0, 8, 4), (44100, 7, 4), (44100, 0, 0), (44100, 8, 0), (44100, 8, 9)],
)
def test_grids_that_cannot_be_are_refused(sample_rate: int, frame_length: int, hop_length: int) -> None:
    with pytest.raises(ValueError, match="must"):
        Grid(sample_rate, frame_length, hop_length)


def test_times_of_a_grid() -> None:
    grid = Grid(44100, 2048, 441)
    np.testing.assert_allclose(grid.times_s(101), np.linspace(0, 1, 101), atol=1e-12)
