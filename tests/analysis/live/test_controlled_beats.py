"""Beats of sound under listener controls: clicks at 120 beats per minute, and commands at moments of the sound."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_controls import NO_CONTROLS, BeatCommand, BeatControls
from tactus.analysis.live.events import BeatCancelled, BeatPrediction
from tactus.analysis.live.rhythm import RhythmTracker
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import SAMPLE_RATE, click_track, noise, silence

TRACKER = RhythmTracker(network_weights().live_rhythm)
NO_CHROMA: Floats = np.empty((0, 36), np.float32)
CLICKS = click_track(120, 12)


def beats_of(
    samples: Floats, commands: Mapping[float, BeatCommand], controls: BeatControls = NO_CONTROLS
) -> list[BeatPrediction]:
    """Beats as output last, where commands are given at moments of the sound [s]."""
    state, waiting = TRACKER.start(0.0, 0, BeatClockState(controls)), sorted(commands)
    beats: dict[int, BeatPrediction] = {}
    for start in range(0, len(samples) - 511, 512):
        known_at_s = (start + 512) / SAMPLE_RATE
        state, events = TRACKER.step(state, samples[start : start + 512], NO_CHROMA, known_at_s)
        for event in events:
            if isinstance(event, BeatPrediction):
                assert event.id >= max(beats, default=0)
                beats[event.id] = event
            elif isinstance(event, BeatCancelled):
                del beats[event.id]
        while waiting and waiting[0] <= known_at_s:
            state = TRACKER.command(state, commands[waiting[0]], waiting[0], known_at_s)
            waiting.pop(0)
    return list(beats.values())


def times_of(beats: list[BeatPrediction], after_s: float, before_s: float = 1e9) -> np.ndarray[Any, Any]:
    return np.array([beat.audio_time_s for beat in beats if after_s < beat.audio_time_s < before_s])


def off_s(times: Any, interval_s: float) -> Any:
    """How far moments lie from a grid that begins at 0 [s]."""
    return np.abs((times + interval_s / 2) % interval_s - interval_s / 2)


def test_twice_and_half_the_tempo_lie_on_the_grid_until_released() -> None:
    commands = {5.1: BeatCommand(tempo="x2"), 7.1: BeatCommand(release=True), 9.1: BeatCommand(tempo="x1/2")}
    beats = beats_of(CLICKS, commands)
    for interval_s, span in ((0.25, (5.6, 7.0)), (0.5, (7.6, 9.0)), (1.0, (9.6, 12.0))):
        times = times_of(beats, *span)
        assert np.diff(times) == pytest.approx(np.full(len(times) - 1, interval_s), abs=0.03)
        assert off_s(times, min(interval_s, 0.5)).max() < 0.04
        spanned = [beat for beat in beats if span[0] < beat.audio_time_s < span[1]]
        assert all(60 / beat.bpm == pytest.approx(interval_s, rel=0.02) for beat in spanned)
        assert len(times) == pytest.approx((span[1] - span[0]) / interval_s, abs=1.1)
    places = [beat.beat_in_bar for beat in beats if 5.6 < beat.audio_time_s < 7]
    assert places == [(places[0] - 1 + k) % 4 + 1 for k in range(len(places))]


def test_a_held_beat_goes_on_through_silence_and_other_music() -> None:
    samples = np.concatenate((CLICKS[: 6 * SAMPLE_RATE], silence(2), click_track(90, 3)))
    beats = beats_of(samples, {5.1: BeatCommand(hold=True)})
    times = times_of(beats, 5.2)
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 0.5), abs=0.03)
    assert off_s(times, 0.5).max() < 0.05
    assert times[-1] > 10.4
    assert beats[-1].bpm == pytest.approx(120, rel=0.01)


def test_a_range_and_a_tempo_keep_the_tracked_beat_there() -> None:
    times = times_of(beats_of(CLICKS, {2.0: BeatCommand(tempo=(55.0, 70.0))}), 8)
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 1.0), abs=0.05)
    times = times_of(beats_of(CLICKS[: 8 * SAMPLE_RATE], {2.0: BeatCommand(tempo=240.0)}), 6)
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 0.25), abs=0.04)


def test_beats_are_output_later_as_set_and_in_time() -> None:
    beats = beats_of(CLICKS[: 8 * SAMPLE_RATE], {4.0: BeatCommand(nudge_s=0.04)}, BeatControls(offset_s=0.08))
    times = times_of(beats, 5)
    assert off_s(times - 0.12, 0.5).max() < 0.03
    assert all(0 < beat.audio_time_s - beat.known_at_s < 0.06 for beat in beats if beat.audio_time_s > 5)


@pytest.mark.parametrize("late_s", [-0.06, 0.06])  # the beat that sounds, and the one that comes
def test_the_downbeat_is_where_a_listener_sets_it(late_s: float) -> None:
    beats = beats_of(CLICKS[: 8 * SAMPLE_RATE], {6.5 + late_s: BeatCommand(resync=True)})
    later = [beat for beat in beats if beat.audio_time_s > 6.75]
    assert [beat.beat_in_bar for beat in later] == [2, 3, 4][: len(later)]
    assert len(later) >= 2


def test_taps_set_tempo_and_phase_where_no_beat_is() -> None:
    taps_s = 1.1 + np.arange(6) * 0.6 + np.array([0.01, -0.02, 0.015, 0.0, -0.015, 0.01])
    beats = beats_of(noise(1, 9, amplitude=0.1), {float(tap_s): BeatCommand(tap=True) for tap_s in taps_s})
    times = times_of(beats, 4.5)
    assert off_s(times - 1.1, 0.6).max() < 0.1
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 0.6), abs=0.02)
    assert beats[-1].bpm == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize(("late_s", "offset_s"), [(0.04, 0.0), (0.25, 0.25)])
def test_taps_near_beats_mean_these_and_taps_between_them_those_between(late_s: float, offset_s: float) -> None:
    taps = {4.0 + late_s + k / 2: BeatCommand(tap=True) for k in range(4)}
    beats = beats_of(CLICKS[: 8 * SAMPLE_RATE], taps)
    assert off_s(times_of(beats, 6.1) - offset_s, 0.5).max() < 0.04
