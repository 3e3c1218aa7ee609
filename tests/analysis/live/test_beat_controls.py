"""Listener controls as a value: what each command changes, and for how long."""

import pytest

from tactus.analysis.live.beat_controls import NO_CONTROLS, BeatCommand, BeatControls, Tempo, tapped


def after(*commands: BeatCommand, controls: BeatControls = NO_CONTROLS, moment_s: float = 0.0) -> BeatControls:
    for command in commands:
        controls = controls.after(command, moment_s)
    return controls


def with_taps(*taps_s: float) -> BeatControls:
    controls = NO_CONTROLS
    for tap_s in taps_s:
        controls = controls.after(BeatCommand(tap=True), tap_s)
    return controls


def tempo(*tempi: Tempo) -> BeatControls:
    return after(*(BeatCommand(tempo=each) for each in tempi))


def test_a_command_that_names_nothing_changes_nothing() -> None:
    controls = BeatControls(2.0, (110.0, 120.0), 0.1, 0.05, True, (1.0, 1.5, 2.0), True)
    assert after(BeatCommand(), controls=controls) == controls
    assert after(BeatCommand()) == NO_CONTROLS


@pytest.mark.parametrize(
    ("tempi", "scale"),
    [
        (("x2",), 2.0),
        (("x1/2",), 0.5),
        (("x2", "x2"), 4.0),
        (("x2", "x2", "x2"), 4.0),
        (("x1/2", "x1/2", "x1/2"), 0.25),
        (("x2", "x1/2"), 1.0),
    ],
)
def test_multiples_add_up_to_four_at_most(tempi: tuple[Tempo, ...], scale: float) -> None:
    assert tempo(*tempi) == BeatControls(scale=scale)


@pytest.mark.parametrize(
    ("bpm", "scale", "tracked_bpm"),
    [(120, 1, 120), (55, 1, 55), (215, 1, 215), (216, 2, 108), (54, 0.5, 108), (400, 2, 200), (20, 0.25, 80)],
)
def test_a_tempo_is_tracked_within_5_percent_or_as_a_multiple_of_one_that_can_be_tracked(
    bpm: float, scale: float, tracked_bpm: float
) -> None:
    controls = tempo(float(bpm))
    assert controls.scale == scale
    assert controls.bpm_range == pytest.approx((0.95 * tracked_bpm, 1.05 * tracked_bpm))


@pytest.mark.parametrize(("bpm", "meant_bpm"), [(10.0, 20.0), (500.0, 400.0)])
def test_tempi_beyond_what_may_be_named_are_the_nearest_that_may(bpm: float, meant_bpm: float) -> None:
    assert tempo(bpm) == tempo(meant_bpm)


def test_a_range_replaces_a_multiple_and_taps() -> None:
    controls = after(BeatCommand(tempo=(120.0, 140.0)), controls=BeatControls(scale=2.0, taps=(1.0, 2.0)))
    assert controls == BeatControls(scale=1.0, bpm_range=(120.0, 140.0))
    assert after(BeatCommand(tempo=100.0), controls=BeatControls(taps=(1.0, 2.0))).taps == ()
    assert after(BeatCommand(tempo="x2"), controls=BeatControls(taps=(1.0, 2.0))).taps == (1.0, 2.0)


def test_three_taps_make_a_tempo() -> None:
    assert with_taps(1.0, 1.5) == BeatControls(taps=(1.0, 1.5))
    assert not with_taps(1.0, 1.5).are_tapped
    controls = with_taps(1.0, 1.5, 2.0)
    assert controls.are_tapped
    assert controls.bpm_range == pytest.approx((0.95 * 120, 1.05 * 120))
    assert with_taps(1.0, 1.2, 1.4).scale == 2  # 300 beats per minute


def test_the_last_sixteen_taps_count() -> None:
    taps_s = tuple(0.5 * k for k in range(20))
    assert with_taps(*taps_s).taps == taps_s[4:]


@pytest.mark.parametrize(("pause_s", "n_taps"), [(3.0, 4), (3.09, 4), (3.11, 1), (0.0, 1), (-1.0, 1)])
def test_taps_after_a_pause_begin_a_new_series(pause_s: float, n_taps: int) -> None:
    assert len(with_taps(1.0, 1.5, 2.0, 2.0 + pause_s).taps) == n_taps


@pytest.mark.parametrize(
    ("nudges_s", "nudge_s"), [((0.02, 0.03), 0.05), ((-0.02, 0.05), 0.03), ((0.8, 0.5), 1.0), ((-0.8, -0.5), -1.0)]
)
def test_nudges_add_up_to_a_second_at_most(nudges_s: tuple[float, ...], nudge_s: float) -> None:
    assert after(*(BeatCommand(nudge_s=each) for each in nudges_s)).nudge_s == pytest.approx(nudge_s)


def test_the_shift_is_nudge_and_offset() -> None:
    assert BeatControls(nudge_s=0.03, offset_s=-0.1).shift_s == pytest.approx(-0.07)


def test_hold_and_downbeat_stay_until_they_are_changed() -> None:
    held = after(BeatCommand(hold=True), BeatCommand(nudge_s=0.1))
    assert held.hold
    assert not after(BeatCommand(hold=False), controls=held).hold
    synced = after(BeatCommand(resync=True), BeatCommand(hold=True))
    assert synced == BeatControls(hold=True, downbeat_is_set=True)


def test_release_resets_all_but_the_offset_before_the_rest_of_the_command() -> None:
    controls = BeatControls(2.0, (110.0, 120.0), 0.1, 0.05, True, (1.0, 1.5, 2.0), True)
    assert after(BeatCommand(release=True), controls=controls) == BeatControls(offset_s=0.05)
    released = after(BeatCommand(release=True, tempo="x2", nudge_s=0.02), controls=controls)
    assert released == BeatControls(scale=2.0, nudge_s=0.02, offset_s=0.05)


def test_taps_and_downbeat_belong_to_their_stream() -> None:
    controls = BeatControls(2.0, (110.0, 120.0), 0.1, 0.05, True, (1.0, 1.5, 2.0), True)
    assert controls.for_new_stream() == BeatControls(2.0, (110.0, 120.0), 0.1, 0.05, True)


def test_controls_on_the_wire() -> None:
    controls = BeatControls(2.0, (110.00049, 120.0), 0.1, -0.05, True, (1.0, 1.5, 2.0), True)
    assert controls.to_dict() == {
        "scale": 2.0,
        "bpm_min": 110.0,
        "bpm_max": 120.0,
        "nudge_ms": 100.0,
        "offset_ms": -50.0,
        "hold": True,
        "taps": 3,
        "one": True,
    }
    assert (NO_CONTROLS.to_dict()["bpm_min"], NO_CONTROLS.to_dict()["bpm_max"]) == (None, None)


@pytest.mark.parametrize(
    ("taps_s", "last_s", "interval_s"),
    [
        ((1.0, 1.5, 2.0), 2.0, 0.5),
        ((1.0, 2.0), 2.0, 1.0),
        ((0.0, 1.0, 2.3), 2.25, 1.15),  # mean 1.1, slope (2.3 - 0.0) / 2
        ((0.0, 1.0, 2.0, 3.4), 3.28, 1.12),  # mean 1.6, slope (1.5 * 3.4 + 0.5 * (2.0 - 1.0)) / 5
    ],
)
def test_taps_lie_about_the_line_of_least_squares(taps_s: tuple[float, ...], last_s: float, interval_s: float) -> None:
    assert tapped(taps_s) == pytest.approx((last_s, interval_s))
