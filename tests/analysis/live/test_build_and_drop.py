"""Build, drop and break: powers by rows of a tenth of a second, made by hand."""

import numpy as np
import pytest

from tactus.analysis.live import build_and_drop
from tactus.analysis.live.build_and_drop import BuildDrop, Row
from tactus.dsp.arrays import Floats

ROW_S = 0.1
FULL: Row = (0.04, 0.004, 0.05)
BARE: Row = (0.0005, 0.001, 0.004)
"""The low end is 19 dB below its full level, the whole 11 LU."""


def rows(length_s: float, row: Row, rise_db: float = 0.0, treble_rise_db: float | None = None) -> Floats:
    """Powers by row; the whole rises evenly, and the treble by as much, or otherwise."""
    n = round(length_s / ROW_S)
    whole = 10 ** (np.linspace(0, rise_db, n) / 10)
    treble = 10 ** (np.linspace(0, rise_db if treble_rise_db is None else treble_rise_db, n) / 10)
    return np.stack((np.full(n, row[0]), row[1] * treble, row[2] * whole), axis=1)


def low(db: float, whole: float = 0.05) -> Row:
    """Rows whose low end lies so far above or below the full level."""
    return (FULL[0] * 10 ** (db / 10), 0.001, whole)


def detected(*parts: Floats) -> list[BuildDrop | None]:
    state, found = build_and_drop.start(), []
    for row in np.concatenate(parts):
        state = build_and_drop.step(state, tuple(row.tolist()), ROW_S)
        found.append(state.build_drop)
    return found


def at(found: list[BuildDrop | None], second: float) -> BuildDrop | None:
    """What is detected once so much time has passed."""
    return found[round(second / ROW_S) - 1]


def test_break_build_and_drop_are_detected_as_they_come() -> None:
    found = detected(rows(20, FULL), rows(10, BARE), rows(8, BARE, rise_db=7), rows(40, FULL))
    moments = {second: at(found, second) for second in (15, 25, 29, 37, 39, 60, 75)}
    assert moments == {15: None, 25: "break", 29: "break", 37: "build", 39: "drop", 60: "drop", 75: None}


def test_a_break_begins_when_the_low_end_has_been_missing_for_two_seconds() -> None:
    found = detected(rows(20, FULL), rows(5, BARE))
    assert (at(found, 21.9), at(found, 22.0)) == (None, "break")


@pytest.mark.parametrize(("db", "expected"), [(-7.9, None), (-8.1, "break")])
def test_the_low_end_is_missing_8_db_below_its_full_level(db: float, expected: BuildDrop | None) -> None:
    assert at(detected(rows(20, FULL), rows(5, low(db))), 24) == expected


@pytest.mark.parametrize(("db", "expected"), [(-4.1, "break"), (-3.9, "drop")])
def test_the_low_end_is_back_within_4_db_of_its_full_level(db: float, expected: BuildDrop | None) -> None:
    found = detected(rows(20, FULL), rows(5, low(-12, 0.004)), rows(1, low(db, 0.05)))
    assert at(found, 26) == expected


def test_it_is_back_in_the_mean_of_four_tenths_of_a_second() -> None:
    found = detected(rows(20, FULL), rows(5, low(-30, 0.004)), rows(2, low(0.0, 0.05)))
    # Two of four rows have half the full power, 3 dB less; one has a quarter, 6 dB less.
    assert (at(found, 25.1), at(found, 25.2)) == ("break", "drop")


@pytest.mark.parametrize(("factor", "expected"), [(3.05, "drop"), (2.93, None)])
def test_after_a_break_a_drop_is_3_lu_louder_than_the_seconds_before(factor: float, expected: BuildDrop | None) -> None:
    """The low end is back after 0.2 s: then half of 0.4 s are louder, and 3 LU are twice the power in their mean."""
    found = detected(rows(20, FULL), rows(8, low(-30, 0.01)), rows(2, low(0.0, 0.01 * factor)))
    assert at(found, 29) == expected


def test_the_seconds_before_are_three() -> None:
    """Loud until 3 s, or 2 s, before the low end returns (0.2 s later it is found back)."""
    for loud_until_s, expected in ((4.9, "drop"), (7.0, None)):
        found = detected(
            rows(20, FULL),
            rows(loud_until_s, low(-30, 0.05)),
            rows(8 - loud_until_s, low(-30, 0.015)),
            rows(2, low(0.0, 0.05)),
        )
        assert at(found, 28.6) == expected


def test_after_a_build_the_low_end_is_a_drop_however_loud() -> None:
    found = detected(rows(20, FULL), rows(8, (0.0005, 0.001, 0.01), rise_db=7), rows(10, FULL))
    assert (at(found, 27.9), at(found, 30)) == ("build", "drop")


def test_full_sound_without_a_break_before_is_no_drop() -> None:
    assert set(detected(rows(20, FULL), rows(1.5, BARE), rows(20, FULL))) == {None}


@pytest.mark.parametrize(("rise_db", "expected"), [(4.6, "build"), (4.3, "break")])
def test_a_build_rises_by_3_db_from_the_first_third_of_6_s_to_the_last(rise_db: float, expected: BuildDrop) -> None:
    """A rise of 60 rows in decibels; thirds are 40 rows apart, so two thirds of it: 3 dB are 4.5 dB over all."""
    found = detected(rows(20, FULL), rows(8, BARE), rows(6, BARE, rise_db=rise_db, treble_rise_db=0.0))
    assert at(found, 34) == expected


