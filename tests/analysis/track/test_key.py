"""Key and tuning, on pieces whose key is known because they were made in it."""

from typing import Literal

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.networks.harmony import HarmonyActivations, harmony_activations
from tactus.analysis.track.harmony.key import PITCH_CLASSES, Key, KeyCandidate, key, key_spans
from tactus.analysis.tuning import tuned_chroma, tuning_cents
from tactus.dsp.arrays import Floats
from tactus.dsp.sampled import Sampled
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import chord, noise, silence, song, tone


def feature_values(name: str, samples: Floats) -> Floats:
    """A feature of the whole, as the catalogue has it."""
    features = features_for([name])
    return Analyzer(features, INNER_GRIDS, (name,)).run([samples[None]])[name].values


def harmony_of(samples: Floats) -> HarmonyActivations:
    """Output of the harmony network."""
    fine = feature_values("chroma_harmony", samples)
    return harmony_activations(network_weights().harmony, feature_values("pitch_spectrum", samples), tuning_cents(fine))


def heard_key(samples: Floats) -> Key:
    """Estimated key."""
    fine = feature_values("chroma_harmony", samples)
    return key(harmony_of(samples).keys, tuned_chroma(fine, tuning_cents(fine)))


SILENT = np.zeros((1, 12), np.float32)


@pytest.mark.parametrize("tonic", PITCH_CLASSES)
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_song_is_in_its_key(tonic: str, mode: Literal["major", "minor"]) -> None:
    best = heard_key(song(key=tonic, mode=mode, form="AB").samples.mean(axis=0)).best
    assert best is not None
    assert (best.tonic, best.mode) == (tonic, mode)


@pytest.mark.parametrize(
    "samples",
    [silence(3.0), noise(1, 5.0), tone(440.0, 3.0), silence(0.0)],
    ids=["silence", "noise", "a lone tone", "nothing"],
)
def test_there_is_no_key_where_there_is_none(samples: Floats) -> None:
    found = heard_key(samples)
    assert found.best is None
    assert found.confidence == 0.0
    assert found.major_share is None


def believed(*strengths: tuple[int, float], n_frames: int = 50) -> Floats:
    """Constant log-probabilities, 0 but for some keys."""
    row = np.zeros(25, np.float32)
    for number, strength in strengths:
        row[number] = strength
    return np.tile(row, (n_frames, 1))


def test_belief_is_shared_between_keys() -> None:
    found = key(believed((7, 5.0), (16, 4.0)), SILENT)
    shares = [candidate.confidence for candidate in found.candidates]
    assert [(c.tonic, c.mode) for c in found.candidates[:2]] == [("G", "major"), ("E", "minor")]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1
    assert found.confidence == shares[0]
    assert found.major_share is not None
    assert found.major_share >= shares[0]


def test_where_the_network_doubts_the_pitch_classes_decide() -> None:
    a_minor = np.zeros((1, 12), np.float32)
    a_minor[0, [9, 0, 4]] = 1.0, 0.8, 0.8
    best = key(believed((0, 5.0), (21, 4.8)), a_minor).best
    assert best is not None
    assert (best.tonic, best.mode) == ("A", "minor")


def test_a_change_of_key_is_found() -> None:
    log_probabilities = np.concatenate((believed((0, 5.0), n_frames=200), believed((2, 5.0), n_frames=200)))
    first, second = key_spans(Sampled(log_probabilities, 5.0), SILENT, 80.5)
    assert (first.start, first.end, second.start, second.end) == (0.0, 40.0, 40.0, 80.5)
    assert [span.key.best.tonic for span in (first, second) if span.key.best] == ["C", "D"]


def test_a_short_doubt_is_no_change_of_key() -> None:
    log_probabilities = np.concatenate((believed((0, 5.0), n_frames=200), believed((2, 5.0), n_frames=9)))
    (only,) = key_spans(Sampled(log_probabilities, 5.0), SILENT, 41.8)
    assert only.key.best is not None
    assert only.key.best.tonic == "C"


def test_nothing_is_in_no_key() -> None:
    (only,) = key_spans(Sampled(np.empty((0, 25), np.float32), 5.0), SILENT, 0.1)
    assert (only.start, only.end, only.key.best) == (0.0, 0.1, None)


def test_the_wheel_that_djs_use() -> None:
    # CONTRACT: C major = 8B = 1d; A minor = 8A = 1m; G# minor = 1A.
    names = {(c.tonic, c.mode): (c.camelot, c.open_key) for c in _all_keys()}
    assert names["C", "major"] == ("8B", "1d")
    assert names["A", "minor"] == ("8A", "1m")
    assert names["G#", "minor"][0] == "1A"
    assert len({camelot for camelot, _ in names.values()}) == 24
    # A fifth up is one step clockwise.
    for tonic in range(12):
        here, above = names[PITCH_CLASSES[tonic], "major"][0], names[PITCH_CLASSES[(tonic + 7) % 12], "major"][0]
        assert int(above[:-1]) % 12 == (int(here[:-1]) + 1) % 12


def _all_keys() -> list[KeyCandidate]:
    return [KeyCandidate(tonic, mode, 1.0) for mode in ("major", "minor") for tonic in PITCH_CLASSES]


@pytest.mark.parametrize("cents", [-40.0, -15.0, 0.0, 10.0, 35.0])
def test_tuning_is_heard_and_undone(cents: float) -> None:
    notes = np.array([60, 64, 67, 71]) + cents / 100
    fine = feature_values("chroma_harmony", chord([float(note) for note in notes], 3.0, n_harmonics=1))
    assert tuning_cents(fine) == pytest.approx(cents, abs=4)
    classes = tuned_chroma(fine, tuning_cents(fine)).sum(axis=0)
    assert set(np.argsort(classes)[-4:]) == {0, 4, 7, 11}


def test_silence_is_in_tune() -> None:
    assert tuning_cents(feature_values("chroma_harmony", silence(2.0))) == 0.0
