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
        """The filter of these second-order sections: they say themselves what they do to impulses and memories."""
        n_sections, n_states = len(sections), 2 * len(sections)
        nothing = np.zeros((n_sections, _BLOCK_SAMPLES, 2))
        responses, remembered = sosfilt(sections, np.eye(_BLOCK_SAMPLES), zi=nothing)
        memories = np.eye(n_states).reshape(n_states, n_sections, 2).transpose(1, 0, 2)
        echoes, decay = sosfilt(sections, np.zeros((n_states, _BLOCK_SAMPLES)), zi=memories)
        return BlockFilter(
            sections,
            np.concatenate((responses, echoes), dtype=np.float32, casting="same_kind"),
            _flat(remembered).astype(np.float32),
            _flat(decay),
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
                memories = self._memories(heard[:, :_BLOCK_SAMPLES], before[channel])
                heard[:, _BLOCK_SAMPLES:] = memories[:-1]
                np.matmul(heard, self.responses, out=output[channel, :whole].reshape(n_blocks, _BLOCK_SAMPLES))
                state[:, channel] = memories[-1].reshape(-1, 2)
        if whole < n_samples:
            output[:, whole:], state = sosfilt(self.sections, samples[:, whole:], zi=state)
        return output, state

    def _memories(self, blocks: Floats, first: Times) -> Times:
        """What is remembered before each block and behind the last, shape `[n_blocks + 1, n_states]`."""
        memories = np.concatenate((first[None], blocks @ self.remembered))
        reach, decay = 1, self.decay
        while reach < len(memories):  # each row holds what the last `reach` blocks left, then what twice as many did
            memories[reach:] += memories[:-reach] @ decay
            reach, decay = 2 * reach, decay @ decay
        return memories


def _flat(state: Times) -> Times:
    """States of all sections side by side, shape `[n, n_states]`, from `[n_sections, n, 2]`."""
    flat: Times = state.transpose(1, 0, 2).reshape(state.shape[1], -1)
    return flat
