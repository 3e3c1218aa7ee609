"""The loudness filters against the standard's tables."""

import numpy as np
import pytest
import scipy.signal

from tactus.dsp.k_weighting import channel_weights, k_weighting

TABLES_48_KHZ = [
    [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
    [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
]
"""ITU-R BS.1770-4, annex 1, tables 1 and 2: b0 b1 b2 1 a1 a2."""


def gain_db(sample_rate: int, frequencies_hz: list[float]) -> np.ndarray:
    _, response = scipy.signal.sosfreqz(k_weighting(sample_rate), frequencies_hz, fs=sample_rate)
    return np.asarray(20 * np.log10(np.abs(response)))


def test_coefficients_at_48_khz_are_the_tables() -> None:
    np.testing.assert_allclose(k_weighting(48000), TABLES_48_KHZ, atol=1e-8)


@pytest.mark.parametrize("sample_rate", [22050, 44100, 96000, 192000])
def test_other_rates_have_the_same_response(sample_rate: int) -> None:
    # The bilinear transform bends frequencies near half the sample rate: compared well below.
    frequencies_hz = [20.0, 40, 100, 500, 997, 1500, 2000]
    np.testing.assert_allclose(gain_db(sample_rate, frequencies_hz), gain_db(48000, frequencies_hz), atol=0.1)


def test_gain_at_the_reference_tone_is_what_the_offset_undoes() -> None:
    assert gain_db(48000, [997.0])[0] == pytest.approx(0.691, abs=0.005)


def test_channels_count_as_the_standard_says() -> None:
    np.testing.assert_array_equal(channel_weights(1), [1])
    np.testing.assert_array_equal(channel_weights(2), [1, 1])
    np.testing.assert_array_equal(channel_weights(6), [1, 1, 1, 0, 1.41, 1.41])
    for n_channels in range(1, 17):
        assert channel_weights(n_channels).shape == (n_channels,)
