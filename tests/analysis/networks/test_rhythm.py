"""What the rhythm network hears: sounds whose beats are known, in pieces of any length."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.networks.rhythm import RhythmActivations, rhythm_activations, tempo_classes_bpm
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import click_track, noise, silence, song

HEARD = ("log_mel", "chroma_harmony")
ANALYZER = Analyzer(features_for(HEARD), INNER_GRIDS, HEARD)
FRAME_RATE_HZ = INNER_GRIDS["rhythm"].frame_rate_hz


def heard(samples: Floats) -> tuple[Floats, Floats]:
    timelines = ANALYZER.run([np.atleast_2d(samples)])
    return timelines["log_mel"].values, timelines["chroma_harmony"].values


def reading(samples: Floats) -> RhythmActivations:
    return rhythm_activations(network_weights().rhythm, *heard(samples))


def test_beats_of_a_song_are_likely_and_what_lies_between_is_not() -> None:
    piece = song(bpm=112, form="AB")
    beats = reading(piece.samples).beats
    frames = np.round(piece.beat_times_s[2:-2] * FRAME_RATE_HZ).astype(np.int64)
    between = (frames[:-1] + frames[1:]) // 2
    on_beats = np.max([beats[frames + shift] for shift in (-1, 0, 1)], axis=0)
    assert np.median(on_beats) > 0.7
    assert np.median(beats[between]) < 0.1


def test_something_begins_where_a_click_does() -> None:
    onsets = reading(click_track(100, 12, offset_s=0.3)).onsets
    frames = np.round((0.3 + 0.6 * np.arange(19)) * FRAME_RATE_HZ).astype(np.int64)
    assert np.max([onsets[frames + shift] for shift in (-1, 0, 1)], axis=0).min() > 0.3


def test_tempo_is_believed_near_what_it_is() -> None:
    found = reading(song(bpm=124, form="AB").samples).tempi
    assert found.sum() == pytest.approx(1, abs=1e-3)
    assert tempo_classes_bpm(len(found))[np.argmax(found)] == pytest.approx(124, rel=0.05)


def test_in_silence_and_noise_no_beat_is_likely() -> None:
    assert reading(silence(10)).beats.max() < 0.5
    assert np.median(reading(noise(3, 10.0)).beats) < 0.2


@pytest.mark.parametrize("n_frames", [0, 1, 2, 3, 7, 8, 9, 1879, 1880, 1881, 2300])
def test_a_piece_may_have_any_length(n_frames: int) -> None:
    log_mel, chroma = heard(song(bpm=120, form="ABAB").samples)
    found = rhythm_activations(network_weights().rhythm, log_mel[:n_frames], chroma[: n_frames // 8])
    for curve in (found.beats, found.downbeats, found.onsets):
        assert curve.shape == (n_frames,)
        assert np.isfinite(curve).all()
        assert ((curve >= 0) & (curve <= 1)).all()


def test_working_through_a_piece_in_pieces_leaves_no_seams() -> None:
    """After a lead of 168 rows the second piece of work begins at row 1880: a song moved over it reads the same."""
    log_mel, chroma = heard(song(bpm=120, form="AB").samples)
    log_mel, chroma = log_mel[:1600], chroma[:200]
    quiet = np.zeros((1400, 64), np.float32), np.zeros((175, 36), np.float32)
    moved = [
        np.concatenate((np.zeros_like(one[:n]), one, other))
        for one, other, n in zip((log_mel, chroma), quiet, (1200, 150), strict=True)
    ]
    far = [
        np.concatenate((np.zeros_like(one[:n]), one, other))
        for one, other, n in zip((log_mel, chroma), quiet, (1040, 130), strict=True)
    ]
    first = rhythm_activations(network_weights().rhythm, *moved).onsets[1200 + 600 : 1200 + 1000]
    second = rhythm_activations(network_weights().rhythm, *far).onsets[1040 + 600 : 1040 + 1000]
    assert first == pytest.approx(second, abs=0.02)


def test_transposition_changes_nothing() -> None:
    log_mel, chroma = heard(song(bpm=120, form="AB").samples)
    found = rhythm_activations(network_weights().rhythm, log_mel, chroma)
    transposed = rhythm_activations(network_weights().rhythm, log_mel, np.roll(chroma, 15, axis=1))
    assert transposed.downbeats == pytest.approx(found.downbeats, abs=1e-4)
