"""Segments: contiguous, of bounded length, and their numbers say what they claim."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tactus.analysis.track.sound.segments import MAX_S, MIN_S, Segments, segment_bounds, segments
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.sampled import Sampled

RATE_HZ = 86.1328125
N_BANDS = 64


def made(levels_db: Floats, onset_times: Times, duration_s: float, chroma: Floats | None = None) -> Segments:
    pitches = np.ones((max(1, round(duration_s * 10)), 12), np.float32) if chroma is None else chroma
    return segments(Sampled(levels_db, RATE_HZ), Sampled(pitches, 10.0), onset_times=onset_times, duration_s=duration_s)


def steady(level_db: float, seconds: float) -> Floats:
    return np.full((round(seconds * RATE_HZ), N_BANDS), level_db, np.float32)


@given(
    st.lists(st.integers(0, 30_000_000), max_size=60).map(lambda us: np.array(sorted(set(us)), np.float64) / 1e6),
    st.integers(1, 30_000_000).map(lambda us: us / 1e6),
)
def test_bounds_begin_at_0_end_at_the_end_and_keep_their_distance(onset_times: Times, duration_s: float) -> None:
    bounds = segment_bounds(onset_times, duration_s)
    lengths = np.diff(bounds)
    assert bounds[0] == 0.0
    assert bounds[-1] == duration_s
    assert np.all(lengths <= MAX_S + 1e-6)
    assert len(bounds) == 2 or np.all(lengths >= MIN_S - 1e-6)
    np.testing.assert_array_equal(bounds[:-1], np.round(bounds[:-1], 6))


def test_a_segment_begins_on_each_onset() -> None:
    onset_times = np.array([0.5, 1.0, 1.02, 1.75])
    found = made(steady(-20, 2.5), onset_times, 2.5)
    assert [segment.start for segment in found.segments] == [0.0, 0.5, 1.0, 1.75]
    assert [segment.duration for segment in found.segments] == [0.5, 0.5, 0.75, 0.75]


@pytest.mark.parametrize("duration_s", [1 / 44100, 0.01, 0.5])
def test_silence_is_one_segment(duration_s: float) -> None:
    found = made(np.full((1 + int(duration_s * RATE_HZ), N_BANDS), -60, np.float32), np.empty(0), duration_s)
    (segment,) = found.segments
    assert (segment.start, segment.duration) == (0.0, round(duration_s, 6))
    assert segment.loudness_start == segment.loudness_max == segment.loudness_end == -60.0
    assert segment.confidence == 0.0
    np.testing.assert_array_equal(found.pitches, np.ones((1, 12)))
    np.testing.assert_allclose(found.timbre, 0, atol=1e-4)


def test_levels_tell_the_attack() -> None:
    # Rises from -40 dB in all 64 bands to -20 dB after half a second, and stays.
    levels = np.concatenate((steady(-40, 0.5), steady(-20, 0.5)))
    (segment,) = made(levels, np.empty(0), 1.0).segments
    together = 10 * np.log10(N_BANDS)
    assert segment.loudness_start == pytest.approx(-40 + together, abs=0.1)
    assert segment.loudness_max == pytest.approx(-20 + together, abs=0.1)
    assert segment.loudness_max_time == pytest.approx(0.5, abs=1 / RATE_HZ)
    assert segment.loudness_end == pytest.approx(-20 + together, abs=0.1)
    assert segment.confidence == pytest.approx(1.0)


def test_pitches_are_relative_to_the_strongest() -> None:
    chroma = np.zeros((10, 12), np.float32)
    chroma[:, 9], chroma[:, 4] = 0.4, 0.1
    found = made(steady(-20, 1.0), np.empty(0), 1.0, chroma)
    assert found.pitches[0, 9] == 1.0
    assert found.pitches[0, 4] == pytest.approx(0.25)
    assert found.pitches[0].sum() == pytest.approx(1.25)


def test_timbre_moves_as_its_words_say() -> None:
    def timbre(levels: Floats) -> Floats:
        found: Floats = made(levels, np.empty(0), 1.0).timbre[0]
        return found

    bands = np.arange(N_BANDS)
    dark, bright, hollow = steady(-40, 1.0), steady(-40, 1.0), steady(-40, 1.0)
    dark[:, bands < N_BANDS // 2] += 20
    bright[:, bands >= N_BANDS // 2] += 20
    hollow[:, np.abs(bands - N_BANDS / 2) > N_BANDS / 4] += 20
    even = timbre(steady(-40, 1.0))
    assert even[0] == pytest.approx(60 - 40 + 10 * np.log10(N_BANDS), abs=0.1)
    assert timbre(bright)[1] > 50 > -50 > timbre(dark)[1]
    assert timbre(hollow)[2] < -50
    decaying = np.concatenate((steady(-20, 0.5), steady(-40, 0.5)))
    assert timbre(decaying)[3] > 50 > -50 > timbre(decaying[::-1].copy())[3]
    assert even[1:] == pytest.approx(np.zeros(11), abs=1e-3)
