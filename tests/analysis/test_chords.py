"""Chords, on pitch classes made from them and on a song that was made of known ones."""

from itertools import pairwise

import numpy as np
import pytest

from tactus.analysis.track.chords import LABELS, chords
from tactus.analysis.track.tuning import tuned_chroma
from tactus.dsp.arrays import Floats, Times
from tests.analysis.test_key import fine_chroma
from tests.fixtures.signals import Song

RATE_HZ = 10.0


def triad(label: str) -> Floats:
    """Pitch classes of a triad and nothing else."""
    tonic = LABELS.index(label) % 12
    row = np.zeros(12, np.float32)
    row[[tonic, (tonic + (4 if label.endswith("maj") else 3)) % 12, (tonic + 7) % 12]] = 1
    return row


def held(*labels: str, seconds: float = 2.0) -> Floats:
    return np.concatenate([np.tile(triad(label), (round(seconds * RATE_HZ), 1)) for label in labels])


@pytest.mark.parametrize("label", LABELS[:-1])
def test_a_triad_has_its_name(label: str) -> None:
    (found,) = chords(held(label), RATE_HZ, beat_times=np.empty(0), duration_s=2.0)
    assert (found.start, found.end, found.label) == (0.0, 2.0, label)


def test_chords_change_on_beats_and_cover_the_piece() -> None:
    beats: Times = np.arange(0.0, 8.0, 0.5)
    found = chords(held("C:maj", "A:min", "F:maj", "G:maj"), RATE_HZ, beat_times=beats, duration_s=8.0)
    assert [(c.start, c.end, c.label) for c in found] == [
        (0.0, 2.0, "C:maj"),
        (2.0, 4.0, "A:min"),
        (4.0, 6.0, "F:maj"),
        (6.0, 8.0, "G:maj"),
    ]
    assert all(0 < c.confidence <= 1 for c in found)


def test_silence_and_noise_hold_no_chord() -> None:
    for chroma in (np.zeros((30, 12), np.float32), np.ones((30, 12), np.float32)):
        (found,) = chords(chroma, RATE_HZ, beat_times=np.empty(0), duration_s=3.0)
        assert found.label == "N"


def test_a_slip_of_one_beat_is_no_change() -> None:
    chroma = held("C:maj", seconds=6.0)
    chroma[30:35] = 0.8 * triad("C:maj") + 0.25 * triad("A:min")
    found = chords(chroma, RATE_HZ, beat_times=np.arange(0, 6, 0.5), duration_s=6.0)
    assert [c.label for c in found] == ["C:maj"]


@pytest.mark.parametrize("duration_s", [1 / 44100, 0.05, 0.5, 7.3])
def test_there_is_always_a_chord_and_never_a_gap(duration_s: float) -> None:
    chroma = held("E:min", seconds=1 + duration_s)
    found = chords(chroma, RATE_HZ, beat_times=np.array([0.01, 0.4, 9.0]), duration_s=duration_s)
    assert found[0].start == 0.0
    assert found[-1].end == duration_s
    assert all(a.end == b.start and a.label != b.label for a, b in pairwise(found))


def test_a_song_s_chords_are_found(short_song: Song) -> None:
    fine = fine_chroma(short_song.samples.mean(axis=0))
    found = chords(
        tuned_chroma(fine, 0.0),
        44100 / 4096,
        beat_times=short_song.beat_times_s,
        duration_s=short_song.duration_s,
    )
    right_s = sum(
        max(0.0, min(a.end, end) - max(a.start, start))
        for a in found
        for start, end, label in short_song.chords
        if a.label == label
    )
    assert right_s / short_song.duration_s > 0.9
