"""The onset curve, frame by frame, at 100 frames per second."""

import numpy as np
import pytest

from tactus.analysis.live import onset_curve
from tactus.analysis.live.onset_curve import OnsetCurveState
from tactus.dsp.arrays import Floats

RATE = 100.0
LATER = 100_000
"""A frame long after the start."""


def bands(*values: float) -> Floats:
    return np.array(values, np.float32)


def state(
    n_frames: int = LATER, mean: float = 1.0, curve: float = 0.0, background: float = 0.0, strongest: float = 5.0
) -> OnsetCurveState:
    """A state whose bands all have one mean, and whose history is all zeros."""
    return OnsetCurveState(n_frames, bands(mean, mean), curve, background, np.zeros(1200, np.float32), strongest)


def activation(before: OnsetCurveState, *strengths: float) -> float:
    return onset_curve.step(before, bands(*strengths), RATE)[1]


def test_each_band_counts_by_its_own_mean_held_up_by_a_fifth_of_the_mean_of_all() -> None:
    before = OnsetCurveState(LATER, bands(2.0, 0.0), 0.0, 0.0, np.zeros(1200, np.float32), 5.0)
    after, _ = onset_curve.step(before, bands(2.0, 0.0), RATE)
    assert after.curve == pytest.approx((2.0 / (2.0 + 0.2 * 1.0) + 0.0) / 2)


def test_the_mean_of_a_band_is_that_of_all_frames_then_that_of_eight_seconds() -> None:
    after, _ = onset_curve.step(state(n_frames=3, mean=1.0), bands(2.0, 1.0), RATE)
    assert after.means.tolist() == pytest.approx([1 + 1 / 4, 1.0])
    after, _ = onset_curve.step(state(mean=1.0), bands(2.0, 1.0), RATE)
    assert after.means.tolist() == pytest.approx([1 + 1 / 800, 1.0])
    assert after.n_frames == LATER + 1


def test_silence_has_no_onsets() -> None:
    after, value = onset_curve.step(state(mean=0.0), bands(0.0, 0.0), RATE)
    assert (after.curve, value) == (0.0, 0.0)
    assert onset_curve.step(state(mean=0.0009), bands(0.0009, 0.0009), RATE)[0].curve == 0
    assert onset_curve.step(state(mean=0.0011), bands(0.0011, 0.0011), RATE)[0].curve == pytest.approx(1 / 1.2)


def test_the_background_is_the_mean_of_all_frames_then_that_of_four_seconds() -> None:
    """A curve of 1 / 1.2 in this frame and the one before."""
    after, _ = onset_curve.step(state(n_frames=9, curve=1 / 1.2, background=0.0), bands(1.0, 1.0), RATE)
    assert after.background == pytest.approx(1 / 1.2 / 10)
    after, _ = onset_curve.step(state(curve=1 / 1.2, background=0.0), bands(1.0, 1.0), RATE)
    assert after.background == pytest.approx(1 / 1.2 / 400)


def test_an_onset_is_what_exceeds_the_background_in_the_mean_of_two_frames() -> None:
    after, value = onset_curve.step(state(curve=2.0, background=1.0, strongest=4.0), bands(1.0, 1.0), RATE)
    smooth = (2.0 + 1 / 1.2) / 2
    above = smooth - (1.0 + (smooth - 1.0) / 400)
    assert value == pytest.approx(0.9 * above / 4.0)
    assert after.history[-1] == pytest.approx(above)
    assert activation(state(curve=0.5, background=1.0), 1.0, 1.0) == 0


def test_an_onset_as_strong_as_the_strongest_is_certain_and_no_stronger() -> None:
    assert activation(state(curve=9.0, strongest=2.0), 1.0, 1.0) == pytest.approx(0.9)


