"""Beats said before they sound, on streams whose beats are known."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.live import bar_counter
from tactus.analysis.live.beat_activations import ActivationExtractor
from tactus.analysis.live.beat_predictor import BeatPredictor, BeatPredictorState
from tactus.analysis.live.events import BeatCancelled, BeatPrediction, OnsetEvent
from tactus.analysis.live.onset_detector import OnsetDetector
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import SAMPLE_RATE, beat_times_s, click_track, noise, silence, song

GRID = INNER_GRIDS["rhythm"]
FEATURES = ("log_mel", "onset_strength", "chroma_harmony")
ANALYZER = Analyzer(features_for(FEATURES), INNER_GRIDS, FEATURES)
HEARING = ActivationExtractor(network_weights().live_rhythm, GRID.frame_rate_hz)
FILTER = BeatPredictor(GRID.frame_rate_hz)
DETECTOR = OnsetDetector(GRID.frame_rate_hz)
LATEST_S = 0.02


def heard(samples: Floats, block_samples: int = 512) -> tuple[list[BeatPrediction | BeatCancelled], list[OnsetEvent]]:
    """What is said while a stream arrives block by block."""
    said, onset_events, _ = followed(samples, block_samples)
    return said, onset_events


def followed(
    samples: Floats, block_samples: int = 512
) -> tuple[list[BeatPrediction | BeatCancelled], list[OnsetEvent], BeatPredictorState]:
    """Likewise, and what the filter knows in the end."""
    features, hearing, beats, onsets = ANALYZER.start(), HEARING.start(), FILTER.start(), DETECTOR.start()
    said: list[BeatPrediction | BeatCancelled] = []
    onset_events: list[OnsetEvent] = []
    for start in range(0, len(samples), block_samples):
        block = samples[start : start + block_samples]
        known_at_s = (start + len(block)) / SAMPLE_RATE
        features, rows = ANALYZER.step(features, block[None])
        hearing, frames = HEARING.step(hearing, *(rows[name] for name in FEATURES))
        beats, words = FILTER.step(beats, frames, known_at_s)
        onsets, more = DETECTOR.step(onsets, rows["onset_strength"], known_at_s)
        said.extend(words)
        onset_events.extend(more)
    return said, onset_events, beats


def beats_of(samples: Floats, block_samples: int = 512) -> list[BeatPrediction]:
    """Beats that were said and not taken back, as last said."""
    last: dict[int, BeatPrediction] = {}
    for word in heard(samples, block_samples)[0]:
        if isinstance(word, BeatPrediction):
            last[word.id] = word
        else:
            del last[word.id]
    return list(last.values())


@pytest.mark.parametrize("bpm", [70.0, 97.0, 120.0, 150.0, 180.0])
def test_every_click_is_said_once_before_it_is_over(bpm: float) -> None:
    beats = beats_of(click_track(bpm, 20, offset_s=0.2))
    truth = beat_times_s(bpm, 19.8, 0.2)
    first_s = truth[truth > 5][0]
    truth = truth[truth > 5]
    locked = [beat for beat in beats if first_s - 0.05 < beat.audio_time_s < truth[-1] + 0.05]
    times = np.array([beat.audio_time_s for beat in locked])
    assert len(times) == len(truth)
    assert np.abs(times - truth).max() < 0.025
    assert max(beat.known_at_s - beat.audio_time_s for beat in locked) <= LATEST_S
    assert all(beat.bpm == pytest.approx(bpm, rel=0.02) for beat in locked)


@pytest.mark.parametrize("block_samples", [1024, 2048])
def test_larger_blocks_delay_what_is_said_but_not_the_beats(block_samples: int) -> None:
    samples = song(bpm=116, form="AB").samples[0]
    fine = [beat.audio_time_s for beat in beats_of(samples, 256)]
    coarse = [beat.audio_time_s for beat in beats_of(samples, block_samples)]
    near = np.abs(np.array(coarse)[:, None] - np.array(fine)).min(axis=1)
    assert len(coarse) == pytest.approx(len(fine), abs=2)
    assert (near < 0.03).mean() > 0.95


def test_a_song_is_followed() -> None:
    piece = song(bpm=108, form="ABAB")
    times = np.array([beat.audio_time_s for beat in beats_of(piece.samples[0])])
    truth = piece.beat_times_s[piece.beat_times_s > 6]
    errors_s = np.abs(times - truth[:, None]).min(axis=1)
    assert (errors_s < 0.07).mean() > 0.95


@pytest.mark.parametrize(
    "samples", [silence(8), noise(1, 12), noise(2, 12, amplitude=0.001)], ids=["silence", "noise", "hiss"]
)
def test_nothing_is_tapped_where_there_is_no_beat(samples: Floats) -> None:
    assert beats_of(samples) == []


def test_when_the_music_stops_so_do_the_beats() -> None:
    beats = beats_of(np.concatenate((click_track(120, 10), silence(8))))
    assert max(beat.audio_time_s for beat in beats) < 13.5


def test_a_new_tempo_is_followed_within_six_seconds() -> None:
    beats = beats_of(np.concatenate((click_track(100, 12), click_track(130, 15))))
    times = np.array([beat.audio_time_s for beat in beats])
    truth = 12 + beat_times_s(130, 14.9)
    truth = truth[truth > 18]
    assert np.abs(times - truth[:, None]).min(axis=1).max() < 0.03


def test_one_filter_serves_two_streams() -> None:
    timelines = (ANALYZER.run([click_track(bpm, 8)[None]]) for bpm in (100, 140))
    features, others = ({name: rows.values for name, rows in each.items()} for each in timelines)
    alone = FILTER.step(FILTER.start(), HEARING.step(HEARING.start(), *(features[name] for name in FEATURES))[1], 8.0)
    states = [(HEARING.start(), FILTER.start()) for _ in range(2)]
    together: list[BeatPrediction | BeatCancelled] = []
    for k in range(0, len(features["log_mel"]), 8):
        for number, rows in enumerate((features, others)):
            hearing, beats = states[number]
            parts = (
                rows["log_mel"][k : k + 8],
                rows["onset_strength"][k : k + 8],
                rows["chroma_harmony"][k // 8 :][:1],
            )
            hearing, frames = HEARING.step(hearing, *parts)
            beats, words = FILTER.step(beats, frames, 8.0)
            states[number] = hearing, beats
            together += words if number == 0 else []
    assert [word.id for word in together] == [word.id for word in alone[1]]
    for word, other in zip(together, alone[1], strict=True):
        if isinstance(word, BeatPrediction) and isinstance(other, BeatPrediction):
            assert word.audio_time_s == pytest.approx(other.audio_time_s, abs=1e-3)


def test_numbers_ascend_and_phase_runs_from_beat_to_beat() -> None:
    words, _, state = followed(click_track(120, 12))
    numbers = [word.id for word in words if isinstance(word, BeatPrediction)]
    assert sorted(set(numbers)) == list(range(numbers[-1] + 1))
    for at_s in (12.1, 12.25, 12.4):
        reading = FILTER.tracked(state).pulse
        assert reading is not None
        assert reading.phase(at_s) == pytest.approx(at_s / 0.5 % 1, abs=0.06)
        assert 60 / reading.interval_s == pytest.approx(120, rel=0.01)
    assert FILTER.tracked(FILTER.start()).pulse is None


def test_tempi_that_may_be_are_told() -> None:
    _, _, state = followed(click_track(120, 12))
    tempi = FILTER.tempo_candidates(state)
    assert tempi[0][0] == pytest.approx(120, rel=0.02)
    assert tempi[0][1] > 0.5
    assert [share for _, share in tempi] == sorted((share for _, share in tempi), reverse=True)
    assert sum(share for _, share in tempi) <= 1.001


@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_the_one_is_where_the_accent_is(beats_per_bar: int) -> None:
    count = bar_counter.start()
    for beat in range(40):
        count = bar_counter.counted(count, 0.6 if beat % beats_per_bar == 0 else 0.2, 1.0)
    assert bar_counter.next_beat_in_bar(count) == 40 % beats_per_bar + 1


@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_the_bright_click_of_a_metronome_is_the_one(beats_per_bar: int) -> None:
    rng, count = np.random.default_rng(0), bar_counter.start()
    for beat in range(4 * beats_per_bar):
        brightness = (3.0 if beat % beats_per_bar == 0 else 2.0) + rng.uniform(-0.05, 0.05)
        count = bar_counter.counted(count, 0.1 if beat % beats_per_bar == 0 else 0.3, brightness)
    assert bar_counter.next_beat_in_bar(count) == 1


def test_a_backbeat_is_no_metronome() -> None:
    count = bar_counter.start()
    for beat in range(24):
        count = bar_counter.counted(count, 0.6 if beat % 4 == 0 else 0.2, 3.0 if beat % 2 else 2.0)
    assert bar_counter.next_beat_in_bar(count) == 1


def test_each_onset_is_said_once_and_soon() -> None:
    truth = beat_times_s(130, 12, 0.4)
    onsets = heard(click_track(130, 12, offset_s=0.4))[1]
    times = np.array([onset.audio_time_s for onset in onsets])
    assert len(times) == len(truth)
    assert np.abs(times - truth).max() < 0.015
    assert max(onset.known_at_s - onset.audio_time_s for onset in onsets) < 0.055
    assert all(onset.strength > 1 for onset in onsets)
