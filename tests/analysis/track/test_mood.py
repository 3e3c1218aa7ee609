"""Mood: each value stays in [0, 1] and moves in the direction that its definition promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tactus.analysis.track.mood.mood import brightness, danceability, energy, pulse_clarity, valence

RATE_HZ = 86.0
ratios = st.floats(0, 1)
tempi = st.none() | st.floats(30, 300)
loudnesses = st.floats(-70, 0)
densities = st.floats(0, 30)


@given(loudnesses, ratios, densities, tempi)
def test_energy_is_a_ratio(loudness_lufs: float, bright: float, rate_hz: float, bpm: float | None) -> None:
    assert 0 <= energy(loudness_lufs=loudness_lufs, brightness=bright, onset_rate_hz=rate_hz, bpm=bpm) <= 1


@given(loudnesses, ratios, densities, st.floats(30, 250), st.floats(0, 20))
def test_louder_brighter_denser_and_faster_is_never_less_energetic(
    loudness_lufs: float, bright: float, rate_hz: float, bpm: float, more: float
) -> None:
    base = energy(loudness_lufs=loudness_lufs, brightness=bright, onset_rate_hz=rate_hz, bpm=bpm)
    louder = energy(loudness_lufs=loudness_lufs + more, brightness=bright, onset_rate_hz=rate_hz, bpm=bpm)
    brighter = energy(loudness_lufs=loudness_lufs, brightness=bright + more / 20, onset_rate_hz=rate_hz, bpm=bpm)
    denser = energy(loudness_lufs=loudness_lufs, brightness=bright, onset_rate_hz=rate_hz + more, bpm=bpm)
    faster = energy(loudness_lufs=loudness_lufs, brightness=bright, onset_rate_hz=rate_hz, bpm=bpm + more)
    assert min(louder, brighter, denser, faster) >= base


def test_in_the_middle_of_its_range_each_term_counts() -> None:
    base = energy(loudness_lufs=-20, brightness=0.3, onset_rate_hz=4, bpm=110)
    assert energy(loudness_lufs=-14, brightness=0.3, onset_rate_hz=4, bpm=110) > base + 0.05
    assert energy(loudness_lufs=-20, brightness=0.4, onset_rate_hz=4, bpm=110) > base + 0.02
    assert energy(loudness_lufs=-20, brightness=0.3, onset_rate_hz=6, bpm=110) > base + 0.02
    assert energy(loudness_lufs=-20, brightness=0.3, onset_rate_hz=4, bpm=140) > base + 0.01


def test_silence_has_no_energy() -> None:
    assert energy(loudness_lufs=-70, brightness=0.0, onset_rate_hz=0.0, bpm=None) == 0.0


@given(st.none() | ratios, ratios, tempi)
def test_valence_is_a_ratio(major_share: float | None, bright: float, bpm: float | None) -> None:
    assert 0 <= valence(major_share=major_share, brightness=bright, bpm=bpm) <= 1


@given(ratios, st.floats(60, 180))
def test_the_same_piece_in_minor_is_less_cheerful(bright: float, bpm: float) -> None:
    in_major = valence(major_share=0.9, brightness=bright, bpm=bpm)
    in_minor = valence(major_share=0.1, brightness=bright, bpm=bpm)
    assert in_minor == pytest.approx(in_major - 0.48)


def test_faster_and_brighter_is_more_cheerful_and_nothing_is_neutral() -> None:
    base = valence(major_share=0.6, brightness=0.3, bpm=100)
    assert valence(major_share=0.6, brightness=0.3, bpm=140) > base
    assert valence(major_share=0.6, brightness=0.5, bpm=100) > base
    assert valence(major_share=None, brightness=0.0, bpm=None) == 0.5


def test_a_steady_clear_beat_at_a_comfortable_pace_is_danceable() -> None:
    even = np.arange(0, 60, 0.5)
    uneven = even + np.random.default_rng(3).normal(0, 0.08, len(even))
    best = danceability(pulse=0.6, beat_times=even, bpm=120)
    assert best == pytest.approx(1.0)
    assert danceability(pulse=0.6, beat_times=np.sort(uneven), bpm=120) < best - 0.1
    assert danceability(pulse=0.2, beat_times=even, bpm=120) < best - 0.1
    assert danceability(pulse=0.6, beat_times=np.arange(0, 60, 1.3), bpm=60 / 1.3) < best - 0.1
    assert danceability(pulse=0.6, beat_times=np.empty(0), bpm=None) == 0.0


def test_brightness_is_where_the_sound_lies_between_lowest_and_highest_band() -> None:
    levels = np.full((10, 65), -60, np.float32)
    assert brightness(levels) == 0.0
    for band, expected in ((0, 0.0), (32, 0.5), (64, 1.0)):
        one = levels.copy()
        one[:, band] = -10
        assert brightness(one) == pytest.approx(expected)
        assert brightness(one + 0) == pytest.approx(brightness(one), abs=1e-9)


def test_pulse_is_clear_where_it_repeats_and_absent_where_nothing_does() -> None:
    clicks = np.zeros(round(30 * RATE_HZ), np.float32)
    clicks[:: round(RATE_HZ / 2)] = 1.0
    noise = np.random.default_rng(5).exponential(1.0, len(clicks)).astype(np.float32)
    assert pulse_clarity(clicks, RATE_HZ) > 0.9
    assert pulse_clarity(noise, RATE_HZ) < 0.1
    assert pulse_clarity(np.zeros(100, np.float32), RATE_HZ) == 0.0
    assert pulse_clarity(np.ones(5, np.float32), RATE_HZ) == 0.0
    assert pulse_clarity(np.empty(0, np.float32), RATE_HZ) == 0.0
