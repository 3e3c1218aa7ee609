"""Who may work now, who waits, and who is sent away at once."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

from tactus.errors import OverloadedError

_TYPICAL_S = 5.0
"""What one job is thought to take before any was seen [s]."""

_NEWEST_WEIGHT = 0.2
"""How much the newest job counts in what one is thought to take."""


class Admission:
    """Lets a bounded number work at once, first come first served, and a bounded number wait.

    Args:
        n_at_once: How many work at the same time.
        n_waiting: How many may wait beside them.
    """

    def __init__(self, n_at_once: int, n_waiting: int) -> None:
        self._n_at_once = n_at_once
        self._n_waiting = n_waiting
        self._slots = asyncio.Semaphore(n_at_once)
        self._typical_s = _TYPICAL_S
        self.n_inside = 0
        """How many work or wait."""

    def ensure_room(self) -> None:
        """Nothing, where one more may come in.

        Raises:
            OverloadedError: The room is full; says after how long a place may be free.
        """
        if self.n_inside >= self._n_at_once + self._n_waiting:
            wait_s = self._typical_s * (self._n_waiting + 1) / self._n_at_once
            raise OverloadedError(
                f"{self.n_inside} analyses are running or waiting, and no more may wait; try again later.",
                retry_after_s=max(1, math.ceil(wait_s)),
            )

    def enter(self) -> None:
        """Come in; `leave` has to follow.

        Raises:
            OverloadedError: The room is full.
        """
        self.ensure_room()
        self.n_inside += 1

    def leave(self) -> None:
        """Go, whether work was done or not."""
        self.n_inside -= 1

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits for a seat to work at, held for the block. For those who came in."""
        async with self._slots:
            clock = asyncio.get_running_loop().time
            began_s = clock()
            yield
            self._typical_s += _NEWEST_WEIGHT * (clock() - began_s - self._typical_s)
