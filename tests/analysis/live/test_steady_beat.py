"""The line through beats that were heard."""

import pytest

from tactus.analysis.live import steady_beat

EVEN = tuple(0.5 * k for k in range(8))


def test_a_hasty_beat_moves_the_line_little() -> None:
    found = steady_beat.line((*EVEN[:4], EVEN[4] + 0.02, *EVEN[5:]))
    assert found is not None
    assert found == pytest.approx((3.5, 0.5), abs=0.006)


@pytest.mark.parametrize("moments_s", [EVEN[:3], (*EVEN[:4], 2.08, *EVEN[5:])], ids=["too few", "one far off"])
def test_without_steady_beats_there_is_none(moments_s: tuple[float, ...]) -> None:
    assert steady_beat.line(moments_s) is None
    assert steady_beat.near(moments_s, 4.013, 0.51, 0.03) == (4.013, 0.51)


def test_a_beat_near_the_line_is_told_on_it_and_no_other() -> None:
    assert steady_beat.near(EVEN, 4.013, 0.51, 0.03) == pytest.approx((4.0, 0.5))
    assert steady_beat.near(EVEN, 4.1, 0.51, 0.03) == (4.1, 0.51)
    assert steady_beat.near(EVEN, 4.0, 0.25, 0.03) == (4.0, 0.25)  # twice as fast now


def test_another_pace_begins_another_line() -> None:
    assert steady_beat.after(EVEN, 4.01, 0.5) == (*EVEN[1:], 4.01)
    assert steady_beat.after(EVEN, 3.8, 0.5) == (3.8,)
