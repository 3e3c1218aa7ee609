"""Recursive filters, many samples at a time: what a filter does to a block is a matrix.

A recursive filter computes sample after sample, each waiting for the one before. But what it makes of a block is
linear in the block and in what it remembers, so all blocks of a stream go through one matrix product, and only the
memory is carried from block to block. That takes half the time.

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
    """Second-order sections, prepared for whole blocks; made by `of`.

    Args:
        sections: As scipy has them, shape `[n_sections, 6]`.
        responses: Output of a block for an impulse at each of its samples, and for each thing remembered before it,
            shape `[block + n_states, block]`.
        remembered: What is remembered behind the block of an impulse at each of its samples, `[block, n_states]`.
        decay: What is remembered behind a block of what was remembered before it, `[n_states, n_states]`.
    """

    sections: Times
    responses: Floats
    remembered: Floats
    decay: Times

    @staticmethod
    def of(sections: Times) -> "BlockFilter":
        """The filter of these second-order sections."""
        responses, echoes, remembered, decay = block_matrices(sections, _BLOCK_SAMPLES)
        return BlockFilter(
            sections,
            np.concatenate((responses, echoes), dtype=np.float32, casting="same_kind"),
            remembered.astype(np.float32),
            decay,
        )

    def start(self, n_channels: int) -> Times:
        """What is remembered of silence, shape `[n_sections, n_channels, 2]`."""
        return np.zeros((len(self.sections), n_channels, 2))

    def filtered(self, samples: Floats, state: Times) -> tuple[Floats, Times]:
        """The next samples, filtered.

        Args:
            samples: Shape `[n_channels, n]`, any `n >= 0`.
            state: What `start` or the previous call returned.

        Returns:
            float32 `[n_channels, n]`, and what is remembered now.
        """
        n_channels, n_samples = samples.shape
        n_blocks = n_samples // _BLOCK_SAMPLES
        whole = n_blocks * _BLOCK_SAMPLES
        output = np.empty((n_channels, n_samples), np.float32)
        if n_blocks:
            state, before = state.copy(), _flat(state)
            heard = np.empty((n_blocks, len(self.responses)), np.float32)
            for channel in range(n_channels):
                heard[:, :_BLOCK_SAMPLES] = samples[channel, :whole].reshape(n_blocks, _BLOCK_SAMPLES)
                behind = memories(heard[:, :_BLOCK_SAMPLES], before[channel], self.remembered, self.decay)
                heard[:, _BLOCK_SAMPLES:] = behind[:-1]
                np.matmul(heard, self.responses, out=output[channel, :whole].reshape(n_blocks, _BLOCK_SAMPLES))
                state[:, channel] = behind[-1].reshape(-1, 2)
        if whole < n_samples:
            output[:, whole:], state = sosfilt(self.sections, samples[:, whole:], zi=state)
        return output, state


def block_matrices(sections: Times, block_samples: int) -> tuple[Times, Times, Times, Times]:
    """What a filter does to a block: the sections say themselves what they do to impulses and memories.

    Args:
        sections: Second-order sections as scipy has them, shape `[n_sections, 6]`.
        block_samples: Length of a block, >= 1.

    Returns:
        Output of a block for an impulse at each of its samples, `[block, block]`; for each thing remembered before it,
        `[n_states, block]`; what is remembered behind it of each impulse, `[block, n_states]`; and of each thing
        remembered before, `[n_states, n_states]`.
    """
    n_sections, n_states = len(sections), 2 * len(sections)
    responses, remembered = sosfilt(sections, np.eye(block_samples), zi=np.zeros((n_sections, block_samples, 2)))
    memories = np.eye(n_states).reshape(n_states, n_sections, 2).transpose(1, 0, 2)
    echoes, decay = sosfilt(sections, np.zeros((n_states, block_samples)), zi=memories)
    return responses, echoes, _flat(remembered), _flat(decay)


def memories(blocks: Floats | Times, first: Times, remembered: Floats | Times, decay: Times) -> Times:
    """What is remembered before each block and behind the last, shape `[n_blocks + 1, n_states]`.

    Args:
        blocks: Samples, shape `[n_blocks, block]`.
        first: What is remembered before them, shape `[n_states]`.
        remembered: As `block_matrices` gives it, `[block, n_states]`.
        decay: Likewise, `[n_states, n_states]`.
    """
    behind = np.concatenate((first[None], blocks @ remembered))
    reach = 1
    while reach < len(behind):  # each row holds what the last `reach` blocks left, then what twice as many did
        behind[reach:] += behind[:-reach] @ decay
        reach, decay = 2 * reach, decay @ decay
    return behind


def _flat(state: Times) -> Times:
    """States of all sections side by side, shape `[n, n_states]`, from `[n_sections, n, 2]`."""
    flat: Times = state.transpose(1, 0, 2).reshape(state.shape[1], -1)
    return flat
