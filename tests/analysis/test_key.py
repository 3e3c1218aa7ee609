"""Key and tuning, on pieces whose key is known because they were made in it."""

from typing import Literal

import numpy as np
import pytest

from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.feature import Frames
from tactus.analysis.track.key import PITCH_CLASSES, KeyCandidate, key
from tactus.analysis.track.tuning import tuned_chroma, tuning_cents
from tactus.dsp import framing
from tactus.dsp.arrays import Floats
from tests.fixtures.signals import chord, noise, scale, silence, song, tone


def fine_chroma(samples: Floats) -> Floats:
    """The feature that key and tuning are read from, as the catalogue has it."""
    (feature,) = features_for(["chroma_harmony"])
    grid = INNER_GRIDS[feature.about.grid]
    _, frames = framing.cut(grid, framing.start(grid), samples)
    return feature.step(feature.start(), Frames(grid, frames))[1]


def chroma(samples: Floats) -> Floats:
    fine = fine_chroma(samples)
    return tuned_chroma(fine, tuning_cents(fine))


@pytest.mark.parametrize("tonic", PITCH_CLASSES)
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_scale_is_in_its_key(tonic: str, mode: Literal["major", "minor"]) -> None:
    best = key(chroma(scale(tonic, mode))).best
    assert best is not None
    assert (best.tonic, best.mode) == (tonic, mode)


@pytest.mark.parametrize(("tonic", "mode"), [("C", "major"), ("F#", "major"), ("A", "minor"), ("D#", "minor")])
def test_a_song_with_drums_is_in_its_key(tonic: str, mode: Literal["major", "minor"]) -> None:
    best = key(chroma(song(key=tonic, mode=mode, form="AB").samples.mean(axis=0))).best
    assert best is not None
    assert (best.tonic, best.mode) == (tonic, mode)


@pytest.mark.parametrize(
    "samples",
    [silence(3.0), noise(1, 5.0), tone(440.0, 3.0), chord([60, 64, 67], 0.3), silence(0.0)],
    ids=["silence", "noise", "a lone tone", "a third of a second", "nothing"],
)
def test_there_is_no_key_where_there_is_none(samples: Floats) -> None:
    found = key(chroma(samples))
    assert found.best is None
    assert found.confidence == 0.0
    assert found.major_share is None


def test_belief_is_shared_between_keys() -> None:
    found = key(chroma(scale("G", "major")))
    shares = [candidate.confidence for candidate in found.candidates]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1
    assert found.confidence == shares[0]
    assert found.major_share is not None
    assert found.major_share >= shares[0]


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
    fine = fine_chroma(chord([float(note) for note in notes], 3.0, n_harmonics=1))
    assert tuning_cents(fine) == pytest.approx(cents, abs=4)
    classes = tuned_chroma(fine, tuning_cents(fine)).sum(axis=0)
    assert set(np.argsort(classes)[-4:]) == {0, 4, 7, 11}


def test_silence_is_in_tune() -> None:
    assert tuning_cents(fine_chroma(silence(2.0))) == 0.0
