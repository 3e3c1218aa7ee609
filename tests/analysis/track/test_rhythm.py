"""Tempo, beats, bars and onsets of sounds whose rhythm is known because they were made with it."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.networks.rhythm import rhythm_activations
from tactus.analysis.ranges import TRACKED_BPM_RANGE
from tactus.analysis.track.rhythm.librosa_beats import librosa_beats
from tactus.analysis.track.rhythm.onsets import onset_curve
from tactus.analysis.track.rhythm.rhythm import Rhythm, rhythm
from tactus.analysis.track.rhythm.tempo import RELATIONS
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.sampled import Sampled
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import (
    SAMPLE_RATE,
    beat_times_s,
    click_track,
    noise,
    pink_noise,
    scattered_clicks,
    silence,
    song,
    tone,
)

FRAME_RATE_HZ = INNER_GRIDS["rhythm"].frame_rate_hz
FEATURES = ("onset_strength", "log_mel", "chroma_harmony")
ANALYZER = Analyzer(features_for(FEATURES), INNER_GRIDS, FEATURES)


def onset_strengths(samples: Floats) -> Floats:
    return ANALYZER.run([np.atleast_2d(samples)])["onset_strength"].values


def rhythm_of(samples: Floats, bpm_range: tuple[float, float] = TRACKED_BPM_RANGE) -> Rhythm:
    timelines = ANALYZER.run([np.atleast_2d(samples)])
    values = {name: timeline.values for name, timeline in timelines.items()}
    reading = rhythm_activations(network_weights().rhythm, values["log_mel"], values["chroma_harmony"])
    duration_s = samples.shape[-1] / SAMPLE_RATE
    return rhythm(Sampled(values["onset_strength"], FRAME_RATE_HZ), reading, duration_s=duration_s, bpm_range=bpm_range)


def distances_s(times: Times, truth: Times) -> Times:
    """From each true moment to the nearest of `times` [s]."""
    return np.asarray(times[np.abs(times - truth[:, None]).argmin(axis=1)] - truth)


@pytest.mark.parametrize("bpm", [60.0, 83.3, 97.0, 120.0, 145.5, 174.0, 200.0])
def test_clicks_are_counted_exactly_and_each_is_a_beat(bpm: float) -> None:
    found = rhythm_of(click_track(bpm, 20, offset_s=0.3))
    truth = beat_times_s(bpm, 20, 0.3)
    assert found.bpm == pytest.approx(bpm, rel=1e-3)
    assert len(found.beat_times) == len(truth)
    errors_s = found.beat_times - truth
    assert abs(errors_s.mean()) < 0.003
    assert np.abs(errors_s).max() < 0.005


def test_onsets_of_clicks_are_their_starts() -> None:
    found = rhythm_of(click_track(97, 12, offset_s=0.3))
    truth = beat_times_s(97, 12, 0.3)
    assert len(found.onset_times) == len(truth)
    assert np.abs(found.onset_times - truth).max() < 0.005


def test_a_quiet_piece_has_the_rhythm_of_a_loud_one() -> None:
    loud = song(bpm=104, form="AB").samples
    found, quiet = rhythm_of(loud), rhythm_of(loud * np.float32(0.1))
    assert quiet.bpm == pytest.approx(found.bpm, rel=1e-3)
    assert np.abs(distances_s(quiet.beat_times, found.beat_times)).max() < 0.01


@pytest.mark.parametrize("bpm", [60.0, 97.0, 120.0, 174.0])
@pytest.mark.parametrize("duration_s", [8.0, 20.0])
def test_a_piece_may_begin_and_end_on_a_beat(bpm: float, duration_s: float) -> None:
    truth = beat_times_s(bpm, duration_s)
    found = rhythm_of(click_track(bpm, truth[-1] + 0.04))
    assert found.beat_times[0] == found.onset_times[0] == 0.0
    assert len(found.beat_times) == len(truth)
    assert np.abs(found.beat_times - truth).max() < 0.005


def test_nobody_taps_into_silence() -> None:
    found = rhythm_of(np.concatenate((silence(3.1), click_track(120, 10), silence(4))))
    assert found.beat_times[[0, -1]] == pytest.approx([3.1, 12.6], abs=0.005)


@pytest.mark.parametrize("bpm", [84.0, 112.0, 128.0])
def test_a_song_is_tapped_where_it_was_made(bpm: float) -> None:
    piece = song(bpm=bpm, offset_s=0.5)
    found = rhythm_of(piece.samples)
    assert found.bpm == pytest.approx(bpm, rel=2e-3)
    assert np.abs(distances_s(found.beat_times, piece.beat_times_s)).max() < 0.02


def test_a_change_of_tempo_is_followed() -> None:
    found = rhythm_of(np.concatenate((click_track(110, 60 / 110 * 30), click_track(140, 60 / 140 * 40))))
    truth = np.concatenate((beat_times_s(110, 60 / 110 * 30), 60 / 110 * 30 + beat_times_s(140, 60 / 140 * 40)))
    assert (np.abs(distances_s(found.beat_times, truth)) < 0.01).mean() > 0.95


@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_bars_begin_where_bass_enters(beats_per_bar: int) -> None:
    bpm, duration_s = 120.0, 30.0
    samples = click_track(bpm, duration_s, amplitude=0.3)
    bar_starts = beat_times_s(bpm / beats_per_bar, duration_s)
    decay = np.exp(-np.arange(SAMPLE_RATE // 5) / (0.05 * SAMPLE_RATE))
    kick = (0.6 * decay * np.sin(2 * np.pi * 60 * np.arange(len(decay)) / SAMPLE_RATE)).astype(np.float32)
    for start_s in bar_starts:
        start = round(start_s * SAMPLE_RATE)
        samples[start : start + len(kick)] += kick[: len(samples) - start]
    found = rhythm_of(samples)
    assert found.time_signature == beats_per_bar
    assert len(found.downbeat_times) == len(bar_starts)
    assert np.abs(distances_s(found.downbeat_times, bar_starts)).max() < 0.01


@pytest.mark.parametrize("beats_per_bar", [3, 4, 5, 7])
@pytest.mark.parametrize("first", [0, 2])
def test_the_bright_click_of_a_metronome_begins_its_bar(beats_per_bar: int, first: int) -> None:
    bpm, duration_s = 132.0, 30.0
    skipped_s = 60 / bpm * first
    whole = click_track(bpm, duration_s + skipped_s, beats_per_bar=beats_per_bar)
    found = rhythm_of(whole[round(skipped_s * SAMPLE_RATE) :])
    bar_starts = beat_times_s(bpm / beats_per_bar, duration_s + skipped_s) - skipped_s
    bar_starts = bar_starts[bar_starts >= 0]
    assert found.time_signature == beats_per_bar
    assert len(found.downbeat_times) == len(bar_starts)
    assert np.abs(distances_s(found.downbeat_times, bar_starts)).max() < 0.01


@pytest.mark.parametrize("bpm", [96.0, 120.0])
def test_the_bright_drum_of_a_backbeat_does_not(bpm: float) -> None:
    beats = beat_times_s(bpm, 30)
    samples = silence(30.5)
    t = np.arange(SAMPLE_RATE // 5) / SAMPLE_RATE
    kick = (0.6 * np.exp(-t / 0.06) * np.sin(2 * np.pi * 60 * t)).astype(np.float32)
    snare = noise(7, 0.2) * np.exp(-t / 0.04).astype(np.float32)
    for index, start_s in enumerate(beats):
        start = round(start_s * SAMPLE_RATE)
        samples[start : start + len(t)] += (kick, snare, 0.5 * kick, snare)[index % 4]
    found = rhythm_of(samples)
    assert found.time_signature == 4
    assert len(found.downbeat_times) == len(beats[::4])
    assert np.abs(distances_s(found.downbeat_times, beats[::4])).max() < 0.01


def test_downbeats_are_beats_to_the_bit() -> None:
    found = rhythm_of(song(bpm=118, offset_s=0.2).samples)
    assert len(found.downbeat_times) > 4
    assert np.isin(found.downbeat_times, found.beat_times).all()


WITHOUT_PULSE = {
    "silence": silence(10),
    "nothing": silence(0),
    "noise": noise(1, 8),
    "long noise": noise(2, 30),
    "pink": pink_noise(3, 20),
    "half a second": click_track(120, 0.5),
    "two beats": click_track(120, 1.2),
    "scattered": scattered_clicks(4, 30),
    "scattered 2": scattered_clicks(5, 60),
    "sine": tone(440, 4, amplitude=0.5),
    "sine with offset": 0.2 + tone(997, 4, amplitude=0.3),
    "8-bit sine": np.round(tone(440, 4, amplitude=0.2) * 128) / np.float32(128),
    "square": np.clip(tone(100, 4, amplitude=50), -1, 1),
    "square with aliases": np.clip(tone(441.3, 20, amplitude=50), -0.9, 0.9),
    "faint beating of two sines": tone(440, 30, amplitude=0.5) + tone(443, 30, amplitude=0.02),
}


@pytest.mark.parametrize("samples", WITHOUT_PULSE.values(), ids=WITHOUT_PULSE.keys())
def test_where_there_is_no_tempo_none_is_said(samples: Floats) -> None:
    found = rhythm_of(samples)
    assert found.bpm is None
    assert found.tempo_confidence == 0
    assert found.tempo_candidates == ()
    assert found.time_signature is None
    assert found.time_signature_confidence == 0
    assert len(found.beat_times) == len(found.downbeat_times) == len(found.beat_confidences) == 0


def test_alternatives_are_what_they_are_called() -> None:
    found = rhythm_of(song(bpm=100).samples)
    assert found.bpm is not None
    ratios = {"1": 1.0, **dict(RELATIONS)}
    assert found.tempo_candidates[0].relation == "1"
    assert {"x2", "3:2", "2:3"} <= {candidate.relation for candidate in found.tempo_candidates}
    for candidate in found.tempo_candidates:
        assert candidate.bpm == pytest.approx(found.bpm * ratios[candidate.relation])
        assert 0 <= candidate.confidence <= 1
    alternatives = [candidate.confidence for candidate in found.tempo_candidates[1:]]
    assert alternatives == sorted(alternatives, reverse=True)
    assert sum(alternatives) + found.tempo_confidence <= 1


def test_a_clear_pulse_is_surer_than_one_in_noise() -> None:
    piece = song(bpm=120, form="AB").samples
    clear, faint = rhythm_of(piece), rhythm_of(piece + noise(1, piece.shape[1] / SAMPLE_RATE, amplitude=0.5))
    assert clear.tempo_confidence > faint.tempo_confidence
    assert clear.beat_confidences.mean() > faint.beat_confidences.mean()


def test_an_onset_names_its_band() -> None:
    hiss = noise(1, 0.02, amplitude=0.3)
    hiss -= np.convolve(hiss, np.ones(8, np.float32) / 8, "same")
    thump = np.sin(2 * np.pi * 60 * np.arange(8820) / SAMPLE_RATE) * np.exp(-np.arange(8820) / 1200)
    samples = silence(8)
    for second in range(1, 8, 2):
        samples[second * SAMPLE_RATE : second * SAMPLE_RATE + len(thump)] += 0.5 * thump.astype(np.float32)
        samples[(second - 1) * SAMPLE_RATE + 4410 : (second - 1) * SAMPLE_RATE + 4410 + len(hiss)] += hiss
    found = rhythm_of(samples)
    thumps = np.abs(found.onset_times - np.round(found.onset_times)) < 0.02
    assert thumps.sum() == 4
    assert (found.onset_bands[thumps] == 0).all()
    assert (found.onset_bands[~thumps] >= 4).all()
    assert ((found.onset_strengths > 0) & (found.onset_strengths <= 1)).all()


def test_beats_lie_within_the_piece() -> None:
    samples = click_track(120, 10.02)
    found = rhythm_of(samples)
    for times in (found.beat_times, found.onset_times):
        assert times.min() >= 0
        assert times.max() <= len(samples) / SAMPLE_RATE


def test_the_range_of_tempi_is_kept() -> None:
    found = rhythm_of(click_track(160, 20), bpm_range=(60, 110))
    assert found.bpm == pytest.approx(80, rel=2e-3)


def test_librosa_can_be_asked_by_name() -> None:
    found = librosa_beats(Sampled(onset_curve(onset_strengths(click_track(120, 20))), FRAME_RATE_HZ))
    assert (np.abs(distances_s(found.times, beat_times_s(120, 20)[4:-4])) < 0.03).all()
    assert len(librosa_beats(Sampled(np.zeros(500, np.float32), FRAME_RATE_HZ)).times) == 0
