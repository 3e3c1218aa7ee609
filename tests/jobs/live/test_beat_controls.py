"""What listeners may say of the beat, and that it holds until they take it back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tactus.analysis.live.analyzer import LiveAnalyzer
from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_controls import MIN_TAPS, NO_CONTROLS, BeatCommand, BeatControls, tapped
from tactus.dsp.arrays import Floats
from tactus.formats.live_json import event_fields, frame_fields
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import SAMPLE_RATE, click_track, noise, silence

ANALYZER = LiveAnalyzer(network_weights().live_rhythm, SAMPLE_RATE, 1024)
CLICKS = click_track(120, 24)
Beats = list[dict[str, Any]]


def told(
    samples: Floats, commands: Mapping[float, BeatCommand], controls: BeatControls = NO_CONTROLS
) -> tuple[Beats, list[dict[str, Any]]]:
    """Beats as last told, and frames, where commands are given at moments of the sound [s]."""
    state, waiting = ANALYZER.start(beat_clock=BeatClockState(controls)), sorted(commands)
    beats: dict[int, dict[str, Any]] = {}
    frames = []
    for start in range(0, len(samples) - 511, 512):
        state, more, events = ANALYZER.step(state, samples[start : start + 512])
        frames += map(frame_fields, more)
        for event in map(event_fields, events):
            if event["type"] == "beat":
                assert event["id"] >= max(beats, default=0)
                beats[event["id"]] = event
            elif event["type"] == "beat_cancelled":
                del beats[event["id"]]
        while waiting and waiting[0] <= (start + 512) / SAMPLE_RATE:
            state = ANALYZER.command(state, commands[waiting[0]], waiting[0])
            waiting.pop(0)
    return list(beats.values()), frames


def times_of(beats: Beats, after_s: float, before_s: float = 1e9) -> np.ndarray[Any, Any]:
    return np.array([beat["audio_time"] for beat in beats if after_s < beat["audio_time"] < before_s])


def off_s(times: Any, interval_s: float) -> Any:
    """How far moments lie from a grid that begins at 0 [s]."""
    return np.abs((times + interval_s / 2) % interval_s - interval_s / 2)


def test_twice_and_half_the_tempo_are_told_on_the_grid_until_released() -> None:
    commands = {10.1: BeatCommand(tempo="x2"), 14.1: BeatCommand(release=True), 18.1: BeatCommand(tempo="x1/2")}
    beats, frames = told(CLICKS, commands)
    for interval_s, span in ((0.25, (10.6, 14.0)), (0.5, (14.6, 18.0)), (1.0, (18.6, 24.0))):
        times = times_of(beats, *span)
        assert np.diff(times) == pytest.approx(np.full(len(times) - 1, interval_s), abs=0.03)
        assert off_s(times, min(interval_s, 0.5)).max() < 0.04
        spanned = [beat for beat in beats if span[0] < beat["audio_time"] < span[1]]
        assert all(60 / beat["bpm"] == pytest.approx(interval_s, rel=0.02) for beat in spanned)
        assert len(times) == pytest.approx((span[1] - span[0]) / interval_s, abs=1.1)
    bpm = {round(frame["audio_time"]): frame["tempo"]["bpm"] for frame in frames if frame["audio_time"] > 8}
    assert [bpm[at] for at in (9, 13, 17, 22)] == pytest.approx([120, 240, 120, 60], rel=0.02)
    places = [beat["beat_in_bar"] for beat in beats if 10.6 < beat["audio_time"] < 14]
    assert places == [(places[0] - 1 + k) % 4 + 1 for k in range(len(places))]
    shown = [frame["beat"]["id"] for frame in frames if frame["beat_detected"]]
    assert sorted(set(shown)) == shown


def test_a_held_beat_goes_on_through_silence_and_other_music() -> None:
    samples = np.concatenate((CLICKS[: 12 * SAMPLE_RATE], silence(4), click_track(90, 6)))
    beats, frames = told(samples, {11.1: BeatCommand(hold=True)})
    times = times_of(beats, 8.2)
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 0.5), abs=0.03)
    assert off_s(times, 0.5).max() < 0.05
    assert times[-1] > 21
    assert frames[-1]["tempo"]["bpm"] == pytest.approx(120, rel=0.01)
    assert off_s(frames[-1]["audio_time"] / 0.5 - frames[-1]["phase"], 1.0) < 0.1


def test_a_tempo_and_a_range_keep_the_filter_there() -> None:
    beats, _ = told(CLICKS, {2.0: BeatCommand(tempo=(55.0, 70.0))})
    times = times_of(beats, 13)  # which of two equal clicks is the beat takes a while to settle
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 1.0), abs=0.05)
    beats, _ = told(CLICKS, {2.0: BeatCommand(tempo=240.0)})
    assert np.diff(times_of(beats, 10)) == pytest.approx(np.full(len(times_of(beats, 10)) - 1, 0.25), abs=0.04)


@pytest.mark.parametrize("shift_s", [-0.08, 0.12])
def test_beats_are_told_earlier_or_later(shift_s: float) -> None:
    for controls, commands in (
        (BeatControls(offset_s=shift_s), {}),
        (NO_CONTROLS, {4.0: BeatCommand(nudge_s=shift_s / 2), 5.0: BeatCommand(nudge_s=shift_s / 2)}),
    ):
        beats, _ = told(CLICKS, commands, controls)
        times = times_of(beats, 8)
        assert off_s(times - shift_s, 0.5).max() < 0.03
        assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 0.5), abs=0.03)
        assert all(0 < beat["audio_time"] - beat["known_at"] < 0.06 for beat in beats if beat["audio_time"] > 8)


@pytest.mark.parametrize("late_s", [-0.06, 0.06])  # the beat that sounds, and the one that comes
def test_the_one_is_where_it_is_said_to_be(late_s: float) -> None:
    for one_s in (12.0, 12.5, 13.0, 13.5):
        beats, _ = told(CLICKS, {one_s + late_s: BeatCommand(resync=True)})
        for beat in beats:
            if beat["audio_time"] > one_s + 0.25:
                assert beat["beat_in_bar"] == round((beat["audio_time"] - one_s) / 0.5) % 4 + 1


def test_taps_set_tempo_and_phase_where_nothing_is_heard() -> None:
    taps_s = 3.1 + np.arange(6) * 0.6 + np.array([0.01, -0.02, 0.015, 0.0, -0.015, 0.01])
    beats, frames = told(noise(1, 16, amplitude=0.1), {float(tap_s): BeatCommand(tap=True) for tap_s in taps_s})
    times = times_of(beats, 6.5)
    assert off_s(times - 3.1, 0.6).max() < 0.12  # after ten seconds
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 0.6), abs=0.02)
    assert frames[-1]["tempo"]["bpm"] == pytest.approx(100, rel=0.02)


def test_taps_between_the_beats_that_are_heard_mean_those_between() -> None:
    taps = {10.25 + k / 2: BeatCommand(tap=True) for k in range(4)}
    beats, _ = told(CLICKS, taps)
    assert off_s(times_of(beats, 12.1) - 0.25, 0.5).max() < 0.05


def test_taps_that_are_a_little_late_mean_the_beats_that_are_heard() -> None:
    taps = {10.04 + k / 2: BeatCommand(tap=True) for k in range(4)}
    beats, _ = told(CLICKS, taps)
    assert off_s(times_of(beats, 12.1), 0.5).max() < 0.03


def test_controls_are_a_value_that_commands_change() -> None:
    controls = BeatControls(offset_s=0.05)
    for k in range(MIN_TAPS):
        controls = controls.after(BeatCommand(tap=True), 10 + 0.5 * k)
    assert controls.bpm_range == pytest.approx((114, 126))
    assert controls.after(BeatCommand(tap=True), 100.0).to_dict()["taps"] == 1
    assert controls.after(BeatCommand(tempo="x2"), 0).after(BeatCommand(tempo="x2"), 0).scale == 4
    assert controls.after(BeatCommand(tempo=40.0), 0).scale == 0.5
    released = controls.after(BeatCommand(release=True, hold=True), 0)
    assert released == BeatControls(offset_s=0.05, hold=True)
    assert tapped((1.0, 1.5, 2.0)) == pytest.approx((2.0, 0.5))
