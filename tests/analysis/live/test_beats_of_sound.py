"""Beats and onsets of sound whose beats are known: features, network, predictor and detector together."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.live.beat_activations import ActivationExtractor
from tactus.analysis.live.beat_predictor import BeatPredictor
from tactus.analysis.live.events import BeatEvent, BeatPrediction
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import SAMPLE_RATE, beat_times_s, click_track, noise, silence, song

GRID = INNER_GRIDS["rhythm"]
FEATURES = ("log_mel", "onset_strength", "chroma_harmony")
ANALYZER = Analyzer(features_for(FEATURES), INNER_GRIDS, FEATURES)
EXTRACTOR = ActivationExtractor(network_weights().live_rhythm, GRID.frame_rate_hz)
PREDICTOR = BeatPredictor(GRID.frame_rate_hz)
LATEST_S = 0.02


def beats_of(samples: Floats, block_samples: int = 512) -> list[BeatPrediction]:
    """Beats that were predicted and not cancelled, as predicted last, while a stream arrives block by block."""
    features, activations, beats = ANALYZER.start(), EXTRACTOR.start(), PREDICTOR.start()
    events: list[BeatEvent] = []
    for start in range(0, len(samples), block_samples):
        block = samples[start : start + block_samples]
        features, rows = ANALYZER.step(features, block[None])
        activations, frames = EXTRACTOR.step(activations, *(rows[name] for name in FEATURES))
        beats, new_events = PREDICTOR.step(beats, frames, (start + len(block)) / SAMPLE_RATE)
        events += new_events
    last: dict[int, BeatPrediction] = {}
    for event in events:
        if isinstance(event, BeatPrediction):
            last[event.id] = event
        else:
            del last[event.id]
    return list(last.values())


@pytest.mark.parametrize("bpm", [70.0, 180.0])
def test_every_click_is_predicted_once_before_it_is_over(bpm: float) -> None:
    beats = beats_of(click_track(bpm, 12, offset_s=0.2))
    truth = beat_times_s(bpm, 11.8, 0.2)
    truth = truth[truth > 5]
    locked = [beat for beat in beats if truth[0] - 0.05 < beat.audio_time_s < truth[-1] + 0.05]
    times = np.array([beat.audio_time_s for beat in locked])
    assert len(times) == len(truth)
    assert np.abs(times - truth).max() < 0.025
    assert abs(np.mean(times - truth)) < 0.005
    assert max(beat.known_at_s - beat.audio_time_s for beat in locked) <= LATEST_S
    assert all(beat.bpm == pytest.approx(bpm, rel=0.02) for beat in locked)


def test_larger_blocks_delay_predictions_but_not_the_beats() -> None:
    samples = song(bpm=116, form="A").samples[0]
    fine = [beat.audio_time_s for beat in beats_of(samples, 256)]
    coarse = [beat.audio_time_s for beat in beats_of(samples, 2048)]
    near = np.abs(np.array(coarse)[:, None] - np.array(fine)).min(axis=1)
    assert len(coarse) == pytest.approx(len(fine), abs=2)
    assert (near < 0.03).mean() > 0.9


def test_a_song_is_followed() -> None:
    piece = song(bpm=108, form="AB")
    times = np.array([beat.audio_time_s for beat in beats_of(piece.samples[0, : 18 * SAMPLE_RATE])])
    truth = piece.beat_times_s[(piece.beat_times_s > 6) & (piece.beat_times_s < 17.9)]
    errors_s = np.abs(times - truth[:, None]).min(axis=1)
    assert (errors_s < 0.07).mean() > 0.95


@pytest.mark.parametrize(
    "samples", [silence(4), noise(1, 8), noise(2, 8, amplitude=0.001)], ids=["silence", "noise", "hiss"]
)
def test_nothing_is_predicted_where_there_is_no_beat(samples: Floats) -> None:
    assert beats_of(samples) == []


def test_when_the_music_stops_so_do_the_beats() -> None:
    beats = beats_of(np.concatenate((click_track(120, 6), silence(5))))
    assert 7 < max(beat.audio_time_s for beat in beats) < 9.5


def test_a_new_tempo_is_followed_within_six_seconds() -> None:
    beats = beats_of(np.concatenate((click_track(100, 6), click_track(130, 9))))
    times = np.array([beat.audio_time_s for beat in beats])
    truth = 6 + beat_times_s(130, 8.9)
    truth = truth[truth > 12]
    assert np.abs(times - truth[:, None]).min(axis=1).max() < 0.03
