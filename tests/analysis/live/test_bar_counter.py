"""Bar counting: probabilities of positions in the bar, by hand."""

import numpy as np
import pytest

from tactus.analysis.live import bar_counter
from tactus.analysis.live.bar_counter import BarCount

PRIOR = [0.85 / 4] * 4 + [0.15 / 3] * 3
"""Four beats in a bar with probability 0.85, three with 0.15, any position alike."""


def certain(position: int, meter: int) -> BarCount:
    """The count after a beat whose position is known."""
    posterior = np.zeros(7)
    posterior[(0 if meter == 4 else 4) + position - 1] = 1.0
    return BarCount(posterior)


def normalised(values: list[float]) -> list[float]:
    return [value / sum(values) for value in values]


def test_before_the_first_beat_every_position_is_as_likely_as_its_meter() -> None:
    assert bar_counter.start().posterior.tolist() == pytest.approx(PRIOR)
    assert bar_counter.start().brightness == ()
    assert bar_counter.meter(bar_counter.start()) == 4


@pytest.mark.parametrize(
    ("activation", "likelihood"), [(0.6, 0.6), (0.2, 0.2), (0.84, 0.84), (1.0, 0.85), (0.0, 0.15), (0.16, 0.16)]
)
def test_a_downbeat_activation_is_a_likelihood_that_is_never_certain(activation: float, likelihood: float) -> None:
    count = bar_counter.counted(bar_counter.start(), activation, 1.0)
    four = [PRIOR[0] * likelihood] + [PRIOR[0] * (1 - likelihood)] * 3
    three = [PRIOR[4] * likelihood] + [PRIOR[4] * (1 - likelihood)] * 2
    assert count.posterior.tolist() == pytest.approx(normalised(four + three))


@pytest.mark.parametrize("position", [1, 2, 3, 4])
def test_a_bar_continues_with_probability_99_percent(position: int) -> None:
    after = bar_counter.counted(certain(position, 4), 0.5, 1.0)
    expected = 0.01 * np.array(PRIOR)
    expected[position % 4] += 0.99
    assert after.posterior.tolist() == pytest.approx(expected.tolist())


def test_positions_go_round_in_their_own_meter() -> None:
    assert [bar_counter.next_beat_in_bar(certain(place, 4)) for place in (1, 2, 3, 4)] == [2, 3, 4, 1]
    assert [bar_counter.next_beat_in_bar(certain(place, 3)) for place in (1, 2, 3)] == [2, 3, 1]


def test_the_meter_is_the_one_with_more_probability_in_all() -> None:
    assert bar_counter.meter(BarCount(np.array([0.2, 0.1, 0.1, 0.11, 0.3, 0.1, 0.09]))) == 4
    assert bar_counter.meter(BarCount(np.array([0.2, 0.1, 0.1, 0.09, 0.2, 0.2, 0.11]))) == 3


@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_the_downbeat_is_where_the_network_hears_it(beats_per_bar: int) -> None:
    count = bar_counter.start()
    for beat in range(40):
        count = bar_counter.counted(count, 0.6 if beat % beats_per_bar == 0 else 0.2, 1.0)
    assert bar_counter.next_beat_in_bar(count) == 40 % beats_per_bar + 1
    assert bar_counter.meter(count) == beats_per_bar


def metronome(n_beats: int, meter: int, place: int, bright: float = 3.0) -> tuple[float, ...]:
    """Brightness of beats of which the newest has a position (from 0) in its bar; the others have 2."""
    return tuple(bright if (place - age) % meter == 0 else 2.0 for age in reversed(range(n_beats)))


@pytest.mark.parametrize(("meter", "place"), [(4, 0), (4, 1), (4, 3), (3, 0), (3, 2)])
def test_the_bright_click_of_a_metronome_is_found(meter: int, place: int) -> None:
    assert bar_counter.metronome_place(metronome(12, meter, place), meter) == place
    assert bar_counter.metronome_place(metronome(12, meter, place), 7 - meter) is None


@pytest.mark.parametrize(("meter", "n_beats"), [(4, 8), (3, 6)])
def test_a_metronome_takes_two_bars_to_be_found(meter: int, n_beats: int) -> None:
    assert bar_counter.metronome_place(metronome(n_beats, meter, 0), meter) == 0
    assert bar_counter.metronome_place(metronome(n_beats - 1, meter, 0), meter) is None


@pytest.mark.parametrize(("bright", "place"), [(2.11, 0), (2.09, None), (1.0, None)])
def test_the_click_of_a_metronome_is_brighter_by_a_tenth(bright: float, place: int | None) -> None:
    assert bar_counter.metronome_place(metronome(8, 4, 0, bright), 4) == place


@pytest.mark.parametrize(("spread", "place"), [(0.15, 0), (0.165, None)])
def test_a_metronome_is_even(spread: float, place: int | None) -> None:
    """Two bars, their other beats at 2 +- d: d^2 * 6/8 is unexplained, and 0.1875 more is the variance in all.

    Unexplained is less than 0.3^2 of the variance where d < 0.157.
    """
    high, low = 2 + spread, 2 - spread
    assert bar_counter.metronome_place((high, low, high, 3.0, low, high, low, 3.0), 4) == place


def test_a_metronome_makes_its_position_twenty_times_as_likely() -> None:
    earlier = metronome(8, 4, 2)[:-1]
    count = bar_counter.counted(BarCount(bar_counter.start().posterior, earlier), 0.5, 2.0)
    likelihoods = [1.0, 1.0, 20.0, 1.0, 1.0, 1.0, 1.0]
    assert count.posterior.tolist() == pytest.approx(
        normalised([p * k for p, k in zip(PRIOR, likelihoods, strict=True)])
    )


def test_a_metronome_in_three_counts_in_three() -> None:
    earlier = metronome(6, 3, 1)[:-1]
    count = bar_counter.counted(BarCount(bar_counter.start().posterior, earlier), 0.5, 2.0)
    likelihoods = [1.0, 1.0, 1.0, 1.0, 1.0, 20.0, 1.0]
    assert count.posterior.tolist() == pytest.approx(
        normalised([p * k for p, k in zip(PRIOR, likelihoods, strict=True)])
    )


def test_a_metronome_is_looked_for_in_the_last_twelve_beats() -> None:
    count = bar_counter.start()
    for number in range(20):
        count = bar_counter.counted(count, 0.5, float(number))
    assert count.brightness == tuple(float(number) for number in range(8, 20))


def test_a_backbeat_is_no_metronome() -> None:
    count = bar_counter.start()
    for beat in range(24):
        count = bar_counter.counted(count, 0.6 if beat % 4 == 0 else 0.2, 3.0 if beat % 2 else 2.0)
    assert bar_counter.next_beat_in_bar(count) == 1
