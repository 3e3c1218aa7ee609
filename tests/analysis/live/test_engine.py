"""The live engine as a pure step: what its numbers mean on sounds made from formulas."""

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from tactus.analysis.live.analyzer import LiveAnalyzer
from tactus.analysis.live.band_powers import BandPowers
from tactus.analysis.live.frame import LiveFrame
from tactus.analysis.live.levels import LevelMeter
from tactus.analysis.live.offline_run import live_run
from tactus.audio.sources.demo import BPM, Demo
from tactus.audio.sources.paced_player import in_blocks
from tactus.dsp.arrays import Floats
from tactus.formats.live_json import event_fields, frame_fields
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import noise, silence, tone

RATE = 44100


def frames_of(samples: Floats, block: int = 512, chunk: int = 1024, rate: int = RATE) -> list[dict[str, Any]]:
    analyzer = LiveAnalyzer(network_weights().live_rhythm, rate, chunk)
    state = analyzer.start()
    frames: list[dict[str, Any]] = []
    for part in in_blocks([samples], block):
        state, more, _ = analyzer.step(state, part)
        frames += map(frame_fields, more)
    return frames


@pytest.mark.parametrize(
    ("hz", "band"), [(50, "bass_level"), (120, "bass_level"), (1000, "mid_level"), (9000, "treble_level")]
)
def test_a_tone_fills_its_band_and_no_other(hz: float, band: str) -> None:
    last = frames_of(tone(hz, 2.0, amplitude=0.5))[-1]
    # The root mean square of a sine is its amplitude over the square root of two; a level is that times it again.
    assert last[f"{band}_raw"] == pytest.approx(0.5, rel=0.06)
    assert last["overall_volume_raw"] == pytest.approx(0.5, rel=0.25 if hz < 100 else 0.03)
    for other in {"bass_level", "mid_level", "treble_level"} - {band}:
        assert last[f"{other}_raw"] < 0.03  # the bands fall by 24 dB per octave: at 120 Hz, the middle is at 0.027
    assert last[band] == pytest.approx(1.0, abs=0.1)  # the loudest that was heard, so gain makes it full
    assert last["energy_level_raw"] == pytest.approx(1 - 6.02 / 60, abs=0.01)


def test_gain_lifts_soft_music_but_not_silence() -> None:
    soft = frames_of(noise(1, 2.0, amplitude=0.01))[-1]
    assert soft["overall_volume"] > 0.8
    assert soft["overall_volume_raw"] < 0.02
    hiss = frames_of(noise(1, 2.0, amplitude=0.0001))[-1]
    assert hiss["overall_volume"] < 0.1
    nothing = frames_of(silence(2.0))[-1]
    assert [nothing[name] for name in ("bass_level", "mid_level", "treble_level", "overall_volume")] == [0, 0, 0, 0]
    assert nothing["energy_level"] == 0
    assert nothing["state"] == {"silent": True, "passage": None}


def run_fields(blocks: Iterable[Floats]) -> list[dict[str, Any]]:
    """Events and frames of a stream as they are on the wire."""
    made = live_run(network_weights().live_rhythm, in_blocks(blocks, 512))
    return [frame_fields(each) if isinstance(each, LiveFrame) else event_fields(each) for each in made]


