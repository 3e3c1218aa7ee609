"""Partials are found between the bins."""

import numpy as np
import pytest

from tactus.dsp import spectrum
from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import N_PITCHES, fine_pitch_classes, fine_pitches
from tests.fixtures.signals import pitch_hz, tone

C1 = 24
"""Its MIDI number."""


def pitches(samples: Floats) -> Floats:
    found: Floats = fine_pitches(spectrum.magnitudes(samples[None, 1000 : 1000 + 8192]), 44100)[0]
    return found


@pytest.mark.parametrize("midi", [29.4, 48, 57, 69.1, 71.95, 88, 100.2])
def test_a_partial_goes_to_the_two_thirds_of_a_semitone_around_it(midi: float) -> None:
    found = pitches(tone(pitch_hz(midi), 0.3))
    centre = found @ np.arange(N_PITCHES) / found.sum()
    assert centre / 3 + C1 == pytest.approx(midi, abs=0.05)
    assert np.sum(found > 0.01 * found.max()) <= 2


def test_octaves_are_one_class_and_add_up() -> None:
    one = fine_pitch_classes(pitches(0.5 * tone(pitch_hz(69), 0.3))[None])[0]
    both = fine_pitch_classes(pitches(0.5 * (tone(pitch_hz(57), 0.3) + tone(pitch_hz(69), 0.3)))[None])[0]
    assert both.argmax() == 3 * 9
    assert both[3 * 9] == pytest.approx(2 * one[3 * 9], rel=0.1)


@pytest.mark.parametrize("midi", [28, 102])
def test_the_lowest_and_highest_pitches_belong_to_no_class(midi: int) -> None:
    found = pitches(tone(pitch_hz(midi), 0.3))
    assert found.max() > 0
    np.testing.assert_array_equal(fine_pitch_classes(found[None]), 0)


def test_silence_and_no_frames_have_no_pitch() -> None:
    np.testing.assert_array_equal(fine_pitches(np.zeros((3, 4097), np.float32), 44100), 0)
    assert fine_pitches(np.zeros((0, 4097), np.float32), 44100).shape == (0, N_PITCHES)
    assert fine_pitch_classes(np.zeros((0, N_PITCHES), np.float32)).shape == (0, 36)
