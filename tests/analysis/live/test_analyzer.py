"""The live analyzer: frames and events of sounds made from formulas."""

import itertools
from dataclasses import fields

import numpy as np
import pytest

from tactus.analysis.live.analyzer import LiveAnalyzer, LiveState
from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.analysis.live.events import BeatCancelled, BeatPrediction, LiveEvent, OnsetEvent, TempoChange
from tactus.analysis.live.frame import LiveFrame
from tactus.analysis.live.offline_run import live_run
from tactus.analysis.live.pulse import Pulse
from tactus.audio.decoding.resample import Resampler
from tactus.audio.sources.demo import BPM, Demo
from tactus.audio.sources.paced_player import in_blocks
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import noise, silence, tone

RATE = 44100
WEIGHTS = network_weights().live_rhythm
ANALYZER = LiveAnalyzer(WEIGHTS, RATE, 1024)


def run(
    samples: Floats, *, block: int = 512, analyzer: LiveAnalyzer = ANALYZER, state: LiveState | None = None
) -> tuple[LiveState, list[LiveFrame], list[LiveEvent]]:
    state = state or analyzer.start()
    frames: list[LiveFrame] = []
    events: list[LiveEvent] = []
    for first in range(0, len(samples), block):
        state, new_frames, new_events = analyzer.step(state, samples[first : first + block])
        frames += new_frames
        events += new_events
    return state, frames, events


@pytest.fixture(scope="module")
def demo() -> tuple[list[LiveFrame], list[LiveEvent]]:
    """Frames and events of 15 s of the demo."""
    music = np.concatenate(list(itertools.islice(Demo(RATE).beats(), 30)))
    return run(music)[1:]


# Spectrum and waveform


