"""The rhythm tracker: audio time, ids, changes of tempo; beats, onsets and hits of one stream."""

from dataclasses import replace

import numpy as np
import pytest

from tactus.analysis.live import beat_clock
from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.analysis.live.beat_ids import BeatIds
from tactus.analysis.live.beat_position import BeatPosition
from tactus.analysis.live.events import BeatPrediction, LiveEvent, OnsetEvent, TempoChange
from tactus.analysis.live.rhythm import RhythmState, RhythmTracker, tempo_change
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import SAMPLE_RATE, click_track, silence

TRACKER = RhythmTracker(network_weights().live_rhythm)
NO_CHROMA: Floats = np.empty((0, 36), np.float32)
CLICKS = click_track(120, 5.0)


def position(bpm: float, confidence: float = 0.7) -> BeatPosition:
    return BeatPosition(bpm, confidence, 0.5, 1, 0)


def run(
    samples: Floats, began_s: float = 0.0, first_beat_id: int = 0, clock: BeatClockState | None = None
) -> tuple[RhythmState, list[LiveEvent]]:
    state, events = TRACKER.start(began_s, first_beat_id, clock or BeatClockState()), []
    for first in range(0, len(samples) - 511, 512):
        known_at_s = began_s + (first + 512) / SAMPLE_RATE
        state, more = TRACKER.step(state, samples[first : first + 512], NO_CHROMA, known_at_s)
        events += more
    return state, events


def test_a_tempo_is_output_when_it_is_found_lost_or_changed_by_a_hundredth() -> None:
    assert tempo_change(None, None, 2.0) is None
    assert tempo_change(position(120), None, 2.0) == TempoChange(2.0, 120, 0.7)
    assert tempo_change(None, 120.0, 2.0) == TempoChange(2.0, None, 0.0)
    assert tempo_change(position(121.1), 120.0, 2.0) is None
    assert tempo_change(position(118.9), 120.0, 2.0) is None
    assert tempo_change(position(121.3), 120.0, 2.0) == TempoChange(2.0, 121.3, 0.7)
    assert tempo_change(position(118.7), 120.0, 2.0) == TempoChange(2.0, 118.7, 0.7)


def test_events_of_a_stream_that_began_later_are_later() -> None:
    _, events = run(CLICKS)
    state, later = run(CLICKS, began_s=100.0, first_beat_id=40)
    assert {type(event) for event in events} == {OnsetEvent, BeatPrediction, TempoChange}
    assert len(later) == len(events)
    for event, other in zip(events, later, strict=True):
        assert type(event) is type(other)
        assert other.known_at_s == pytest.approx(event.known_at_s + 100)
        if not isinstance(event, TempoChange) and not isinstance(other, TempoChange):
            assert getattr(other, "audio_time_s") == pytest.approx(getattr(event, "audio_time_s") + 100)  # noqa: B009
    ids = [event.id for event in events if isinstance(event, BeatPrediction)]
    assert [event.id for event in later if isinstance(event, BeatPrediction)] == [number + 40 for number in ids]
    assert state.next_beat_id == 40 + max(ids) + 1


def test_the_tracked_beat_of_a_stream_that_began_later_is_later() -> None:
    state, later = run(CLICKS)[0], run(CLICKS, began_s=100.2)[0]
    expected = beat_clock.position(state.beat_clock, 5.0)
    assert expected is not None
    assert (expected.phase + 0.5) % 1 - 0.5 == pytest.approx(0.0, abs=0.06)  # a click sounds at 5 s
    found = beat_clock.position(later.beat_clock, 105.2)
    assert found is not None
    assert found.phase == pytest.approx(expected.phase, abs=1e-6)
    assert later.beat_clock.last_beat_s == pytest.approx(state.beat_clock.last_beat_s + 100.2)


def test_clicks_are_onsets_beats_and_one_tempo() -> None:
    state, events = run(CLICKS)
    onsets = [event.audio_time_s for event in events if isinstance(event, OnsetEvent)]
    assert onsets == pytest.approx(np.arange(0, 5, 0.5), abs=0.015)
    beats = {event.id: event.audio_time_s for event in events if isinstance(event, BeatPrediction)}
    assert sum(abs((at_s + 0.25) % 0.5 - 0.25) < 0.025 for at_s in beats.values()) >= len(beats) - 1 >= 5
    tempi = [event for event in events if isinstance(event, TempoChange)]
    assert tempi[-1].bpm == pytest.approx(120, rel=0.02)
    assert state.bpm == tempi[-1].bpm
    assert len(tempi) < 6


def test_hits_are_the_strongest_since_they_were_read() -> None:
    state, _ = run(CLICKS)
    assert max(state.hits) > 1
    quiet = silence(0.05)
    after, _ = TRACKER.step(state, quiet, NO_CHROMA, 5.05)
    assert after.hits == state.hits
    read, _ = TRACKER.step(replace(state, hits=type(state.hits)(0.0, 0.0, 0.0)), quiet, NO_CHROMA, 5.05)
    assert max(read.hits) == 0


def test_controls_come_with_the_clock_and_by_commands() -> None:
    state = TRACKER.start(0.0, 7, BeatClockState(BeatControls(scale=2.0), ids=BeatIds(99, 3, 98)))
    assert state.beat_clock.controls == BeatControls(scale=2.0)
    assert state.beat_clock.ids == BeatIds(7)
    commanded = TRACKER.command(state, BeatCommand(nudge_s=0.1), 0.0, 0.0)
    assert commanded.beat_clock.controls == BeatControls(scale=2.0, nudge_s=0.1)


def test_a_range_of_tempi_is_tracked_and_candidates_are_multiplied_with_the_tempo() -> None:
    clock = BeatClockState(BeatControls(bpm_range=(55.0, 70.0), scale=2.0))
    state, events = run(CLICKS, clock=clock)
    candidates = TRACKER.tempo_candidates(state)
    assert candidates
    assert all(110 * 0.98 <= candidate.bpm <= 140 * 1.02 for candidate in candidates)
    beats = [event for event in events if isinstance(event, BeatPrediction)]
    assert all(110 * 0.98 <= beat.bpm <= 140 * 1.02 for beat in beats)
    plain = TRACKER.tempo_candidates(run(CLICKS)[0])
    assert plain[0].bpm == pytest.approx(120, rel=0.02)
    assert plain[0].probability > 0.5
