"""The level meter, by formula: 100 hops a second of given power."""

import math

import numpy as np
import pytest

from tactus.analysis.live.band_powers import BandPowers, HopPowers
from tactus.analysis.live.levels import GAIN_FLOORS, NO_LEVELS, BandLevels, LevelMeter
from tests.fixtures.signals import tone

METER = LevelMeter(sample_rate=44100, hop_length=441)


def hops(power: float, n: int) -> list[HopPowers]:
    """Hops in which every band and the whole have one power."""
    return [HopPowers(power, power, power, power, power)] * n


def levels(*powers: tuple[float, int], meter: LevelMeter = METER) -> tuple[list[BandLevels], list[BandLevels]]:
    return meter.step(meter.start(), [hop for power, n in powers for hop in hops(power, n)])[1:]


def test_a_raw_level_is_the_amplitude_of_the_sine_of_that_power() -> None:
    _, [*_, raw] = levels((0.5 * 0.3**2, 10))
    assert raw[:4] == pytest.approx([0.3] * 4)
    _, [*_, loud] = levels((2.0, 10))
    assert loud == BandLevels(1.0, 1.0, 1.0, 1.0, loud.energy)


def test_levels_are_those_of_their_bands() -> None:
    _, _, [raw] = METER.step(METER.start(), [HopPowers(0.0, 0.02, 0.08, 0.0, 0.18)])
    assert raw[:4] == pytest.approx([0.0, 0.2, 0.4, 0.6])


def test_the_bass_is_averaged_over_46_ms() -> None:
    """Five hops of 10 ms: one of them with power gives a fifth of it, and the sixth none."""
    _, raws = levels((0.5, 1), (0.0, 9))
    assert [raw.bass for raw in raws[:7]] == pytest.approx([math.sqrt(0.2)] * 5 + [0.0] * 2)
    assert [raw.mid for raw in raws[:2]] == [1.0, 0.0]
    coarse = LevelMeter(sample_rate=44100, hop_length=4410)
    _, raws = levels((0.5, 1), (0.0, 1), meter=coarse)
    assert [raw.bass for raw in raws] == [1.0, 0.0]


def test_energy_rises_within_400_ms_on_a_scale_of_60_db() -> None:
    _, raws = levels((0.5, 4000))
    assert raws[-1].energy == pytest.approx(1.0)
    assert raws[39].energy == pytest.approx(1 + 10 * math.log10(1 - math.exp(-1)) / 60)
    _, raws = levels((0.5 * 10**-3, 4000))
    assert raws[-1].energy == pytest.approx(0.5)
    _, raws = levels((0.5 * 10**-6.5, 4000))
    assert raws[-1].energy == 0
    _, raws = levels((0.0, 1))
    assert raws[-1].energy == 0


def test_the_loudest_of_the_last_seconds_is_full() -> None:
    smoothed, _ = levels((0.5 * 0.1**2, 200))
    assert smoothed[-1][:4] == pytest.approx([1.0] * 4, abs=1e-4)


def test_the_gain_recovers_within_eight_seconds() -> None:
    """A level of 0.05 after one of 1: its reference falls by 1/e in 8 s, and to 0.05 in 8 s * ln 20 = 24 s."""
    smoothed, _ = levels((0.5, 100), (0.5 * 0.05**2, 2500))
    assert smoothed[100 + 799].mid == pytest.approx(0.05 / math.exp(-1), rel=0.02)
    assert smoothed[100 + 1599].mid == pytest.approx(0.05 / math.exp(-2), rel=0.02)
    assert smoothed[-1].mid == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("amplitude", "level"), [(0.0015, 0.5), (0.003, 1.0), (0.0003, 0.1)])
def test_the_gain_raises_nothing_below_50_dbfs(amplitude: float, level: float) -> None:
    smoothed, _ = levels((0.5 * amplitude**2, 200))
    assert smoothed[-1][:4] == pytest.approx([level] * 4, rel=1e-3)


def test_the_gain_of_energy_raises_nothing_below_50_dbfs() -> None:
    """50 dB below full scale are a sixth of a range of 60 dB."""
    assert GAIN_FLOORS[-1] == pytest.approx(1 - 50 / 60)
    smoothed, _ = levels((0.5 * 10**-5.5, 4000))  # 5 dB below that: half as much
    assert smoothed[-1].energy == pytest.approx(0.5, rel=1e-3)


