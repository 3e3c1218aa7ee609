"""Recursive (IIR) filters in block form: a block of output is one matrix product.

A recursive filter computes one sample after the other. Its output over a block is linear in the block and in the state
before it (the state-space model `y = D x + C s`, `s' = B x + A s`), so all blocks of a stream go through one matrix
product, and only the state is carried from block to block. That takes half the time.

Blocks are multiplied in single precision: good for 1e-6 of the output, where no pole lies closer to the unit circle
than some 1/1000.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import sosfilt

from tactus.dsp.arrays import Floats, Times

_BLOCK_SAMPLES = 64


@dataclass(frozen=True, slots=True, eq=False)
class BlockFilter:
    """A filter in block form; made by `of`.

    Args:
        sections: Second-order sections as scipy has them, shape `[n_sections, 6]`.
        to_output: Output of a block for an impulse at each of its samples, then for a unit in each state before it,
            shape `[block + n_states, block]`.
        to_state: State after a block for an impulse at each of its samples, shape `[block, n_states]`.
        transition: State after a block for a unit in each state before it, shape `[n_states, n_states]`.
    """

    sections: Times
    to_output: Floats
    to_state: Floats
    transition: Times

    @staticmethod
    def of(sections: Times) -> "BlockFilter":
        """The filter of second-order sections as scipy has them, shape `[n_sections, 6]`."""
        matrices = block_matrices(sections, _BLOCK_SAMPLES)
        return BlockFilter(
            sections,
            np.concatenate((matrices.input_to_output, matrices.state_to_output), dtype=np.float32, casting="same_kind"),
            matrices.input_to_state.astype(np.float32),
            matrices.transition,
        )

    def start(self, n_channels: int) -> Times:
        """State after silence, shape `[n_sections, n_channels, 2]`."""
        return np.zeros((len(self.sections), n_channels, 2))

    def filtered(self, samples: Floats, state: Times) -> tuple[Floats, Times]:
        """Filter the next samples.

        Args:
            samples: Shape `[n_channels, n]`, any `n >= 0`.
            state: State returned by `start` or the previous call.

        Returns:
            Filtered samples, float32 `[n_channels, n]`, and the next state.
        """
        n_channels, n_samples = samples.shape
        n_blocks = n_samples // _BLOCK_SAMPLES
        whole = n_blocks * _BLOCK_SAMPLES
        output = np.empty((n_channels, n_samples), np.float32)
        if n_blocks:
            state, before = state.copy(), _flat(state)
            inputs = np.empty((n_blocks, len(self.to_output)), np.float32)  # the samples of a block, then the state
            for channel in range(n_channels):
                inputs[:, :_BLOCK_SAMPLES] = samples[channel, :whole].reshape(n_blocks, _BLOCK_SAMPLES)
                states = block_states(inputs[:, :_BLOCK_SAMPLES], before[channel], self.to_state, self.transition)
                inputs[:, _BLOCK_SAMPLES:] = states[:-1]
                np.matmul(inputs, self.to_output, out=output[channel, :whole].reshape(n_blocks, _BLOCK_SAMPLES))
                state[:, channel] = states[-1].reshape(-1, 2)
        if whole < n_samples:
            output[:, whole:], state = sosfilt(self.sections, samples[:, whole:], zi=state)
        return output, state


@dataclass(frozen=True, slots=True, eq=False)
class BlockMatrices:
    """State-space model of a filter over a block of samples.

    Args:
        input_to_output: Output of a block for an impulse at each of its samples, shape `[block, block]`.
        state_to_output: Output for a unit in each state before the block, shape `[n_states, block]`.
        input_to_state: State after the block for an impulse at each of its samples, shape `[block, n_states]`.
        transition: State after the block for a unit in each state before it, shape `[n_states, n_states]`.
    """

    input_to_output: Times
    state_to_output: Times
    input_to_state: Times
    transition: Times


def block_matrices(sections: Times, block_samples: int) -> BlockMatrices:
    """State-space model of a filter over a block, found by filtering impulses and unit states.

    Args:
        sections: Second-order sections as scipy has them, shape `[n_sections, 6]`.
        block_samples: Length of a block, >= 1.
    """
    n_sections, n_states = len(sections), 2 * len(sections)
    silence = np.zeros((n_sections, block_samples, 2))
    input_to_output, input_to_state = sosfilt(sections, np.eye(block_samples), zi=silence)
    units = np.eye(n_states).reshape(n_states, n_sections, 2).transpose(1, 0, 2)
    state_to_output, transition = sosfilt(sections, np.zeros((n_states, block_samples)), zi=units)
    return BlockMatrices(input_to_output, state_to_output, _flat(input_to_state), _flat(transition))


def block_states(blocks: Floats | Times, first: Times, to_state: Floats | Times, transition: Times) -> Times:
    """State before each block and after the last, shape `[n_blocks + 1, n_states]`.

    Args:
        blocks: Successive blocks of samples, shape `[n_blocks, block]`.
        first: State before the first block, shape `[n_states]`.
        to_state: `BlockMatrices.input_to_state`, shape `[block, n_states]`.
        transition: `BlockMatrices.transition`, shape `[n_states, n_states]`.
    """
    states = np.concatenate((first[None], blocks @ to_state))
    reach = 1
    while reach < len(states):  # each row sums what the last `reach` blocks left, then what twice as many did
        states[reach:] += states[:-reach] @ transition
        reach, transition = 2 * reach, transition @ transition
    return states


def _flat(state: Times) -> Times:
    """States of all sections side by side, shape `[n, n_states]`, from `[n_sections, n, 2]`."""
    flat: Times = state.transpose(1, 0, 2).reshape(state.shape[1], -1)
    return flat