def test_an_onset_is_certain_from_one_mean_up_and_at_first_from_three() -> None:
    above = (0.5 + 1 / 1.2) / 2 * (1 - 1 / 400)
    assert activation(state(curve=0.5, strongest=0.1), 1.0, 1.0) == pytest.approx(0.9 * above)
    assert activation(state(n_frames=399, curve=0.5, strongest=0.1), 1.0, 1.0) == pytest.approx(0.9 * above, rel=1e-3)
    early = activation(state(n_frames=398, curve=0.5, strongest=0.1), 1.0, 1.0)
    assert early == pytest.approx(0.9 * above / 3, rel=1e-3)


def test_the_first_three_frames_have_no_onsets() -> None:
    for n_frames, sounds in ((0, False), (2, False), (3, True)):
        assert (activation(state(n_frames=n_frames, curve=5.0), 1.0, 1.0) > 0) is sounds


def test_the_strongest_onsets_are_the_upper_hundredth_of_twelve_seconds() -> None:
    history = np.arange(1200, dtype=np.float32)
    before = OnsetCurveState(LATER + 7, bands(1.0, 1.0), 0.0, 9.0, history, 5.0)  # the next is a multiple of eight
    after, _ = onset_curve.step(before, bands(1.0, 1.0), RATE)
    assert len(after.history) == 1201
    # 0, 0, 1, 2, ...: of 1201 sorted values, the one with index int(0.99 * 1200) = 1188.
    assert after.strongest == 1187
    assert len(onset_curve.step(after, bands(1.0, 1.0), RATE)[0].history) == 1201


def test_the_strongest_are_determined_every_eight_frames() -> None:
    history = np.arange(1200, dtype=np.float32)
    for offset in range(7):
        before = OnsetCurveState(LATER + offset, bands(1.0, 1.0), 0.0, 9.0, history, 5.0)
        assert onset_curve.step(before, bands(1.0, 1.0), RATE)[0].strongest == 5.0


def test_in_the_first_eight_frames_the_strongest_so_far_counts() -> None:
    before = OnsetCurveState(4, bands(1.0, 1.0), 4.0, 0.0, np.zeros(4, np.float32), 1.0)
    after, _ = onset_curve.step(before, bands(1.0, 1.0), RATE)
    assert after.strongest == pytest.approx(float(after.history[-1]))
    assert after.strongest > 1.5
    weaker = OnsetCurveState(4, bands(1.0, 1.0), 4.0, 0.0, np.zeros(4, np.float32), 7.0)
    assert onset_curve.step(weaker, bands(1.0, 1.0), RATE)[0].strongest == 7.0
    eighth = OnsetCurveState(8, bands(1.0, 1.0), 4.0, 0.0, np.zeros(7, np.float32), 1.0)
    assert onset_curve.step(eighth, bands(1.0, 1.0), RATE)[0].strongest == 1.0


def test_noise_is_what_has_no_onset_above_three_quarters_of_a_mean() -> None:
    assert state(strongest=0.74).is_noise
    assert not state(strongest=0.75).is_noise
    assert onset_curve.start(6).is_noise


def test_a_stream_starts_with_nothing() -> None:
    start = onset_curve.start(6)
    assert (start.n_frames, start.means.tolist(), len(start.history)) == (0, [0.0] * 6, 0)
    assert (start.curve, start.background, start.strongest) == (0.0, 0.0, 0.0)


def test_white_noise_is_noise_and_clicks_are_not() -> None:
    rng = np.random.default_rng(0)
    hiss = np.abs(rng.normal(1.0, 0.3, (1600, 6))).astype(np.float32)
    clicks = np.full((1600, 6), 0.1, np.float32)
    clicks[50::50] = 3.0
    for strengths, is_noise in ((hiss, True), (clicks, False)):
        after = onset_curve.start(6)
        values = []
        for row in strengths:
            after, value = onset_curve.step(after, row, RATE)
            values.append(value)
        assert after.is_noise is is_noise
    # A click sounds between its frame and the one before, and in the mean of both.
    assert np.array(values)[np.arange(450, 1600, 50)] == pytest.approx([0.9] * 23, abs=0.01)
    assert np.array(values)[np.arange(455, 1600, 50)].max() == 0