def test_a_level_rises_within_5_ms_and_falls_within_120_ms() -> None:
    smoothed, _ = levels((0.5, 100), (0.0, 100))
    assert smoothed[0].mid == pytest.approx(1 - math.exp(-2))
    assert smoothed[99].mid == pytest.approx(1.0)
    assert smoothed[99 + 12].mid == pytest.approx(math.exp(-1))
    assert smoothed[99 + 24].mid == pytest.approx(math.exp(-2))


def test_attack_and_release_are_as_set() -> None:
    slow = LevelMeter(44100, 441, attack_s=0.3, release_s=0.0)
    smoothed, _ = levels((0.5, 100), (0.0, 2), meter=slow)
    assert smoothed[29].mid == pytest.approx(1 - math.exp(-1))
    assert smoothed[100].mid == pytest.approx(0.0, abs=1e-9)
    quick = LevelMeter(44100, 441, attack_s=0.0, release_s=0.3)
    smoothed, _ = levels((0.5, 1), (0.0, 30), meter=quick)
    assert smoothed[0].mid == pytest.approx(1.0)
    assert smoothed[30].mid == pytest.approx(math.exp(-1))


def test_a_meter_starts_in_silence_with_the_least_gain() -> None:
    start = METER.start()
    assert (start.bass_powers, start.energy, start.levels) == ((0.0,) * 5, 0.0, NO_LEVELS)
    assert start.references == pytest.approx((0.003, 0.003, 0.003, 0.003, 1 / 6))


# Band powers


def powers(hz: float, rate: int = 44100) -> HopPowers:
    """The last powers of a full-scale tone, a fifth of a second at a time."""
    samples = tone(hz, 1.0, sample_rate=rate)
    bank = BandPowers(rate, rate // 5)
    return bank.step(bank.start(), samples.reshape(5, -1))[1][-1]


@pytest.mark.parametrize(("hz", "band"), [(70, "bass"), (1000, "mid"), (9000, "treble"), (18000, "treble")])
def test_a_tone_has_its_power_in_its_band(hz: float, band: str) -> None:
    found = powers(hz)._asdict()
    assert found.pop("whole") == pytest.approx(0.5, rel=1e-3)
    found.pop("weighted")
    assert found.pop(band) == pytest.approx(0.5, rel=0.03)
    assert max(found.values()) < 0.5 * 10**-3


@pytest.mark.parametrize(("hz", "bands"), [(20, ["bass"]), (250, ["bass", "mid"]), (4000, ["mid", "treble"])])
def test_at_the_edge_of_a_band_half_the_power_is_left(hz: float, bands: list[str]) -> None:
    for band in bands:
        assert powers(hz)._asdict()[band] == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize(("hz", "band", "low_hz", "high_hz"), [(125, "mid", 250, 4000), (500, "bass", 20, 250)])
def test_bands_are_butterworth_filters_of_fourth_order(hz: float, band: str, low_hz: float, high_hz: float) -> None:
    """By the bilinear transform, power 1 / (1 + x^8), x = (w^2 - a b) / (w (b - a)), w = tan(pi f / rate)."""
    w, a, b = (math.tan(math.pi * f / 44100) for f in (hz, low_hz, high_hz))
    x = (w * w - a * b) / (w * (b - a))
    assert powers(hz)._asdict()[band] == pytest.approx(0.5 / (1 + x**8), rel=0.02)


def test_the_weighted_power_of_a_997_hz_tone_is_that_of_the_standard() -> None:
    """ITU-R BS.1770: -3.01 LUFS at full scale, and -0.691 + 10 lg 0.585 = -3.01."""
    assert -0.691 + 10 * math.log10(powers(997).weighted) == pytest.approx(-3.01, abs=0.02)


def test_at_low_sample_rates_bands_hold_what_there_is() -> None:
    assert powers(3000, rate=8000).treble == 0
    assert powers(2000, rate=8000).mid == pytest.approx(0.5, rel=0.02)
    assert powers(7000, rate=16000).treble == pytest.approx(0.5, rel=0.02)
    assert powers(4500, rate=10000).treble == pytest.approx(0.5, rel=0.1)


def test_hops_one_by_one_have_the_same_powers() -> None:
    samples = tone(300, 1.0).reshape(-1, 441)
    bank = BandPowers(44100, 441)
    whole = bank.step(bank.start(), samples)[1]
    state, single = bank.start(), []
    for hop in samples:
        state, [found] = bank.step(state, hop[None])
        single.append(found)
    np.testing.assert_allclose(single, whole, rtol=1e-9)
