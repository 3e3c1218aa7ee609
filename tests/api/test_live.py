"""`tactus.LiveAnalyzer`: blocks of any length in, events out."""

from typing import Any

import numpy as np
import pytest

import tactus
from tactus.analysis.live.offline_run import live_run
from tactus.dsp.arrays import Floats
from tactus.formats.live_json import event_fields, frame_fields
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import SAMPLE_RATE, Song, click_track, noise, silence

BPM = 120.0
BEAT_S = 60 / BPM


def stepped(live: tactus.LiveAnalyzer, samples: Floats, length: int) -> list[Any]:
    starts = range(0, samples.shape[-1], length)
    return [event for first in starts for event in live.step(samples[..., first : first + length])]


def as_json(events: list[Any]) -> list[Any]:
    """Events as the wire has them, arrays as lists."""
    fields = [frame_fields(one) if isinstance(one, tactus.LiveFrame) else event_fields(one) for one in events]
    return [{name: np.asarray(value).tolist() for name, value in one.items()} for one in fields]


@pytest.fixture(scope="module")
def clicks() -> Floats:
    return click_track(BPM, 16.0)


@pytest.mark.parametrize("sample_rate", [44100, 48000, 22050])
def test_beats_are_predicted_before_they_sound(sample_rate: int) -> None:
    live = tactus.LiveAnalyzer(sample_rate)
    samples = click_track(BPM, 16.0, sample_rate=sample_rate)
    found: dict[int, float] = {}
    for first in range(0, len(samples), 512):
        for event in live.step(samples[first : first + 512]):
            if isinstance(event, tactus.BeatPrediction) and event.audio_time_s > 10 and event.id not in found:
                assert event.audio_time_s > live.audio_time_s
                found[event.id] = event.audio_time_s
    times = np.array(sorted(found.values()))
    assert len(times) >= 10
    assert np.abs(times - BEAT_S * np.round(times / BEAT_S)).max() < 0.03
    np.testing.assert_allclose(np.diff(times), BEAT_S, atol=0.03)


def test_it_gives_what_a_live_session_gives(short_song: Song) -> None:
    mono = short_song.samples[0, : 8 * SAMPLE_RATE]
    blocks = [mono[first : first + 512] for first in range(0, len(mono), 512)]
    expected = list(live_run(network_weights().live_rhythm, blocks))
    assert as_json(stepped(tactus.LiveAnalyzer(), mono, 512)) == as_json(expected)


def test_long_blocks_give_the_events_of_short_ones(clicks: Floats) -> None:
    short = as_json(stepped(tactus.LiveAnalyzer(), clicks, 512))
    assert as_json(tactus.LiveAnalyzer().step(clicks)) == short


@pytest.mark.parametrize("length", [100, 1000, 4096])
def test_blocks_of_any_length_give_the_same_beats_and_frames(clicks: Floats, length: int) -> None:
    whole, cut = tactus.LiveAnalyzer().step(clicks), stepped(tactus.LiveAnalyzer(), clicks, length)
    for kind in (tactus.BeatPrediction, tactus.LiveFrame):
        times = [
            np.array([event.audio_time_s for event in events if isinstance(event, kind)]) for events in (whole, cut)
        ]
        assert len(times[0]) == pytest.approx(len(times[1]), abs=3)
        nearest = np.abs(times[0] - times[1][:, None]).min(axis=1)
        assert nearest.max() < 0.02


def test_channels_are_mixed(clicks: Floats) -> None:
    mono = as_json(tactus.LiveAnalyzer().step(clicks[:44100]))
    assert as_json(tactus.LiveAnalyzer().step(np.stack(2 * [clicks[:44100]]))) == mono


def test_streams_do_not_mix_and_a_reset_begins_anew(clicks: Floats) -> None:
    live, other = tactus.LiveAnalyzer(), tactus.LiveAnalyzer()
    first = as_json(live.step(clicks[:88200]))
    other.step(noise(1, 1.0))
    assert live.audio_time_s == 2.0
    live.reset()
    assert live.audio_time_s == 0.0
    assert as_json(live.step(clicks[:88200])) == first


def test_a_command_changes_the_beat(clicks: Floats) -> None:
    live = tactus.LiveAnalyzer()
    before = [event for event in live.step(clicks) if isinstance(event, tactus.LiveFrame)][-1]
    assert before.position is not None
    assert before.position.bpm == pytest.approx(BPM, rel=0.02)
    live.command(tactus.BeatCommand(tempo="x1/2"))
    after = [event for event in live.step(clicks[:22050]) if isinstance(event, tactus.LiveFrame)][-1]
    assert after.position is not None
    assert after.position.bpm == pytest.approx(BPM / 2, rel=0.02)


def test_silence_gives_silent_frames_and_an_empty_block_nothing() -> None:
    live = tactus.LiveAnalyzer(chunk_size=2048)
    frames = live.step(silence(2.0))
    assert all(isinstance(frame, tactus.LiveFrame) for frame in frames)
    assert len(frames) == 2 * SAMPLE_RATE // 2048
    assert isinstance(frames[-1], tactus.LiveFrame)
    assert frames[-1].is_silent
    assert live.step(np.empty(0, np.float32)) == live.step(np.empty((2, 0))) == []


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (np.array([0, np.nan], np.float32), "finite"),
        (np.zeros(512, np.int16), "floats"),
        (np.zeros((512, 2), np.float32), "transpose"),
        (np.zeros((1, 2, 512), np.float32), "shape"),
    ],
)
def test_blocks_that_are_unfit_are_refused(block: Any, said: str) -> None:
    live = tactus.LiveAnalyzer()
    with pytest.raises(ValueError, match=said):
        live.step(block)
    assert live.audio_time_s == 0.0


def test_a_stream_that_cannot_be_is_refused() -> None:
    for sample_rate in (0, 44100.5):
        with pytest.raises(ValueError, match="sample_rate"):
            tactus.LiveAnalyzer(sample_rate)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="chunk_size"):
        tactus.LiveAnalyzer(chunk_size=1023)
