"""Chords, on probabilities of chords and on a song that was made of known ones."""

from itertools import pairwise

import numpy as np
import pytest

from tactus.analysis.networks.harmony import N_CHORDS, QUALITIES, first_row_s
from tactus.analysis.track.harmony.chords import LABELS, Chord, chords
from tactus.analysis.track.harmony.key import PITCH_CLASSES
from tactus.analysis.tuning import tuned_chroma
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.sampled import Sampled
from tests.analysis.track.test_key import feature_values, harmony_of
from tests.fixtures.signals import Song, noise, silence, tone

RATE_HZ = 10.0
NO_BEATS: Times = np.empty(0)
SILENT = np.zeros((1, 12), np.float32)


def posterior(label: str, share: float = 0.8) -> Floats:
    """Probabilities with this share for one chord, the rest spread evenly."""
    row = np.full(N_CHORDS, (1 - share) / (N_CHORDS - 1), np.float32)
    tonic, _, quality = label.partition(":")
    row[12 * QUALITIES.index(quality) + PITCH_CLASSES.index(tonic) if quality else -1] = share
    return row


def held(*labels: str, seconds: float = 2.0) -> Floats:
    return np.concatenate([np.tile(posterior(label), (round(seconds * RATE_HZ), 1)) for label in labels])


def estimated(
    probabilities: Floats, duration_s: float, *, beat_times: Times = NO_BEATS, chroma: Floats | None = None
) -> tuple[Chord, ...]:
    return chords(
        Sampled(probabilities, RATE_HZ),
        first_s=0.0,
        chroma=Sampled(SILENT if chroma is None else chroma, RATE_HZ),
        beat_times=beat_times,
        duration_s=duration_s,
    )


@pytest.mark.parametrize("label", LABELS[:-1])
def test_a_triad_has_its_name(label: str) -> None:
    (found,) = estimated(held(label), 2.0)
    assert (found.start, found.end, found.label) == (0.0, 2.0, label)


def test_chords_change_on_beats_and_cover_the_piece() -> None:
    beats: Times = np.arange(0.0, 8.0, 0.5)
    found = estimated(held("C:maj", "A:min", "F:maj", "G:maj"), 8.0, beat_times=beats)
    assert [(c.start, c.end, c.label) for c in found] == [
        (0.0, 2.0, "C:maj"),
        (2.0, 4.0, "A:min"),
        (4.0, 6.0, "F:maj"),
        (6.0, 8.0, "G:maj"),
    ]
    assert all(0 < c.confidence <= 1 for c in found)


@pytest.mark.parametrize("samples", [silence(3.0), noise(1, 3.0), tone(440.0, 3.0)], ids=["silence", "noise", "a tone"])
def test_what_is_no_chord_is_called_none(samples: Floats) -> None:
    (found,) = estimated(harmony_of(samples).chords, 3.0)
    assert found.label == "N"


def test_a_slip_of_one_beat_is_no_change() -> None:
    probabilities = held("C:maj", seconds=6.0)
    probabilities[30:35] = 0.4 * posterior("C:maj") + 0.6 * posterior("A:min")
    found = estimated(probabilities, 6.0, beat_times=np.arange(0, 6, 0.5))
    assert [c.label for c in found] == ["C:maj"]


def test_where_the_network_doubts_the_pitch_classes_decide() -> None:
    doubt = np.full((20, N_CHORDS), 1 / N_CHORDS, np.float32)
    a_minor = np.zeros((20, 12), np.float32)
    a_minor[:, [9, 0, 4]] = 1.0
    (found,) = estimated(doubt, 2.0, chroma=a_minor)
    assert found.label == "A:min"


@pytest.mark.parametrize("quality", ["7", "maj7", "min7", "dim", "hdim7"])
def test_a_richer_chord_is_named_where_it_is_sure(quality: str) -> None:
    (sure,) = estimated(held(f"D:{quality}"), 2.0)
    assert sure.label == f"D:{quality}"
    triad = "maj" if quality in ("7", "maj7") else "min"
    both = 0.5 * held(f"D:{quality}") + 0.5 * held(f"D:{triad}")
    (unsure,) = estimated(both, 2.0)
    assert unsure.label == f"D:{triad}"
    assert unsure.confidence == pytest.approx(sure.confidence, abs=0.01)


@pytest.mark.parametrize("duration_s", [1 / 44100, 0.05, 0.5, 7.3])
def test_there_is_always_a_chord_and_never_a_gap(duration_s: float) -> None:
    probabilities = held("E:min", seconds=1 + duration_s)
    found = estimated(probabilities, duration_s, beat_times=np.array([0.01, 0.4, 9.0]))
    assert found[0].start == 0.0
    assert found[-1].end == duration_s
    assert all(a.end == b.start and a.label != b.label for a, b in pairwise(found))


def test_a_song_s_chords_are_found(short_song: Song) -> None:
    rate_hz = 44100 / 8192
    found = chords(
        Sampled(harmony_of(short_song.samples.mean(axis=0)).chords, rate_hz),
        first_s=first_row_s(rate_hz),
        chroma=Sampled(
            tuned_chroma(feature_values("chroma_harmony", short_song.samples.mean(axis=0)), 0.0), 44100 / 4096
        ),
        beat_times=short_song.beat_times_s,
        duration_s=short_song.duration_s,
    )
    right_s = sum(
        max(0.0, min(a.end, end) - max(a.start, start))
        for a in found
        for start, end, label in short_song.chords
        if a.label.startswith(label)
    )
    assert right_s / short_song.duration_s > 0.9
