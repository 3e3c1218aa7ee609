"""Spectra and what is read from them, against formulas."""

import numpy as np
import pytest
import scipy.signal

from tactus.dsp import spectrum
from tactus.dsp.grid import Grid
from tests.fixtures.signals import tone


def test_window_is_the_periodic_hann_window() -> None:
    np.testing.assert_allclose(spectrum.hann(2048), scipy.signal.get_window("hann", 2048, fftbins=True), atol=1e-7)


@pytest.mark.parametrize("frame_length", [512, 2048])
def test_a_full_scale_sine_on_a_bin_has_the_full_scale_magnitude(frame_length: int) -> None:
    grid = Grid(44100, frame_length, frame_length)
    frequency_hz = spectrum.bin_hz(grid)[40]
    magnitudes = spectrum.magnitudes(tone(float(frequency_hz))[:frame_length])
    assert magnitudes.argmax() == 40
    assert magnitudes.max() == pytest.approx(spectrum.full_scale_magnitude(frame_length), rel=1e-4)


@pytest.mark.parametrize("n", [1, 3, 4, 1025])
def test_geometric_mean_is_the_root_of_the_product(n: int) -> None:
    values = np.exp(np.random.default_rng(n).uniform(-20, 20, (5, n))).astype(np.float32)
    expected = np.exp(np.mean(np.log(values.astype(np.float64)), axis=-1, keepdims=True))
    np.testing.assert_allclose(spectrum.geometric_mean(values), expected, rtol=1e-5)


@pytest.mark.parametrize("n_bins", [1, 31, 32, 33, 257, 1025])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.85, 0.95, 1.0])
def test_quantile_bins_are_where_the_running_sum_reaches_the_share(n_bins: int, share: float) -> None:
    # Whole numbers, so that sums are exact.
    magnitudes = np.random.default_rng(n_bins).integers(1, 9, (50, n_bins)).astype(np.float32)
    sums = np.cumsum(magnitudes, axis=1, dtype=np.float64)
    expected = np.argmax(sums >= sums[:, -1:].astype(np.float32) * np.float32(share), axis=1)
    np.testing.assert_array_equal(
        spectrum.quantile_bins(magnitudes, spectrum.running_sums(magnitudes), share)[:, 0], expected
    )


def test_quantile_bin_of_silence_is_the_first() -> None:
    silence = np.zeros((3, 1025), np.float32)
    np.testing.assert_array_equal(spectrum.quantile_bins(silence, spectrum.running_sums(silence), 0.85), 0)