@pytest.mark.parametrize("chunk", [64, 500, 1024, 4096])
def test_a_full_scale_sine_on_a_bin_is_one(chunk: int) -> None:
    on_bin = chunk // 8
    samples = tone(on_bin * RATE / chunk, 0.2)
    *_, last = run(samples, analyzer=LiveAnalyzer(WEIGHTS, RATE, chunk))[1]
    assert last.spectrum.shape == (chunk // 2,)
    assert last.spectrum.dtype == np.float32
    assert last.spectrum.argmax() == on_bin
    assert last.spectrum[on_bin] == pytest.approx(1.0, abs=1e-3)
    assert last.spectrum[[on_bin - 1, on_bin + 1]] == pytest.approx([0.5, 0.5], abs=1e-3)


def test_frames_are_the_chunks_of_the_stream_and_end_where_they_end() -> None:
    samples = noise(1, 0.2)
    for block in (100, 512, 5000):
        frames = run(samples, block=block, state=ANALYZER.start(began_s=7.0))[1]
        assert len(frames) == len(samples) // 1024
        for k, frame in enumerate(frames):
            assert frame.audio_time_s == pytest.approx(7.0 + (k + 1) * 1024 / RATE)
            assert np.array_equal(frame.waveform, samples[1024 * k : 1024 * (k + 1)])
            assert frame.sample_rate == RATE


def test_blocks_of_any_length_give_the_same_frames() -> None:
    music = np.concatenate(list(itertools.islice(Demo(RATE).beats(), 4)))
    whole = run(music, block=len(music))[1]
    for block in (127, 4096):
        for frame, other in zip(run(music, block=block)[1], whole, strict=True):
            assert np.array_equal(frame.spectrum, other.spectrum)
            assert frame.levels == pytest.approx(other.levels, abs=2e-5)
            assert frame.levels_raw == pytest.approx(other.levels_raw, abs=2e-5)
            assert frame.loudness == pytest.approx(other.loudness, abs=1e-3)
            assert frame.build_drop == other.build_drop


@pytest.mark.parametrize("chunk", [1023, 0, -2, 1])
def test_a_chunk_size_that_has_no_half_is_refused(chunk: int) -> None:
    with pytest.raises(ValueError, match="even"):
        LiveAnalyzer(WEIGHTS, RATE, chunk)
    assert LiveAnalyzer(WEIGHTS, RATE, 2).chunk_size == 2


# Levels and loudness


@pytest.mark.parametrize(("hz", "band"), [(50, "bass"), (120, "bass"), (1000, "mid"), (9000, "treble")])
def test_a_tone_fills_its_band_and_no_other(hz: float, band: str) -> None:
    *_, last = run(tone(hz, 1.0, amplitude=0.5))[1]
    assert getattr(last.levels_raw, band) == pytest.approx(0.5, rel=0.06)
    assert last.levels_raw.overall == pytest.approx(0.5, rel=0.25 if hz < 200 else 0.03)
    for other in {"bass", "mid", "treble"} - {band}:
        assert getattr(last.levels_raw, other) < 0.03  # bands fall by 24 dB per octave: at 120 Hz, mid is at 0.027
    assert getattr(last.levels, band) == pytest.approx(1.0, abs=0.1)  # the loudest so far, so gain makes it full
    assert last.levels_raw.energy == pytest.approx(1 - 6.02 / 60, abs=0.01)


def test_levels_of_a_frame_are_the_maxima_of_its_hops() -> None:
    """A chunk of 4096 has hops of 512: a burst in one of them is not diluted."""
    burst = silence(8192 / RATE)
    burst[5000:5400] = tone(1000, 400 / RATE)
    frames = run(burst, analyzer=LiveAnalyzer(WEIGHTS, RATE, 4096))[1]
    assert frames[0].levels_raw.overall == 0
    # 400 samples of a full-scale sine, in two hops (120 and 280 samples).
    assert frames[1].levels_raw.overall == pytest.approx(np.sqrt(280 / 512), rel=0.03)


def test_the_time_constants_of_levels_are_as_set() -> None:
    sound = np.concatenate((tone(1000, 0.5), silence(0.5)))
    slow = run(sound, analyzer=LiveAnalyzer(WEIGHTS, RATE, 1024, attack_s=0.2, release_s=0.05))[1]
    at_s = {round(frame.audio_time_s, 1): frame.levels.mid for frame in slow}
    assert at_s[0.2] == pytest.approx(1 - np.exp(-1), abs=0.06)
    assert at_s[0.6] == pytest.approx(at_s[0.5] * np.exp(-0.1 / 0.05), abs=0.1)


def test_gain_raises_soft_music_but_not_silence() -> None:
    soft = run(noise(1, 1.0, amplitude=0.01))[1][-1]
    assert soft.levels.overall > 0.8
    assert soft.levels_raw.overall < 0.02
    hiss = run(noise(1, 1.0, amplitude=0.0001))[1][-1]
    assert hiss.levels.overall < 0.1
    nothing = run(silence(1.0))[1][-1]
    assert nothing.levels == nothing.levels_raw == (0, 0, 0, 0, 0)


def test_loudness_is_that_of_the_standard() -> None:
    """EBU Tech 3341: a full-scale sine of 997 Hz has -3.01 LUFS in one channel."""
    *_, last = run(tone(997, 3.1))[1]
    assert last.loudness == pytest.approx((-3.01, -3.01), abs=0.1)


# Silence


def test_a_stream_is_silent_a_second_after_the_sound() -> None:
    frames = run(np.concatenate((silence(1.5), tone(440, 0.5), silence(1.5))))[1]
    changes = [
        (frame.is_silent, frame.audio_time_s)
        for before, frame in itertools.pairwise(frames)
        if frame.is_silent != before.is_silent
    ]
    assert [is_silent for is_silent, _ in changes] == [True, False, True]
    assert [at_s for _, at_s in changes] == pytest.approx([1.0, 1.5, 3.0], abs=0.05)


@pytest.mark.parametrize(("amplitude", "is_silent"), [(0.0009, True), (0.0011, False)])
def test_silence_is_below_60_dbfs(amplitude: float, is_silent: bool) -> None:
    assert run(tone(1000, 1.2, amplitude=amplitude))[1][-1].is_silent is is_silent


# Beats


def test_the_demo_has_the_tempo_and_beats_that_it_was_made_with(demo: tuple[list[LiveFrame], list[LiveEvent]]) -> None:
    frames, events = demo
    beats = [event for event in events if isinstance(event, BeatPrediction) and event.audio_time_s > 7]
    newest = {beat.id: beat.audio_time_s for beat in beats}
    interval_s = 60 / BPM
    off_s = [abs((at_s + interval_s / 2) % interval_s - interval_s / 2) for at_s in newest.values()]
    assert np.mean(np.array(off_s) < 0.035) > 0.9
    assert len(newest) == pytest.approx((15 - 7) / interval_s, abs=2)
    assert all(beat.known_at_s <= beat.audio_time_s + 0.02 for beat in beats)
    last = frames[-1]
    assert last.position is not None
    assert last.position.bpm == pytest.approx(BPM, rel=0.02)
    assert last.tempo_candidates[0].bpm == pytest.approx(BPM, rel=0.04)
    assert last.key is not None


def test_a_beat_is_shown_by_exactly_one_frame(demo: tuple[list[LiveFrame], list[LiveEvent]]) -> None:
    frames, events = demo
    shown = [frame.beat.id for frame in frames if frame.beat]
    assert len(shown) == len(set(shown))
    cancelled = {event.id for event in events if isinstance(event, BeatCancelled)}
    predicted = {event.id for event in events if isinstance(event, BeatPrediction) and event.audio_time_s < 14.9}
    assert predicted - cancelled == set(shown) - cancelled
    for frame in frames:
        assert frame.beat is None or 0 <= frame.audio_time_s - frame.beat.audio_time_s < 0.05


def test_frames_carry_events_and_hits_since_the_frame_before(demo: tuple[list[LiveFrame], list[LiveEvent]]) -> None:
    frames, events = demo
    carried = [event for frame in frames for event in frame.onsets]
    assert carried == [event for event in events if isinstance(event, OnsetEvent)][: len(carried)]
    others = [event for frame in frames for event in frame.events]
    assert others == [event for event in events if not isinstance(event, OnsetEvent)][: len(others)]
    assert len(carried) + len(others) == pytest.approx(len(events), abs=2)
    assert any(isinstance(event, TempoChange) for event in others)
    assert any(max(frame.drums) > 0 for frame in frames)
    for before, frame in itertools.pairwise(frames):  # a hit is in one frame
        assert frame.drums != before.drums or max(frame.drums) == 0


def test_the_phase_of_a_frame_is_that_of_its_end(demo: tuple[list[LiveFrame], list[LiveEvent]]) -> None:
    frames, _ = demo
    turns = [
        after.position.phase - before.position.phase
        for before, after in itertools.pairwise(frames[-100:])
        if before.position and after.position
    ]
    assert np.median(np.array(turns) % 1) == pytest.approx(1024 / RATE * BPM / 60, rel=0.05)


def test_without_a_beat_there_is_no_position() -> None:
    *_, last = run(silence(0.5))[1]
    assert (last.position, last.tempo_candidates, last.beat, last.key, last.build_drop) == (None, (), None, None, None)


def held_clock() -> BeatClockState:
    return BeatClockState(BeatControls(hold=True), Pulse(50.0, 0.5), last_beat_s=50.0, beat_in_bar=1, bar=3)


def test_a_held_beat_goes_on_through_silence_with_its_bars() -> None:
    state = ANALYZER.start(began_s=50.1, first_beat_id=9, beat_clock=held_clock())
    _, frames, events = run(silence(2.0), state=state)
    beats = [event for event in events if isinstance(event, BeatPrediction)]
    assert [beat.audio_time_s for beat in beats] == pytest.approx([50.5, 51.0, 51.5, 52.0])
    assert [beat.id for beat in beats] == [9, 10, 11, 12]
    assert [(beat.bar, beat.beat_in_bar) for beat in beats] == [(3, 2), (3, 3), (3, 4), (4, 1)]
    shown = {frame.beat.id: frame.audio_time_s for frame in frames if frame.beat}
    assert list(shown) == [9, 10, 11, 12]
    assert all(0 <= at_s - beat.audio_time_s < 0.024 for at_s, beat in zip(shown.values(), beats, strict=True))
    last = frames[-1]
    assert last.position is not None
    assert last.position.bpm == pytest.approx(120)
    assert last.position.phase == pytest.approx((last.audio_time_s - 50) / 0.5 % 1, abs=1e-6)


def test_a_command_is_about_a_moment_of_the_sound() -> None:
    """At 50.2 s: a downbeat 0.05 s before now is the beat at 50.0 s, one 0.2 s later than now that at 50.5 s."""
    state, _, _ = run(silence(0.1), block=441, state=ANALYZER.start(began_s=50.1, beat_clock=held_clock()))
    assert state.audio_time_s(RATE) == pytest.approx(50.2)
    earlier = ANALYZER.command(state, BeatCommand(resync=True), 50.15)
    assert (earlier.rhythm.beat_clock.beat_in_bar, earlier.rhythm.beat_clock.next_is_downbeat) == (1, False)
    later = ANALYZER.command(state, BeatCommand(resync=True), 50.4)
    assert later.rhythm.beat_clock.next_is_downbeat
    doubled = ANALYZER.command(state, BeatCommand(tempo="x2"), 50.2)
    times_s = [event.audio_time_s for event in run(silence(0.5), state=doubled)[2] if isinstance(event, BeatPrediction)]
    assert times_s == pytest.approx([50.25, 50.5])


# Other rates, other streams


def test_another_sample_rate_needs_the_stream_at_44100_hz_too() -> None:
    analyzer = LiveAnalyzer(WEIGHTS, 48000, 1024)
    assert analyzer.needs_rhythm_blocks
    assert not ANALYZER.needs_rhythm_blocks
    with pytest.raises(ValueError, match="44100"):
        analyzer.step(analyzer.start(), silence(0.01))
    clicks = silence(2.0, 48000)
    clicks[24000::24000] = 1.0
    resampler, state = Resampler(48000, RATE, 1), analyzer.start()
    found: list[LiveEvent] = []
    for first in range(0, len(clicks), 480):
        block = clicks[first : first + 480]
        state, _, events = analyzer.step(state, block, resampler.step(block[None])[0])
        found += events
    assert [event.audio_time_s for event in found if isinstance(event, OnsetEvent)] == pytest.approx(
        [0.5, 1.0, 1.5], abs=0.015
    )


def test_one_analyzer_serves_two_streams() -> None:
    one, other = noise(1, 0.3), tone(440, 0.3)
    alone = run(one)[1]
    states, together = [ANALYZER.start(), ANALYZER.start()], []
    for first in range(0, len(one), 512):
        for number, samples in enumerate((one, other)):
            states[number], frames, _ = ANALYZER.step(states[number], samples[first : first + 512])
            together += frames if number == 0 else []
    for frame, expected in zip(together, alone, strict=True):
        for field in fields(LiveFrame):
            assert np.array_equal(getattr(frame, field.name), getattr(expected, field.name))


def test_a_run_over_a_file_is_the_same_analysis() -> None:
    samples = np.concatenate((tone(440, 0.2), noise(1, 0.2)))
    _, frames, events = run(samples)
    made = list(live_run(WEIGHTS, in_blocks([samples], 512)))
    assert [each for each in made if not isinstance(each, LiveFrame)] == events
    assert [each.audio_time_s for each in made if isinstance(each, LiveFrame)] == [
        frame.audio_time_s for frame in frames
    ]
    halves = [
        each for each in live_run(WEIGHTS, in_blocks([samples], 512), chunk_size=2048) if isinstance(each, LiveFrame)
    ]
    assert len(halves) == len(samples) // 2048


def test_build_drop_and_break_are_of_powers_of_the_sound() -> None:
    """A bass tone with a treble that goes: then the treble alone, which rises, and both again."""
    bass, treble = tone(60, 10.0, amplitude=0.4), tone(8000, 20.0, amplitude=0.02)
    rise = np.concatenate((np.ones(10 * RATE), np.ones(4 * RATE), np.geomspace(1, 4, 6 * RATE))).astype(np.float32)
    sound = (treble * rise)[: 20 * RATE]
    sound[: 10 * RATE] += bass
    sound = np.concatenate((sound, bass[: 2 * RATE])).astype(np.float32)
    found = {round(frame.audio_time_s, 1): frame.build_drop for frame in run(sound)[1]}
    assert [found[at_s] for at_s in (9.0, 13.0, 20.0, 21.9)] == [None, "break", "build", "drop"]
