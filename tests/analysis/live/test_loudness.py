"""The loudness meter: -0.691 + 10 lg of the mean K-weighted power over 0.4 s and 3 s (EBU Tech 3341)."""

import math

import pytest

from tactus.analysis.live.loudness import LoudnessMeter

METER = LoudnessMeter(sample_rate=48000, hop_length=480)
"""A hundred hops a second."""


def lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(power)


def reading(*powers: tuple[float, int]) -> tuple[float, float]:
    state = METER.start()
    for power, n in powers:
        state = METER.step(state, [power] * n)
    return METER.reading(state)


def test_steady_sound_has_one_loudness() -> None:
    assert reading((0.1, 300)) == pytest.approx((lufs(0.1), lufs(0.1)))
    assert reading((0.1, 1000)) == pytest.approx((lufs(0.1), lufs(0.1)))


def test_momentary_loudness_is_of_400_ms_and_short_term_of_3_s() -> None:
    assert reading((0.1, 300), (0.4, 20)) == pytest.approx((lufs(0.25), lufs(0.1 + 0.3 * 20 / 300)))
    assert reading((0.1, 300), (0.4, 40)) == pytest.approx((lufs(0.4), lufs(0.1 + 0.3 * 40 / 300)))
    assert reading((0.1, 300), (0.4, 300)) == pytest.approx((lufs(0.4), lufs(0.4)))


def test_before_the_stream_there_was_silence() -> None:
    momentary_lufs, short_term_lufs = reading((0.1, 20))
    assert momentary_lufs == pytest.approx(lufs(0.1 * 20 / 40))
    assert short_term_lufs == pytest.approx(lufs(0.1 * 20 / 300))


def test_silence_is_minus_70() -> None:
    assert reading() == (-70.0, -70.0)
    assert reading((0.1, 300), (0.0, 40))[0] == -70


def test_a_hop_longer_than_the_window_is_the_window() -> None:
    meter = LoudnessMeter(sample_rate=1000, hop_length=8000)
    assert meter.reading(meter.step(meter.start(), [0.1])) == pytest.approx((lufs(0.1), lufs(0.1)))
