"""Reduced spectra keep their peaks: a line is in its band, with its height."""

import math

import numpy as np
import pytest

from tactus.hub.float_array import FloatArray
from tactus.web.live.spectrum_bands import (
    LOG_MAX_HZ,
    LOG_MIN_HZ,
    band_edges_hz,
    linear_bands,
    log_bands,
    maximum,
    reduce_spectrum,
)
from tests.web.frames import BIN_HZ, N_BINS, SAMPLE_RATE, spectral_line


def test_the_whole_spectrum_is_passed_on_as_it_is() -> None:
    spectrum = spectral_line(1000.0, 0.7)
    assert reduce_spectrum(spectrum, SAMPLE_RATE, None, "log") is spectrum


def test_a_reduction_is_made_once() -> None:
    spectrum = spectral_line(1000.0, 0.7)
    assert reduce_spectrum(spectrum, SAMPLE_RATE, 9, "log") is reduce_spectrum(spectrum, SAMPLE_RATE, 9, "log")
    assert reduce_spectrum(spectrum, SAMPLE_RATE, 9, "log") is not reduce_spectrum(spectrum, SAMPLE_RATE, 9, "linear")


def test_linear_bands_hold_the_greatest_of_their_bins() -> None:
    assert linear_bands([0.1, 0.4, 0.3, 0.2, 0.6, 0.5], 3) == [0.4, 0.3, 0.6]
    assert linear_bands([0.1, 0.4, 0.3, 0.2, 0.6], 2) == [0.4, 0.6], "the first has two bins, the second three"


def test_linear_bands_are_no_more_than_there_are_bins() -> None:
    assert linear_bands([0.1, 0.4, 0.3], 100) == [0.1, 0.4, 0.3]


def test_band_edges_have_equal_ratios_over_the_range() -> None:
    edges_hz = np.array(band_edges_hz(8, SAMPLE_RATE))
    assert (LOG_MIN_HZ, LOG_MAX_HZ) == (30, 16_000)
    assert (edges_hz[0], edges_hz[-1]) == pytest.approx((30, 16_000))
    assert np.ptp(edges_hz[1:] / edges_hz[:-1]) < 1e-9
    assert len(edges_hz) == 9


def test_bands_end_at_half_the_sample_rate() -> None:
    assert band_edges_hz(8, 16_000)[-1] == pytest.approx(8000)


@pytest.mark.parametrize("n_bands", [1, 7, 64, 500, 512, 4000])
@pytest.mark.parametrize("hz", [100.0, 440.0, 4000.0, 15000.0])
def test_a_line_is_in_its_linear_band_with_its_height(n_bands: int, hz: float) -> None:
    bands = reduce_spectrum(spectral_line(hz, 0.7), SAMPLE_RATE, n_bands, "linear").decimals
    assert len(bands) == min(n_bands, N_BINS)
    assert max(bands) == 0.7
    assert np.argmax(bands) == pytest.approx(hz / (SAMPLE_RATE / 2) * len(bands), abs=1)


@pytest.mark.parametrize("n_bands", [1, 7, 64, 500, 512, 4000])
@pytest.mark.parametrize("hz", [100.0, 440.0, 4000.0, 15000.0])
def test_a_line_is_in_its_logarithmic_band_with_its_height(n_bands: int, hz: float) -> None:
    bands = np.array(reduce_spectrum(spectral_line(hz, 0.7), SAMPLE_RATE, n_bands, "log").decimals)
    edges_hz = band_edges_hz(n_bands, SAMPLE_RATE)
    assert len(bands) == n_bands
    greatest = int(np.argmax(bands))
    if np.diff(edges_hz)[greatest] > BIN_HZ:
        assert bands.max() == 0.7
    assert edges_hz[greatest] - BIN_HZ < hz < edges_hz[greatest + 1] + BIN_HZ


def test_bands_narrower_than_a_bin_are_interpolated() -> None:
    """On a ramp of one step a bin, every band has the value at its upper edge."""
    ramp = [k / N_BINS for k in range(N_BINS)]
    edges_hz = band_edges_hz(200, SAMPLE_RATE)
    assert log_bands(ramp, 200, SAMPLE_RATE) == [round(hz / BIN_HZ / N_BINS, 5) for hz in edges_hz[1:]]


def test_a_bin_inside_a_band_counts_as_a_whole() -> None:
    (band,) = log_bands(spectral_line(LOG_MIN_HZ + 20 * BIN_HZ, 0.7).decimals, 1, SAMPLE_RATE)
    assert band == 0.7


def test_a_bin_outside_all_bands_does_not_count() -> None:
    below, above = spectral_line(0.0, 0.7).decimals, spectral_line(LOG_MAX_HZ + 2 * BIN_HZ, 0.7).decimals
    assert max(log_bands(above, 16, SAMPLE_RATE)) == 0.0
    at_lowest_edge = 0.7 * (1 - LOG_MIN_HZ / BIN_HZ)
    assert log_bands(below, 16, SAMPLE_RATE)[0] == pytest.approx(at_lowest_edge, abs=1e-5)


def test_the_highest_band_may_end_beyond_the_last_bin() -> None:
    """At 16 kHz the bands end at half the rate, half a bin above the last one."""
    falling = [1 - k / 256 for k in range(256)]
    rising = [k / 256 for k in range(256)]
    assert log_bands(rising, 10, 16_000)[-1] == round(255 / 256, 5)
    assert min(log_bands(falling, 4000, 16_000)) == round(1 / 256, 5)


def test_the_maximum_of_spectra_is_taken_bin_by_bin() -> None:
    one, two = FloatArray.of([0.1, 0.4, 0.0]), FloatArray.of([0.3, 0.2, 0.0])
    assert maximum([one, two]).decimals == [0.3, 0.4, 0.0]
    assert maximum([one]) is one


def test_interpolated_values_have_five_decimals() -> None:
    bands = log_bands([math.pi / 10] * N_BINS, 5, SAMPLE_RATE)
    assert bands == [0.31416] * 5
