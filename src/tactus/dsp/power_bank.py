"""How strong several recursive filters find the same sound, hop by hop: all of them in one matrix product.

As in `block_filter`, what a filter makes of a block is linear in the block and in what it remembers. Filters that hear
the same samples stand side by side in one matrix; double precision, so that filters close to 0 Hz lose nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.block_filter import block_matrices, memories

_MAX_BLOCK_SAMPLES = 64

_FORGOTTEN = 1e-30
"""What is remembered more faintly than this (-600 dBFS) is forgotten: processors are slow with the tiniest numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class PowerBank:
    """Filters, prepared for whole blocks; made by `of`.

    Args:
        n_filters: How many.
        block_samples: A divisor of the hop.
        responses: What the filters make of a block, for an impulse at each of its samples and for each thing
            remembered before it, shape `[block + n_states, n_filters * block]`.
        remembered: What is remembered behind the block of an impulse at each of its samples, `[block, n_states]`.
        decay: What is remembered behind a block of what was remembered before it, `[n_states, n_states]`.
    """

    n_filters: int
    block_samples: int
    responses: Times
    remembered: Times
    decay: Times

    @staticmethod
    def of(filters: Sequence[Times], hop_length: int) -> "PowerBank":
        """The bank of these filters, each given by its second-order sections as scipy has them, `[n_sections, 6]`."""
        block = max(n for n in range(1, _MAX_BLOCK_SAMPLES + 1) if hop_length % n == 0)
        parts = (block_matrices(sections, block) for sections in filters)
        responses, echoes, remembered, decays = zip(*parts, strict=True)
        return PowerBank(
            len(filters),
            block,
            np.concatenate((np.hstack(responses), block_diag(*echoes))),
            np.hstack(remembered),
            block_diag(*decays),
        )

    def start(self) -> Times:
        """What is remembered of silence, shape `[n_states]`."""
        return np.zeros(len(self.decay))

    def powers(self, hops: Floats, state: Times) -> tuple[Times, Times]:
        """Mean square of each hop behind each filter.

        Args:
            hops: Samples, shape `[n, hop_length]`, n >= 0.
            state: What `start` or the previous call returned.

        Returns:
            Shape `[n, n_filters]`, and what is remembered now.
        """
        n_blocks = hops.shape[1] // self.block_samples
        blocks = hops.reshape(-1, self.block_samples)
        heard = np.empty((len(blocks), len(self.responses)))
        heard[:, : self.block_samples] = blocks
        behind = memories(heard[:, : self.block_samples], state, self.remembered, self.decay)
        heard[:, self.block_samples :] = behind[:-1]
        filtered = (heard @ self.responses).reshape(len(hops), n_blocks, self.n_filters, self.block_samples)
        mean_squares = np.einsum("hbfs,hbfs->hf", filtered, filtered) / hops.shape[1]
        return mean_squares, np.where(np.abs(behind[-1]) > _FORGOTTEN, behind[-1], 0)