@pytest.mark.parametrize(("rise_db", "expected"), [(9.3, "build"), (8.7, "break")])
def test_a_treble_that_rises_by_6_db_is_a_build(rise_db: float, expected: BuildDrop) -> None:
    found = detected(rows(20, FULL), rows(8, BARE), rows(6, BARE, treble_rise_db=rise_db))
    assert at(found, 34) == expected


@pytest.mark.parametrize(("below_db", "expected"), [(19, "build"), (21, "break")])
def test_a_treble_20_db_below_the_whole_makes_no_build(below_db: float, expected: BuildDrop) -> None:
    """In the last third of a rise by 12 dB over 6 s, the treble is 1.9 dB below its end in the mean."""
    last = float(np.mean(10 ** (np.linspace(0, 12, 60)[40:] / 10)))
    row = (0.0005, 0.01 * 10 ** (-below_db / 10) / last, 0.01)
    found = detected(rows(20, FULL), rows(8, (0.0005, row[1], 0.01)), rows(6, row, treble_rise_db=12))
    assert at(found, 34) == expected


def test_while_the_low_end_was_there_nothing_rises() -> None:
    """Six seconds of which the first have the low end: no build, however much they rise."""
    found = detected(rows(20, FULL), rows(5.5, BARE, rise_db=12))
    assert at(found, 25.4) == "break"
    found = detected(rows(20, FULL), rows(6.5, BARE, rise_db=12))
    assert at(found, 26.4) == "build"


def test_a_build_goes_on_until_the_low_end_returns() -> None:
    found = detected(rows(20, FULL), rows(8, BARE, rise_db=9), rows(10, BARE))
    assert (at(found, 28), at(found, 37)) == ("build", "build")


def test_a_drop_lasts_until_the_low_end_goes_or_for_30_s() -> None:
    found = detected(rows(20, FULL), rows(5, BARE), rows(40, FULL))
    begins = found.index("drop")
    assert begins == pytest.approx(252, abs=1)
    assert [found[begins + k] for k in (0, 300, 303)] == ["drop", "drop", None]
    found = detected(rows(20, FULL), rows(5, BARE), rows(5, FULL), rows(5, BARE))
    assert at(found, 33) == "break"


def test_a_drop_whose_low_end_wavers_lasts_30_s_too() -> None:
    between = low(-6)  # neither missing nor back
    found = detected(rows(20, FULL), rows(5, BARE), rows(2, FULL), rows(40, between))
    begins = found.index("drop")
    assert [found[begins + k] for k in (25, 300, 303)] == ["drop", "drop", None]


def test_nothing_is_detected_in_the_first_8_s() -> None:
    found = detected(rows(5, FULL), rows(20, BARE))
    assert set(found[:79]) == {None}
    assert found[79] == "break"


def test_silence_is_nothing() -> None:
    assert set(detected(rows(20, FULL), rows(10, (0.0, 0.0, 0.0)))[220:]) == {None}
    assert set(detected(rows(20, FULL), rows(10, (0.0, 0.0, 0.9e-6)))[220:]) == {None}
    assert set(detected(rows(20, FULL), rows(10, (0.0, 0.0, 1.1e-6)))[220:]) == {"break"}
    assert set(detected(rows(30, (0.0, 0.001, 0.01)))) == {None}


def test_the_full_level_is_the_upper_quarter_of_90_s() -> None:
    loud, soft = low(0.0), low(-10)
    # Loud for a quarter of the time: loud is full, and soft is missing. For less than that: soft is full.
    found = detected(rows(10, loud), rows(40, soft))
    assert (at(found, 39.5), at(found, 40.5)) == ("break", None)
    # What was more than 90 s ago does not count: 22.5 s are a quarter.
    found = detected(rows(24, loud), rows(76, soft))
    assert (at(found, 91.4), at(found, 91.7)) == ("break", None)


@pytest.mark.parametrize("length_s", [0.0116, 0.0929, 0.3715])
def test_detection_does_not_depend_on_how_messages_are_cut(length_s: float) -> None:
    state = build_and_drop.start()
    found_s: dict[str | None, float] = {}
    for number in range(round(40 / length_s)):
        at_s = number * length_s
        state = build_and_drop.step(state, FULL if at_s < 20 or at_s > 30 else BARE, length_s)
        found_s.setdefault(state.build_drop, at_s)
    assert found_s["break"] == pytest.approx(22.0, abs=0.5)
    assert found_s["drop"] == pytest.approx(30.4, abs=0.6)


def test_a_row_is_the_mean_of_what_it_joins() -> None:
    state = build_and_drop.start()
    for power in (0.1, 0.2, 0.3, 0.4):
        state = build_and_drop.step(state, (power, 2 * power, 3 * power), 0.025)
    assert state.rows.tolist() == [pytest.approx([0.25, 0.5, 0.75])]
    assert state.waiting_s == pytest.approx(0.0, abs=1e-12)
    state = build_and_drop.step(state, (1.0, 2.0, 3.0), 0.25)
    assert state.rows[1:].tolist() == [pytest.approx([1.0, 2.0, 3.0])] * 2
    assert state.waiting_s == pytest.approx(0.05)
    assert state.waiting == pytest.approx((0.05, 0.1, 0.15))


def test_music_without_such_contrasts_has_none_of_them() -> None:
    assert set(detected(rows(60, FULL))) == {None}
    chords = [rows(3, (0.0005, faint, 0.01)) for faint in (1e-6, 4e-6) * 4]
    assert set(detected(rows(20, FULL), *chords)[230:]) == {"break"}
