"""Admission control: how many analyses run, how many wait, and when a new one is refused."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

from tactus.errors import OverloadedError

_INITIAL_DURATION_S = 5.0
"""Assumed duration of a job before the first one has ended [s]."""

_NEWEST_WEIGHT = 0.2
"""Weight of the newest job in the moving average of durations, in [0, 1]."""


class Admission:
    """Runs a bounded number of jobs at once, first in, first out, and lets a bounded number wait.

    Args:
        n_at_once: Maximum number of jobs that run at the same time.
        n_waiting: Maximum number of jobs that wait for one of them to end.
    """

    def __init__(self, n_at_once: int, n_waiting: int) -> None:
        self._n_at_once = n_at_once
        self._n_waiting = n_waiting
        self._slots = asyncio.Semaphore(n_at_once)
        self._mean_duration_s = _INITIAL_DURATION_S
        self.n_admitted = 0
        """Number of jobs that run or wait."""

    def ensure_capacity(self) -> None:
        """Do nothing if one more job may be admitted.

        Raises:
            OverloadedError: As many jobs run and wait as may; `retry_after_s` estimates when a place is free.
        """
        if self.n_admitted >= self._n_at_once + self._n_waiting:
            wait_s = self._mean_duration_s * (self._n_waiting + 1) / self._n_at_once
            raise OverloadedError(
                f"{self.n_admitted} analyses are running or waiting, and no more may wait; try again later.",
                retry_after_s=max(1, math.ceil(wait_s)),
            )

    def admit(self) -> None:
        """Count one more job; `release` must follow.

        Raises:
            OverloadedError: As many jobs run and wait as may.
        """
        self.ensure_capacity()
        self.n_admitted += 1

    def release(self) -> None:
        """Count one job less, whether it was run or not."""
        self.n_admitted -= 1

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a slot and hold it for the block. Only for jobs that were admitted."""
        async with self._slots:
            clock = asyncio.get_running_loop().time
            started_at_s = clock()
            yield
            self._mean_duration_s += _NEWEST_WEIGHT * (clock() - started_at_s - self._mean_duration_s)
