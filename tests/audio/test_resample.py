"""Resampling keeps times, levels and lengths, and does not depend on the blocks."""

import numpy as np
import pytest

from tactus.audio.decoding.resample import Resampler
from tactus.dsp.arrays import Floats
from tests.fixtures import signals


def resample(samples: Floats, from_hz: int, to_hz: int, block_samples: int) -> Floats:
    resampler = Resampler(from_hz, to_hz, len(samples))
    cuts = range(block_samples, samples.shape[1], block_samples)
    parts = [resampler.step(block) for block in np.split(samples, cuts, axis=1)]
    return np.concatenate([*parts, resampler.finish()], axis=1)


@pytest.mark.parametrize("block_samples", [1, 127, 512, 513, 4000])
def test_the_block_length_does_not_change_the_output(block_samples: int) -> None:
    samples = np.stack((signals.noise(1, 0.1), signals.noise(2, 0.1)))
    whole = resample(samples, 48000, 44100, samples.shape[1])
    assert np.abs(resample(samples, 48000, 44100, block_samples) - whole).max() < 1e-6


@pytest.mark.parametrize(("from_hz", "to_hz"), [(48000, 44100), (22050, 44100), (96000, 44100), (44100, 48000)])
@pytest.mark.parametrize("n_channels", [1, 2, 8])
def test_length_times_and_level_are_preserved(from_hz: int, to_hz: int, n_channels: int) -> None:
    samples = np.zeros((n_channels, from_hz), np.float32)
    samples[:] = signals.tone(1000, 1.0, amplitude=0.5, sample_rate=from_hz)
    after = resample(samples, from_hz, to_hz, 5000)
    assert after.shape == (n_channels, to_hz)
    expected = signals.tone(1000, 1.0, amplitude=0.5, sample_rate=to_hz)
    assert np.abs(after - expected)[:, to_hz // 10 : -to_hz // 10].max() < 1e-4


def test_frequencies_above_the_lower_nyquist_frequency_are_removed() -> None:
    tone = signals.tone(30_000, 0.5, amplitude=0.5, sample_rate=96000)[None]
    after = resample(tone, 96000, 44100, 4096)
    assert np.abs(after[:, 2205:-2205]).max() < 10 ** (-90 / 20)


def test_equal_rates_pass_blocks_unchanged() -> None:
    samples = signals.noise(1, 0.1)[None]
    resampler = Resampler(44100, 44100, 1)
    assert resampler.step(samples) is samples
    assert resampler.finish().shape == (1, 0)
