"""Power of a signal behind several recursive filters, hop by hop, by one matrix product.

The block form of `block_filter`, with the filters side by side in one matrix; double precision, so that filters close
to 0 Hz lose nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.block_filter import block_matrices, block_states

_MAX_BLOCK_SAMPLES = 64

_MIN_STATE = 1e-30
"""Smaller states (-600 dBFS) are set to 0: processors are slow with denormal numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class PowerBank:
    """Filters in block form; made by `of`.

    Args:
        n_filters: Number of filters.
        block_samples: Length of a block, a divisor of the hop.
        to_output: Outputs of all filters over a block, for an impulse at each of its samples, then for a unit in each
            state before it, shape `[block + n_states, n_filters * block]`.
        to_state: States after a block for an impulse at each of its samples, shape `[block, n_states]`.
        transition: States after a block for a unit in each state before it, shape `[n_states, n_states]`.
    """

    n_filters: int
    block_samples: int
    to_output: Times
    to_state: Times
    transition: Times

    @staticmethod
    def of(filters: Sequence[Times], hop_length: int) -> "PowerBank":
        """The bank of these filters, each given by its second-order sections as scipy has them, `[n_sections, 6]`."""
        block = max(n for n in range(1, _MAX_BLOCK_SAMPLES + 1) if hop_length % n == 0)
        parts = [block_matrices(sections, block) for sections in filters]
        input_to_output = np.hstack([part.input_to_output for part in parts])
        state_to_output = block_diag(*(part.state_to_output for part in parts))
        return PowerBank(
            len(filters),
            block,
            np.concatenate((input_to_output, state_to_output)),
            np.hstack([part.input_to_state for part in parts]),
            block_diag(*(part.transition for part in parts)),
        )

    def start(self) -> Times:
        """State after silence, shape `[n_states]`."""
        return np.zeros(len(self.transition))

    def powers(self, hops: Floats, state: Times) -> tuple[Times, Times]:
        """Mean square of each hop at the output of each filter.

        Args:
            hops: Samples, shape `[n, hop_length]`, n >= 0.
            state: State returned by `start` or the previous call.

        Returns:
            Mean squares, shape `[n, n_filters]`, and the next state.
        """
        n_blocks = hops.shape[1] // self.block_samples
        blocks = hops.reshape(-1, self.block_samples)
        inputs = np.empty((len(blocks), len(self.to_output)))  # the samples of a block, then the state before it
        inputs[:, : self.block_samples] = blocks
        states = block_states(inputs[:, : self.block_samples], state, self.to_state, self.transition)
        inputs[:, self.block_samples :] = states[:-1]
        filtered = (inputs @ self.to_output).reshape(len(hops), n_blocks, self.n_filters, self.block_samples)
        mean_squares = np.einsum("hbfs,hbfs->hf", filtered, filtered) / hops.shape[1]
        return mean_squares, np.where(np.abs(states[-1]) > _MIN_STATE, states[-1], 0)
