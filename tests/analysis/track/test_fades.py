"""Fades: found where a gain was drawn over steady music, and nowhere else."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tactus.analysis.track.sound.fades import fades
from tactus.dsp.arrays import Floats
from tactus.dsp.sampled import Sampled

RATE_HZ = 10.0
DURATION_S = 60.0


def beating(duration_s: float = DURATION_S) -> Floats:
    """Power of music with 120 beats a minute: each falls by 9 dB until the next."""
    beats = np.arange(round(duration_s * RATE_HZ)) % 5
    return (0.02 * 10 ** (-0.18 * beats)).astype(np.float32)


def linear(n_rows: int) -> Floats:
    """A fader that is moved evenly over its scale of amplitude: gain of power, rising."""
    return ((np.arange(n_rows) + 0.5) / n_rows).astype(np.float32) ** 2


def even_in_decibels(n_rows: int) -> Floats:
    """A gain that rises evenly from -60 dB."""
    return (10 ** (-6 * (1 - np.arange(n_rows) / n_rows))).astype(np.float32)


@pytest.mark.parametrize("gain", [linear, even_in_decibels])
@pytest.mark.parametrize("seconds", [3.0, 6.0, 12.0])
def test_a_fade_is_found_where_it_is(gain: Callable[[int], Floats], seconds: float) -> None:
    n_rows = round(seconds * RATE_HZ)
    power = beating()
    power[:n_rows] *= gain(n_rows)
    power[-n_rows:] *= gain(n_rows)[::-1]
    end_of_fade_in, start_of_fade_out = fades(Sampled(power, RATE_HZ), DURATION_S)
    # 1.5 dB are the last sixth of an even movement of a fader; and a beat may be waited for.
    assert end_of_fade_in == pytest.approx(seconds, abs=0.17 * seconds + 0.5)
    assert start_of_fade_out == pytest.approx(DURATION_S - seconds, abs=0.17 * seconds + 0.5)


@given(st.floats(0.001, 1), st.integers(0, 4), st.floats(5, 60))
def test_music_that_begins_and_ends_at_its_loudness_has_none(gain: float, shift: int, duration_s: float) -> None:
    power = np.roll(beating(duration_s), shift) * np.float32(gain)
    assert fades(Sampled(power, RATE_HZ), duration_s) == (0.0, duration_s)


@given(st.floats(1, 30), st.floats(1, 30))
def test_silence_before_and_after_is_part_of_the_fade(before_s: float, after_s: float) -> None:
    n_before, n_after = round(before_s * RATE_HZ), round(after_s * RATE_HZ)
    power = np.concatenate((np.zeros(n_before), beating(), np.zeros(n_after)))
    duration_s = len(power) / RATE_HZ
    end_of_fade_in, start_of_fade_out = fades(Sampled(power.astype(np.float32), RATE_HZ), duration_s)
    assert end_of_fade_in == pytest.approx(n_before / RATE_HZ, abs=0.5)
    assert start_of_fade_out == pytest.approx(duration_s - n_after / RATE_HZ, abs=0.5)


def test_a_soft_verse_is_no_fade() -> None:
    power = beating()
    power[:200] *= 0.1
    power[-200:] *= 0.1
    assert fades(Sampled(power, RATE_HZ), DURATION_S) == (0.0, DURATION_S)


@pytest.mark.parametrize("n_rows", [0, 1, 3, 100])
def test_silence_does_not_fade(n_rows: int) -> None:
    duration_s = max(0.05, n_rows / RATE_HZ)
    assert fades(Sampled(np.zeros(n_rows, np.float32), RATE_HZ), duration_s) == (0.0, duration_s)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.floats(0, 0.0999))
def test_whatever_sounds_fades_in_before_it_fades_out_and_within_the_piece(power: list[float], rest_s: float) -> None:
    duration_s = len(power) / RATE_HZ + rest_s
    end_of_fade_in, start_of_fade_out = fades(Sampled(np.array(power, np.float32), RATE_HZ), duration_s)
    assert 0 <= end_of_fade_in <= start_of_fade_out <= duration_s
