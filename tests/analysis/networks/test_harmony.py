"""What the harmony network hears of sounds made by formula, and that it hears the same wherever it begins."""

import numpy as np
import pytest

from tactus.analysis.networks.harmony import (
    FRAMES_TOGETHER,
    N_CHORDS,
    N_KEYS,
    QUALITIES,
    first_row_s,
    harmony_activations,
)
from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import N_PITCHES
from tactus.workers.model_files import network_weights
from tests.analysis.track.test_key import harmony_of
from tests.fixtures.signals import chord

A_PAIR = FRAMES_TOGETHER
CADENCE = (
    (48, 60, 64, 67),
    (41, 60, 65, 69),
    (43, 59, 62, 67),
    (48, 60, 64, 67),
    (41, 57, 60, 65),
    (43, 59, 62, 65, 67),
    (48, 60, 64, 67),
)
"""In C major."""


def random_pitches(n: int) -> Floats:
    """A few pitches a frame, as no music has them."""
    rng = np.random.default_rng(5)
    pitches = np.zeros((n, N_PITCHES), np.float32)
    pitches[np.arange(n)[:, None], rng.integers(30, 200, (n, 6))] = rng.random((n, 6))
    return pitches


@pytest.mark.parametrize(
    ("midi", "number"),
    [((48, 60, 64, 67), "maj"), ((48, 60, 63, 67), "min"), ((48, 60, 64, 67, 70), "7"), ((48, 60, 63, 66), "dim")],
)
def test_a_chord_is_heard(midi: tuple[int, ...], number: str) -> None:
    beliefs = harmony_of(chord(midi, 6.0)).chords[5:-5].mean(axis=0)
    assert beliefs.argmax() == 12 * QUALITIES.index(number)


@pytest.mark.parametrize("up", range(-6, 6))
def test_a_transposed_piece_gets_transposed_answers(up: int) -> None:
    cadence = np.concatenate([chord([note + up for note in notes], 1.0) for notes in CADENCE])
    keys = harmony_of(cadence).keys.mean(axis=0)
    assert keys[:24].argmax() == up % 12


def test_a_piece_out_of_tune_is_heard_as_one_in_tune() -> None:
    pitches = random_pitches(60)
    in_tune = harmony_activations(network_weights().harmony, pitches, 0.0)
    sharp = harmony_activations(network_weights().harmony, np.roll(pitches, 1, axis=1), 100 / 3)
    np.testing.assert_allclose(sharp.keys, in_tune.keys, atol=0.1)


def test_a_long_piece_is_heard_as_its_parts_are() -> None:
    pitches = random_pitches(A_PAIR * 1300)
    pitches[:2] = pitches.max()  # the loudest moment is in both
    whole = harmony_activations(network_weights().harmony, pitches, 0.0)
    part = harmony_activations(network_weights().harmony, pitches[: A_PAIR * 700], 0.0)
    np.testing.assert_allclose(part.chords[:600], whole.chords[:600], atol=1e-4)
    np.testing.assert_allclose(part.keys[:600], whole.keys[:600], atol=1e-3)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 1023, 1024, 1025])
def test_every_moment_is_told_of(n: int) -> None:
    found = harmony_activations(network_weights().harmony, random_pitches(n), 0.0)
    assert found.chords.shape == (-(-n // A_PAIR), N_CHORDS)
    assert found.keys.shape == (-(-n // A_PAIR), N_KEYS)
    np.testing.assert_allclose(found.chords.sum(axis=1), 1, atol=1e-5)


def test_a_row_speaks_of_the_middle_of_its_pair() -> None:
    assert first_row_s(5.0) == pytest.approx(0.05)
