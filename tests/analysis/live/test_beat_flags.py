"""Which frame shows which beat."""

from dataclasses import replace

import pytest

from tactus.analysis.live.beat_flags import LATE_BEAT_S, BeatFlags
from tactus.analysis.live.events import BeatCancelled, BeatPrediction, LiveEvent, OnsetEvent


def beat(number: int, at_s: float) -> BeatPrediction:
    return BeatPrediction(number, at_s, at_s - 0.05, 120.0, 1, 0, 0.9, 0.8, predicted=True)


def shown(flags: BeatFlags, *ends_s: float) -> list[int | None]:
    """The ids that frames show which end at some moments."""
    ids: list[int | None] = []
    for end_s in ends_s:
        flags, found = flags.shown_until(end_s)
        ids.append(found.id if found else None)
    return ids


def test_a_beat_is_shown_by_the_first_frame_that_ends_after_it_and_by_no_other() -> None:
    flags = BeatFlags().after([beat(0, 1.0), OnsetEvent(1.0, 1.0, 2.0, 0), beat(1, 1.5)])
    assert shown(flags, 0.99, 1.0, 1.02, 1.49, 1.51, 1.53) == [None, 0, None, None, 1, None]


def test_a_moved_beat_is_shown_where_it_was_moved_to() -> None:
    flags = BeatFlags().after([beat(0, 1.0)]).after([beat(0, 1.04)])
    assert shown(flags, 1.01, 1.03, 1.05) == [None, None, 0]


def test_a_cancelled_beat_is_not_shown() -> None:
    flags = BeatFlags().after([beat(0, 1.0), beat(1, 1.5)]).after([BeatCancelled(0, 0.98)])
    assert shown(flags, 1.02, 1.52) == [None, 1]
    assert BeatFlags().after([BeatCancelled(5, 0.98)]) == BeatFlags()


def test_a_beat_that_was_shown_is_not_shown_again_when_it_is_moved() -> None:
    flags, found = BeatFlags().after([beat(3, 1.0)]).shown_until(1.01)
    assert found == beat(3, 1.0)
    assert shown(flags.after([beat(3, 1.02)]), 1.03) == [None]
    assert shown(flags.after([beat(2, 1.02)]), 1.03) == [None]
    assert shown(flags.after([beat(4, 1.02)]), 1.03) == [4]


@pytest.mark.parametrize(("late_s", "ids"), [(0.24, [0]), (0.26, [None])])
def test_a_beat_known_a_quarter_of_a_second_late_is_not_shown(late_s: float, ids: list[int | None]) -> None:
    assert LATE_BEAT_S == 0.25
    assert shown(BeatFlags().after([beat(0, 1.0)]), 1.0 + late_s) == ids


def test_a_beat_that_is_too_late_is_over_all_the_same() -> None:
    flags, _ = BeatFlags().after([beat(4, 1.0)]).shown_until(2.0)
    assert flags == BeatFlags({}, newest_shown_id=4)


def test_of_two_beats_in_one_frame_the_newer_is_shown_and_both_are_over() -> None:
    events: list[LiveEvent] = [beat(0, 1.0), beat(1, 1.02), beat(2, 1.5)]
    flags, found = BeatFlags().after(events).shown_until(1.03)
    assert found == beat(1, 1.02)
    assert flags == BeatFlags({2: beat(2, 1.5)}, newest_shown_id=1)
    assert replace(flags, newest_shown_id=0).after([beat(1, 1.04)]).due.keys() == {1, 2}
