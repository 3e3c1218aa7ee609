"""The line through beats that are evenly spaced."""

import pytest

from tactus.analysis.live import steady_beat

EVEN = tuple(0.5 * k for k in range(8))


def with_one_late(by_s: float) -> tuple[float, ...]:
    """Eight beats, the fifth of which is late."""
    return (*EVEN[:4], EVEN[4] + by_s, *EVEN[5:])


def test_four_beats_make_a_line_and_three_do_not() -> None:
    assert steady_beat.line(EVEN[:4]) == pytest.approx((1.5, 0.5))
    assert steady_beat.line(EVEN[:3]) is None


def test_a_hasty_beat_moves_the_line_little() -> None:
    found = steady_beat.line(with_one_late(0.02))
    # Least squares over k = 0..7: the mean moves by 0.02 / 8, the slope by 0.5 * 0.02 / 42.
    assert found == pytest.approx((3.5 + 0.02 / 8 + 3.5 * 0.5 * 0.02 / 42, 0.5 + 0.5 * 0.02 / 42))


def test_beats_are_steady_when_none_lies_30_ms_from_the_line() -> None:
    # The line follows a late fifth beat by 1/8 + 0.5^2 / 42 of its delay, so 0.869 of it is left.
    assert steady_beat.line(with_one_late(0.029 / 0.869)) is not None
    assert steady_beat.line(with_one_late(0.031 / 0.869)) is None
    assert steady_beat.line(with_one_late(-0.031 / 0.869)) is None


def test_without_steady_beats_the_expectation_stands() -> None:
    assert steady_beat.near(EVEN[:3], 2.013, 0.51, 0.03) == (2.013, 0.51)
    assert steady_beat.near(with_one_late(0.08), 4.013, 0.51, 0.03) == (4.013, 0.51)


@pytest.mark.parametrize(
    ("expected_s", "beat_s"), [(4.029, 4.0), (3.971, 4.0), (4.031, None), (3.969, None), (5.52, 5.5), (4.25, None)]
)
def test_a_beat_within_reach_of_the_line_is_placed_on_it(expected_s: float, beat_s: float | None) -> None:
    placed = (beat_s, 0.5) if beat_s else (expected_s, 0.49)
    assert steady_beat.near(EVEN, expected_s, 0.49, 0.03) == pytest.approx(placed)


@pytest.mark.parametrize(("interval_s", "agrees"), [(0.447, True), (0.446, False), (0.567, True), (0.569, False)])
def test_a_line_of_another_tempo_does_not_count(interval_s: float, agrees: bool) -> None:
    """It agrees within 12 % of the expected interval: 0.5 / 1.12 = 0.4464, 0.5 / 0.88 = 0.5682."""
    assert steady_beat.near(EVEN, 4.01, interval_s, 0.03) == pytest.approx((4.0, 0.5) if agrees else (4.01, interval_s))


@pytest.mark.parametrize(("interval_s", "continues"), [(0.555, True), (0.565, False), (0.445, True), (0.435, False)])
def test_a_beat_of_another_length_begins_another_line(interval_s: float, continues: bool) -> None:
    time_s = EVEN[-1] + interval_s
    assert steady_beat.after(EVEN, time_s, 0.5) == ((*EVEN[1:], time_s) if continues else (time_s,))


def test_a_line_is_of_the_last_eight_beats() -> None:
    times_s: tuple[float, ...] = ()
    for k in range(12):
        times_s = steady_beat.after(times_s, 0.5 * k, 0.5)
        assert len(times_s) == min(k + 1, 8)
    assert times_s == tuple(0.5 * k for k in range(4, 12))
