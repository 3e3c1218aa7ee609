"""Ring buffer of samples between a sound callback, which must never wait, and a reader that may be late."""

import threading
import time
from collections import deque
from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats


@dataclass(frozen=True, slots=True)
class Captured:
    """Samples that were read from a source.

    Args:
        samples: Full scale 1.0, shape `[n]`.
        arrived_s: When the last of them had arrived [s of the monotonic clock].
        n_lost: How many samples are missing before the first of them.
    """

    samples: Floats
    arrived_s: float
    n_lost: int = 0


class Ring:
    """Ring buffer for one writer and one reader: the writer never waits; a late reader loses the oldest samples.

    Args:
        capacity: Samples that are kept, rounded up to a power of two.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = 1 << (capacity - 1).bit_length()
        self._samples = np.zeros(self._capacity, np.float32)
        self._n_written = 0
        self._n_read = 0
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=4096)
        self._arrived = threading.Event()

    @property
    def n_written(self) -> int:
        """Samples written since the beginning."""
        return self._n_written

    def write(self, samples: Floats) -> None:
        """Add samples `[n]`, n at most the capacity; never waits for the reader."""
        start = self._n_written % self._capacity
        first = min(len(samples), self._capacity - start)
        self._samples[start : start + first] = samples[:first]
        self._samples[: len(samples) - first] = samples[first:]
        self._n_written += len(samples)  # only now: what the reader sees is complete
        self._arrivals.append((self._n_written, time.monotonic()))
        self._arrived.set()

    def read(self, at_least: int, timeout_s: float) -> Captured | None:
        """All unread samples, once there are `at_least`; None after `timeout_s` [s] without."""
        deadline_s = time.monotonic() + timeout_s
        while self._n_written - self._n_read < at_least:
            self._arrived.clear()
            if self._n_written - self._n_read >= at_least:
                break
            if not self._arrived.wait(max(0.0, deadline_s - time.monotonic())):
                return None
        # Half the ring is left to the writer, so that it never writes where the reader is copying.
        end = self._n_written
        start = max(self._n_read, end - self._capacity // 2)
        n_lost = start - self._n_read
        self._n_read = end
        first, n_samples = start % self._capacity, end - start
        n_wrapped = max(0, first + n_samples - self._capacity)
        samples = np.concatenate((self._samples[first : first + n_samples], self._samples[:n_wrapped]))
        return Captured(samples, self._arrival_s(end), n_lost)

    def _arrival_s(self, end: int) -> float:
        arrived_s = time.monotonic()
        while self._arrivals and self._arrivals[0][0] <= end:
            arrived_s = self._arrivals.popleft()[1]
        return arrived_s
