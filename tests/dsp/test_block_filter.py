"""A filter in blocks says what the recursion says."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from tactus.dsp.block_filter import BlockFilter
from tactus.dsp.k_weighting import k_weighting

FILTERS = {
    "k-weighting": k_weighting(44100),
    "one section, ringing long": butter(2, 0.01, output="sos"),
    "three sections": butter(5, 0.2, output="sos"),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("sizes", [[5000], [1, 63, 64, 65, 0, 4000, 807]])
def test_equals_the_recursion_for_any_cutting(name: str, sizes: list[int]) -> None:
    samples = np.random.default_rng(0).normal(size=(3, 5000)).astype(np.float32)
    expected = sosfilt(FILTERS[name], samples.astype(np.float64))
    one = BlockFilter.of(FILTERS[name])
    state, parts, first = one.start(3), [], 0
    for size in sizes:
        part, state = one.filtered(samples[:, first : first + size], state)
        parts.append(part)
        first += size
    np.testing.assert_allclose(np.concatenate(parts, axis=1), expected, atol=1e-5 * np.abs(expected).max())


def test_a_state_is_a_value_that_can_be_gone_back_to() -> None:
    one = BlockFilter.of(k_weighting(48000))
    samples = np.random.default_rng(1).normal(size=(2, 500)).astype(np.float32)
    _, kept = one.filtered(samples, one.start(2))
    first, _ = one.filtered(samples, kept)
    again, _ = one.filtered(samples, kept)
    np.testing.assert_array_equal(first, again)
