"""Convolutions as matrix products give what the sums of their definition give."""

import numpy as np
import pytest
import scipy.signal

from tactus.dsp.convolution import add_over_time, over_time, over_time_and_bands, rectified

RNG = np.random.default_rng(5)


def random(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("strides", [(1, 1), (1, 2), (2, 2)])
def test_time_and_bands_are_correlated_as_scipy_does(strides: tuple[int, int]) -> None:
    rows, kernel, bias = random(11, 9, 2), random(3, 5, 2, 4), random(4)
    found = over_time_and_bands(rows, kernel, bias, strides)
    for filter_ in range(4):
        whole = sum(
            scipy.signal.correlate2d(rows[:, :, channel], kernel[:, :, channel, filter_], mode="valid")
            for channel in range(2)
        )
        expected = whole[:: strides[0], :: strides[1]] + bias[filter_]
        assert found[:, :, filter_] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("dilation", [1, 3, 8])
@pytest.mark.parametrize("n_rows", [1, 7, 4097])
def test_dilated_filters_see_every_so_many_rows_and_silence_outside(dilation: int, n_rows: int) -> None:
    rows, kernel, bias = random(n_rows, 2), random(5, 2, 3), random(3)
    spread = np.zeros((4 * dilation + 1, 2, 3), np.float32)
    spread[::dilation] = kernel
    found = over_time(rows, kernel, bias, dilation)
    for filter_ in range(3):
        padded = np.pad(rows, ((2 * dilation, 2 * dilation), (0, 0)))
        expected = sum(np.correlate(padded[:, one], spread[:, one, filter_], "valid") for one in range(2))
        assert found[:, filter_] == pytest.approx(expected + bias[filter_], abs=1e-4)


@pytest.mark.parametrize("n_rows", [1, 4097, 9000])
def test_a_residual_is_added_to_the_rows_as_they_were(n_rows: int) -> None:
    rows, kernel, bias, out, out_bias = random(n_rows, 2), random(5, 2, 3), random(3), random(3, 2), random(2)
    expected = rows + rectified(over_time(rows, kernel, bias, 8)) @ out + out_bias
    add_over_time(rows, kernel, bias, 8, out=out, out_bias=out_bias)
    assert rows == pytest.approx(expected, abs=1e-4)


def test_a_leaky_rectifier_leaves_a_twentieth_of_what_is_negative() -> None:
    assert rectified(np.array([-2.0, 0.0, 3.0], np.float32)).tolist() == pytest.approx([-0.1, 0.0, 3.0])
