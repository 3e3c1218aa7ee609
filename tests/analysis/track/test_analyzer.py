"""The analysis of whole tracks: what belongs together agrees to the bit, and nothing breaks it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tactus.analysis.options import TimelineOptions, TrackOptions
from tactus.analysis.track.analyzer import NoSamplesError, TrackAnalyzer
from tactus.analysis.track.result import Analysis
from tactus.analysis.track.signal_pass import Block
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import SAMPLE_RATE, Song, noise, silence, tone


def blocks_of(samples: Floats, length: int = 100_000) -> Callable[[], Iterator[Block]]:
    def blocks() -> Iterator[Block]:
        for first in range(0, samples.shape[1], length):
            part = samples[:, first : first + length]
            yield Block(part, part)

    return blocks


def analysed(samples: Floats, options: TrackOptions | None = None, length: int = 100_000) -> Analysis:
    return TrackAnalyzer(options or TrackOptions(), network_weights()).analysis(
        blocks_of(np.atleast_2d(samples), length)
    )


@pytest.fixture(scope="module")
def of_song(short_song: Song) -> Analysis:
    return analysed(short_song.samples)


def test_a_song_is_what_it_was_made_of(of_song: Analysis, short_song: Song) -> None:
    character = of_song.character
    assert character is not None
    assert of_song.duration_s == round(short_song.duration_s, 6)
    assert of_song.rhythm.bpm == pytest.approx(short_song.bpm, rel=0.01)
    best = character.key.best
    assert best is not None
    assert (best.tonic, best.mode) == (short_song.key, short_song.mode)
    assert abs(character.tuning_cents) < 5
    assert character.peak == pytest.approx(float(np.abs(short_song.samples).max()), rel=1e-6)
    assert of_song.warnings == ()


def test_equal_times_are_equal_numbers(of_song: Analysis) -> None:
    character, rhythm = of_song.character, of_song.rhythm
    assert character is not None
    beats = {0.0, of_song.duration_s, *rhythm.beat_times.tolist()}
    assert set(rhythm.downbeat_times.tolist()) <= beats
    assert {chord.start for chord in character.chords} <= beats
    assert {section.start for section in character.sections} <= beats
    starts = [segment.start for segment in character.segments.segments]
    assert len(set(starts) & set(rhythm.onset_times.tolist())) > 0.5 * len(starts)
    for times in (rhythm.beat_times, rhythm.onset_times, np.array(starts)):
        np.testing.assert_array_equal(times, np.round(times, 6))


def test_frames_lie_on_the_output_grid(of_song: Analysis, short_song: Song) -> None:
    timelines = of_song.timelines
    n_frames = timelines["rms"].grid.n_frames(short_song.samples.shape[1])
    assert {len(timeline.values) for timeline in timelines.values()} == {n_frames}
    assert timelines["mfcc"].values.shape == (n_frames, 13)
    assert timelines["chroma"].values.shape == (n_frames, 12)


@pytest.mark.parametrize("length", [512, 100_001])
def test_how_the_sound_was_cut_changes_nothing_that_can_be_seen(
    of_song: Analysis, short_song: Song, length: int
) -> None:
    again = analysed(short_song.samples, TrackOptions(analysis_type="basic"), length)
    assert not again.timelines
    assert again.character is not None
    assert of_song.character is not None
    np.testing.assert_array_equal(again.rhythm.beat_times, of_song.rhythm.beat_times)
    assert [c.label for c in again.character.chords] == [c.label for c in of_song.character.chords]
    assert again.character.loudness.integrated_lufs == pytest.approx(of_song.character.loudness.integrated_lufs)
    np.testing.assert_array_equal(again.character.waveform.lows, of_song.character.waveform.lows)
    assert again.character.fades_s == of_song.character.fades_s
    assert again.character.true_peak == pytest.approx(of_song.character.true_peak, rel=1e-6)
    assert astuple(again.character.sound_mood) == pytest.approx(astuple(of_song.character.sound_mood), abs=1e-5)


def test_a_poorer_type_says_the_same_of_rhythm(of_song: Analysis, short_song: Song) -> None:
    poorer = analysed(short_song.samples, TrackOptions(analysis_type="tempo_only"))
    assert poorer.character is None
    assert not poorer.timelines
    assert poorer.rhythm.bpm == of_song.rhythm.bpm
    np.testing.assert_array_equal(poorer.rhythm.beat_times, of_song.rhythm.beat_times)
    np.testing.assert_array_equal(poorer.rhythm.downbeat_times, of_song.rhythm.downbeat_times)
    np.testing.assert_array_equal(poorer.rhythm.onset_times, of_song.rhythm.onset_times)


def test_the_output_grid_does_not_touch_what_is_said_of_the_whole(of_song: Analysis, short_song: Song) -> None:
    def blocks() -> Iterable[Block]:  # every other sample: a stand-in for a resampled stream, low frequencies kept
        return [Block(short_song.samples, np.ascontiguousarray(short_song.samples[:, ::2]))]

    options = TrackOptions(sample_rate=SAMPLE_RATE // 2, frame_length=1024, hop_length=100, n_mfcc=20)
    other = TrackAnalyzer(options, network_weights()).analysis(blocks)
    assert other.character is not None
    assert of_song.character is not None
    assert other.duration_s == of_song.duration_s
    assert other.character.key == of_song.character.key
    assert other.character.sound_mood == of_song.character.sound_mood
    assert astuple(other.character.mood) == pytest.approx(astuple(of_song.character.mood), abs=1e-6)
    np.testing.assert_array_equal(other.rhythm.beat_times, of_song.rhythm.beat_times)
    assert other.timelines["mfcc"].values.shape[1] == 20
    rms = other.timelines["rms"]
    assert len(rms.values) == rms.grid.n_frames(-(-short_song.samples.shape[1] // 2))


SOUNDS = {
    "silence": silence(2.0),
    "one sample": np.full(1, 0.5, np.float32),
    "half a second": noise(1, 0.5),
    "a constant": np.full(SAMPLE_RATE, 0.5, np.float32),
    "a square wave": np.sign(tone(220.0, 2.0)),
    "noise": noise(2, 4.0),
    "ten times full scale": 10 * tone(440.0, 1.0),
    "the smallest numbers": np.full(SAMPLE_RATE, np.finfo(np.float32).tiny, np.float32),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_every_sound_gives_a_whole_and_finite_analysis(name: str) -> None:
    found = analysed(SOUNDS[name])
    character = found.character
    assert character is not None
    end = found.duration_s
    assert end > 0
    for parts in (character.chords, character.sections):
        spans = [(part.start, part.end) for part in parts]
        assert spans[0][0] == 0.0
        assert spans[-1][1] == end
        assert all(before[1] == after[0] for before, after in pairwise(spans))
    segments = character.segments.segments
    assert segments[0].start == 0.0
    assert segments[-1].start + segments[-1].duration == pytest.approx(end, abs=2e-6)
    mood, loudness = character.mood, character.loudness
    numbers = [
        mood.energy,
        mood.valence,
        mood.danceability,
        loudness.integrated_lufs,
        loudness.range_lu,
        loudness.max_momentary_lufs,
        loudness.max_short_term_lufs,
        character.peak,
        character.true_peak,
    ]
    assert np.all(np.isfinite(numbers))
    assert all(0 <= ratio <= 1 for ratio in (*numbers[:3], *astuple(character.sound_mood)))
    assert character.true_peak >= character.peak
    assert 0 <= character.fades_s[0] <= character.fades_s[1] <= end
    assert loudness.integrated_lufs >= -70
    frames = (timeline.values for timeline in found.timelines.values())
    for values in (*frames, character.segments.timbre, character.segments.pitches):
        assert np.all(np.isfinite(values))


@pytest.mark.parametrize("name", ["silence", "one sample", "half a second", "noise"])
def test_no_tempo_is_said_where_nothing_beats(name: str) -> None:
    assert analysed(SOUNDS[name], TrackOptions(analysis_type="tempo_only")).rhythm.bpm is None


def test_silence_is_said() -> None:
    found = analysed(silence(2.0))
    assert found.character is not None
    assert "silent" in found.warnings
    assert found.character.loudness.integrated_lufs == -70.0
    assert found.character.mood.energy == 0.0
    assert [chord.label for chord in found.character.chords] == ["N"]


def test_a_track_without_samples_is_refused() -> None:
    with pytest.raises(NoSamplesError):
        analysed(np.empty((2, 0), np.float32))


def test_where_channels_cancel_out_the_strongest_one_is_analysed(short_song: Song) -> None:
    left = short_song.samples[0]
    alone = analysed(left, TrackOptions(analysis_type="basic"))
    cancelling = analysed(np.stack((left, -left)), TrackOptions(analysis_type="basic"))
    assert cancelling.warnings == ("mono_cancels", *alone.warnings)
    assert alone.character is not None
    assert cancelling.character is not None
    assert cancelling.character.key == alone.character.key
    np.testing.assert_array_equal(cancelling.rhythm.beat_times, alone.rhythm.beat_times)
    # Loudness still hears both channels: twice the power is 3.01 dB more (BS.1770 sums powers, not samples).
    louder = cancelling.character.loudness.integrated_lufs - alone.character.loudness.integrated_lufs
    assert louder == pytest.approx(10 * np.log10(2), abs=0.01)


def test_an_analyzer_serves_one_track_after_another(of_song: Analysis, short_song: Song) -> None:
    analyzer = TrackAnalyzer(TrackOptions(), network_weights())
    analyzer.analysis(blocks_of(noise(3, 2.0)[None]))
    again = analyzer.analysis(blocks_of(short_song.samples))
    of_arrays: dict[str, Any] = {
        "rhythm": of_song.rhythm,
        "groove": of_song.groove,
        "character": None,
        "timelines": {},
        "retained": None,
    }
    assert replace(again, **of_arrays) == replace(of_song, **of_arrays)
    np.testing.assert_array_equal(again.rhythm.onset_times, of_song.rhythm.onset_times)


def test_librosa_finds_the_beats_where_it_is_asked_to(of_song: Analysis, short_song: Song) -> None:
    other = analysed(short_song.samples, TrackOptions(analysis_type="tempo_only", beat_tracker="librosa"))
    assert other.rhythm.bpm == pytest.approx(short_song.bpm, rel=0.01)
    assert len(other.rhythm.beat_times) > 0.8 * len(short_song.beat_times_s)
    assert other.rhythm.beat_times.tolist() != of_song.rhythm.beat_times.tolist()
    np.testing.assert_array_equal(other.rhythm.onset_times, of_song.rhythm.onset_times)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="hop_length"):
        TrackAnalyzer(TrackOptions(hop_length=0), network_weights())


@pytest.mark.parametrize("rate", [SAMPLE_RATE, SAMPLE_RATE // 2])
def test_only_the_features_that_are_asked_for_are_told_each_on_its_grid(short_song: Song, rate: int) -> None:
    samples = short_song.samples
    names = ("chroma_harmony", "mfcc_delta", "peak", "rms")
    options = TrackOptions(analysis_type="tempo_only", sample_rate=rate, timelines=TimelineOptions(features=names))
    output = samples if rate == SAMPLE_RATE else np.ascontiguousarray(samples[:, ::2])
    found = TrackAnalyzer(options, network_weights()).analysis(lambda: [Block(samples, output)])
    assert found.character is None
    assert tuple(found.timelines) == names
    where = {name: (timeline.grid.sample_rate, timeline.grid.hop_length) for name, timeline in found.timelines.items()}
    assert where == {
        "chroma_harmony": (SAMPLE_RATE, 4096),
        "mfcc_delta": (rate, 512),
        "peak": (SAMPLE_RATE, 4410),
        "rms": (rate, 512),
    }
    # Row k of the peak is of samples k * 4410 up to (k + 1) * 4410, whose middle is half a hop behind their beginning.
    assert [timeline.start_s for timeline in found.timelines.values()] == [0.0, 0.0, 0.05, 0.0]
    assert found.timelines["peak"].values[3] == np.abs(samples[:, 3 * 4410 : 4 * 4410]).max()
    assert len(found.timelines["rms"].values) == 1 + output.shape[1] // 512
