"""The waveform: every extreme is in the picture, however the sound was cut."""

import numpy as np
import pytest

from tactus.analysis.track.sound.waveform import FINE_SAMPLES, Waveform, extremes, waveform
from tactus.dsp.arrays import Floats
from tests.fixtures.signals import noise


def drawn(samples: Floats, block_length: int, max_points: int) -> Waveform:
    rest, points = np.empty(0, np.float32), []
    for first in range(0, len(samples), block_length):
        rest, part = extremes(rest, samples[first : first + block_length])
        points.append(part)
    return waveform(np.concatenate([np.empty((0, 2), np.float32), *points]), rest, max_points)


@pytest.mark.parametrize("block_length", [1, 127, FINE_SAMPLES, FINE_SAMPLES + 1, 100_000])
@pytest.mark.parametrize("max_points", [3, 50, 1500])
def test_each_point_is_the_extremes_of_its_samples(block_length: int, max_points: int) -> None:
    samples = noise(2, 0.2)
    picture = drawn(samples, block_length, max_points)
    size = picture.samples_per_point
    parts = [samples[first : first + size] for first in range(0, len(samples), size)]
    np.testing.assert_array_equal(picture.lows, [part.min() for part in parts])
    np.testing.assert_array_equal(picture.highs, [part.max() for part in parts])
    assert len(picture.lows) <= max_points


def test_no_sound_is_no_point() -> None:
    picture = drawn(np.empty(0, np.float32), 1, 10)
    assert len(picture.lows) == len(picture.highs) == 0
    assert picture.samples_per_point >= 1
