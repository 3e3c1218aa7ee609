"""A bank of filters says the powers that each filter, by itself and sample after sample, has."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from tactus.dsp.k_weighting import k_weighting
from tactus.dsp.power_bank import PowerBank

FILTERS = (
    butter(4, (20.0, 250.0), "bandpass", fs=44100, output="sos"),
    butter(4, 4000.0, "highpass", fs=44100, output="sos"),
    k_weighting(44100),
)


@pytest.mark.parametrize("hop", [512, 441, 127, 1])
@pytest.mark.parametrize("counts", [[40], [1, 0, 2, 37]])
def test_equals_the_recursion_for_any_cutting(hop: int, counts: list[int]) -> None:
    hops = np.random.default_rng(0).normal(size=(40, hop)).astype(np.float32)
    filtered = [sosfilt(sections, hops.reshape(-1).astype(np.float64)) for sections in FILTERS]
    expected = np.stack([np.mean(one.reshape(hops.shape) ** 2, axis=1) for one in filtered], axis=1)
    bank = PowerBank.of(FILTERS, hop)
    state, parts, first = bank.start(), [], 0
    for count in counts:
        powers, state = bank.powers(hops[first : first + count], state)
        parts.append(powers)
        first += count
    np.testing.assert_allclose(np.concatenate(parts), expected, rtol=1e-8, atol=1e-12)


def test_what_has_faded_is_forgotten() -> None:
    bank = PowerBank.of(FILTERS, 512)
    _, state = bank.powers(np.ones((2, 512), np.float32), bank.start())
    _, state = bank.powers(np.zeros((400, 512), np.float32), state)
    assert not state.any()


def test_a_state_is_a_value_that_can_be_gone_back_to() -> None:
    bank = PowerBank.of(FILTERS, 512)
    hops = np.random.default_rng(1).normal(size=(4, 512)).astype(np.float32)
    _, kept = bank.powers(hops, bank.start())
    first, _ = bank.powers(hops, kept)
    again, _ = bank.powers(hops, kept)
    np.testing.assert_array_equal(first, again)