def mid_level(samples: Floats, **taus_s: float) -> Floats:
    """The gain-controlled level of the middle, hop by hop."""
    powers, levels = BandPowers(RATE, 512), LevelMeter(RATE, 512, **taus_s)
    _, heard = powers.step(powers.start(), samples[: len(samples) // 512 * 512].reshape(-1, 512))
    _, smoothed, _ = levels.step(levels.start(), heard)
    return np.array([row[1] for row in smoothed], np.float32)


def test_a_level_rises_at_once_and_falls_slowly() -> None:
    mid = mid_level(np.concatenate((tone(1000, 1.0, amplitude=0.5), silence(1.0))))
    last = RATE // 512
    assert mid[1] > 0.85
    # After the release's time constant of 120 ms, 1/e is left (a hop of 12 ms more or less).
    assert mid[last + round(0.12 * RATE / 512)] == pytest.approx(np.exp(-1), abs=0.1)


def test_levels_rise_and_fall_as_wished() -> None:
    mid = mid_level(np.concatenate((tone(1000, 1.0, amplitude=0.5), silence(1.0))), attack_s=0.3, release_s=0.0)
    assert mid[round(0.3 * RATE / 512)] == pytest.approx(1 - np.exp(-1), abs=0.05)
    assert mid[RATE // 512 + 2] < 0.01


@pytest.mark.parametrize("chunk", [64, 500, 1024, 4096])
def test_a_full_scale_sine_on_a_bin_is_one(chunk: int) -> None:
    on_bin = chunk // 8
    spectrum = np.asarray(frames_of(tone(on_bin * RATE / chunk, 0.5), chunk=chunk)[-1]["frequency_data"])
    assert len(spectrum) == chunk // 2
    assert spectrum.argmax() == on_bin
    assert spectrum[on_bin] == pytest.approx(1.0, abs=1e-3)
    assert spectrum[[on_bin - 1, on_bin + 1]] == pytest.approx([0.5, 0.5], abs=1e-3)


def test_blocks_of_any_length_give_the_same_frames() -> None:
    music = np.concatenate(list(itertools.islice(Demo(RATE).beats(), 12)))
    whole = frames_of(music, block=len(music))
    for block in (1000, 127, 4096):
        for one, other in zip(whole, frames_of(music, block=block), strict=True):
            assert one["audio_time"] == other["audio_time"]
            assert np.array_equal(np.asarray(one["time_domain_data"]), np.asarray(other["time_domain_data"]))
            assert one["mid_level"] == pytest.approx(other["mid_level"], abs=2e-5)
            assert one["bass_level_raw"] == pytest.approx(other["bass_level_raw"], abs=2e-5)


def test_the_demo_has_the_tempo_and_beats_that_it_says() -> None:
    music = list(itertools.islice(Demo(RATE).beats(), 60))
    assert all(np.abs(beat).max() < 1 for beat in music)
    events = run_fields(iter(music))
    beats = [event for event in events if event["type"] == "beat" and event["audio_time"] > 8]
    interval_s = 60 / BPM
    newest = {beat["id"]: beat for beat in beats}
    off_s = [(beat["audio_time"] + interval_s / 2) % interval_s - interval_s / 2 for beat in newest.values()]
    on_beat = np.abs(off_s) < 0.035
    assert on_beat.mean() > 0.9
    assert len(newest) == pytest.approx((30 - 8) / interval_s, abs=4)
    assert beats[-1]["bpm"] == pytest.approx(BPM, rel=0.02)
    assert all(beat["known_at"] <= beat["audio_time"] + 0.02 for beat in beats)


def test_a_beat_is_shown_by_exactly_one_frame() -> None:
    music = list(itertools.islice(Demo(RATE).beats(), 60))
    events = run_fields(iter(music))
    shown = [event["beat"]["id"] for event in events if event["type"] == "frame" and event["beat_detected"]]
    assert len(shown) == len(set(shown))
    cancelled = {event["id"] for event in events if event["type"] == "beat_cancelled"}
    said = {event["id"] for event in events if event["type"] == "beat" and event["audio_time"] < 29.5}
    assert said - cancelled <= set(shown)
    for frame in (event for event in events if event["type"] == "frame" and event["beat_detected"]):
        assert 0 <= frame["audio_time"] - frame["beat"]["audio_time"] < 0.05


def test_silence_begins_a_second_after_the_sound_and_ends_with_it() -> None:
    frames = frames_of(np.concatenate((silence(2.0), tone(440, 1.0), silence(2.0))))
    changes = [
        (frame["state"]["silent"], frame["audio_time"])
        for before, frame in itertools.pairwise(frames)
        if frame["state"]["silent"] != before["state"]["silent"]
    ]
    assert [silent for silent, _ in changes] == [True, False, True]
    assert [at_s for _, at_s in changes] == pytest.approx([1.0, 2.0, 4.0], abs=0.05)


def test_clicks_are_onsets_where_they_sound() -> None:
    clicks = silence(6.0)
    moments = np.arange(1.0, 6.0, 0.5)
    for moment_s in moments:
        at = round(moment_s * RATE)
        clicks[at : at + 200] = noise(3, 200 / RATE)
    onsets = [event["audio_time"] for event in run_fields([clicks]) if event["type"] == "onset"]
    assert len(onsets) == len(moments)
    assert onsets == pytest.approx(moments, abs=0.025)


def test_a_chunk_size_that_has_no_half_is_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        LiveAnalyzer(network_weights().live_rhythm, RATE, 1023)
