"""Hands out a sound that is already there at the pace at which it would be heard, or as fast as it goes."""

import threading
import time
from collections.abc import Iterable, Iterator

import numpy as np

from tactus.audio.sources.ring_buffer import Captured
from tactus.dsp.arrays import Floats


def in_blocks(sound: Iterable[Floats], block_samples: int) -> Iterator[Floats]:
    """The same mono stream in blocks of exactly `block_samples` (the last may be shorter), each `[n]`."""
    waiting = np.empty(0, np.float32)
    for piece in sound:
        waiting = np.concatenate((waiting, piece))
        n_whole = len(waiting) // block_samples * block_samples
        yield from waiting[:n_whole].reshape(-1, block_samples)
        waiting = waiting[n_whole:]
    if len(waiting):
        yield waiting


class Player:
    """Blocks of a sound, each once its last sample would have been heard.

    Args:
        sound: Pieces of any length, mono, `[n]`; may be endless.
        sample_rate: Of the sound [Hz].
        block_samples: Samples handed out at a time.
        paced: Whether to wait for the clock.
    """

    def __init__(self, sound: Iterable[Floats], sample_rate: int, block_samples: int, *, paced: bool = True) -> None:
        self._blocks = in_blocks(sound, block_samples)
        self._sample_rate = sample_rate
        self._paced = paced
        self._began_s = time.monotonic()
        self._n_samples = 0
        self._never = threading.Event()
        self.is_over = False
        """Whether the sound has ended."""

    def read(self) -> Captured | None:
        """The next block, waiting for its time; None where the sound has ended."""
        block = next(self._blocks, None)
        if block is None:
            self.is_over = True
            return None
        self._n_samples += len(block)
        due_s = self._began_s + self._n_samples / self._sample_rate
        if not self._paced:
            return Captured(block, time.monotonic())
        late_s = time.monotonic() - due_s
        if late_s > 0.5:  # the machine slept: a player goes on where it was, it does not hurry
            self._began_s += late_s
            due_s += late_s
        self._never.wait(max(0.0, due_s - time.monotonic()))
        return Captured(block, due_s)
