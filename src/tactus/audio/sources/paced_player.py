"""Playback of sound that is already there, at the pace of a clock."""

import contextlib
import itertools
import time
from collections.abc import Iterable, Iterator

import numpy as np

from tactus.analysis.catalogue import INNER_GRIDS
from tactus.audio.sources.opening import OpenedSource
from tactus.audio.sources.ring_buffer import Captured
from tactus.audio.sources.source_request import SourceRequest
from tactus.dsp.arrays import Floats

BLOCK_SAMPLES = INNER_GRIDS["rhythm"].hop_length
"""Samples in a block: what the analysis takes at a time."""

SLEPT_S = 0.5
"""A block so late means that the machine slept: playback goes on where it was, it does not hurry [s]."""


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


class PacedPlayer:
    """A source (see `Capture`) of blocks of a sound, each returned when its last sample would have sounded.

    Its clock starts with the first `read`. A late block is no loss of sound, so it has no `gap_reason`.

    Args:
        sound: Pieces of any length, mono, `[n]`; may be endless.
        sample_rate: Sample rate of the sound [Hz].
        block_samples: Samples in a block.
    """

    failure = None
    trouble = None
    gap_reason = None
    is_lost = False
    idle_s = 0.0

    def __init__(self, sound: Iterable[Floats], sample_rate: int, block_samples: int = BLOCK_SAMPLES) -> None:
        self.capture_rate = sample_rate
        self.n_captured = 0
        """Samples returned so far."""
        self.is_over = False
        """Whether the sound has ended."""
        self._blocks = in_blocks(sound, block_samples)
        self._began_s: float | None = None

    def read(self, at_least: int = 1, timeout_s: float = 0.0) -> Captured | None:
        """The next block, at its time; None where the sound has ended. Both arguments are ignored."""
        del at_least, timeout_s
        if self._began_s is None:
            self._began_s = time.monotonic()
        block = next(self._blocks, None)
        if block is None:
            self.is_over = True
            return None
        self.n_captured += len(block)
        due_s = self._began_s + self.n_captured / self.capture_rate
        late_s = time.monotonic() - due_s
        if late_s > SLEPT_S:
            self._began_s += late_s
            due_s += late_s
        time.sleep(max(0.0, due_s - time.monotonic()))
        return Captured(block, due_s)


@contextlib.contextmanager
def open_silence(request: SourceRequest) -> Iterator[OpenedSource]:
    """Endless silence: a placeholder for a source that is missing."""
    silence = itertools.repeat(np.zeros(BLOCK_SAMPLES, np.float32))
    yield OpenedSource(PacedPlayer(silence, request.sample_rate))
