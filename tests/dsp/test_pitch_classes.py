"""Partials are found between the bins."""

import numpy as np
import pytest

from tactus.dsp import spectrum
from tactus.dsp.pitch_classes import fine_pitch_classes
from tests.fixtures.signals import pitch_hz, tone


@pytest.mark.parametrize("midi", [48, 57, 69.1, 71.95, 88])
def test_a_partial_goes_to_the_two_classes_around_its_pitch(midi: float) -> None:
    magnitudes = spectrum.magnitudes(tone(pitch_hz(midi))[None, 1000 : 1000 + 8192])
    classes = fine_pitch_classes(magnitudes, 44100, 120)[0]
    # The centre of mass around the circle.
    angle = np.angle(np.sum(classes * np.exp(2j * np.pi * np.arange(120) / 120)))
    difference = (angle * 12 / (2 * np.pi) - midi + 6) % 12 - 6
    assert difference == pytest.approx(0, abs=0.02)
    assert np.sum(classes > 0.01 * classes.max()) <= 2


def test_octaves_are_one_class_and_add_up() -> None:
    both = 0.5 * (tone(pitch_hz(57)) + tone(pitch_hz(69)))
    one = 0.5 * tone(pitch_hz(69))
    sums = [fine_pitch_classes(spectrum.magnitudes(s[None, :8192]), 44100, 12)[0] for s in (both, one)]
    assert sums[0].argmax() == 9
    assert sums[0][9] == pytest.approx(2 * sums[1][9], rel=0.1)


def test_silence_and_no_frames_have_no_pitch() -> None:
    np.testing.assert_array_equal(fine_pitch_classes(np.zeros((3, 4097), np.float32), 44100, 36), 0)
    assert fine_pitch_classes(np.zeros((0, 4097), np.float32), 44100, 36).shape == (0, 36)
