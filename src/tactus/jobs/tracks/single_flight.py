"""Work that is done once, however many wait for it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from tactus.errors import ShuttingDownError

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """A piece of work under way; it goes on while somebody waits for it and is cancelled when nobody does.

    Args:
        work: What is done; begun at once.
        on_end: Called when it has ended, in whatever way.
    """

    def __init__(self, work: Coroutine[Any, Any, T], on_end: Callable[[], None]) -> None:
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(lambda _: on_end())
        self._n_waiting = 0

    @property
    def is_open(self) -> bool:
        """Whether one more may join; not when everybody has left or it has ended."""
        return not self._task.done() and not self._task.cancelling()

    async def wait(self) -> T:
        """Its result, or the error that it ended with.

        Raises:
            ShuttingDownError: The work was ended from outside.
        """
        self._n_waiting += 1
        try:
            await asyncio.wait({self._task})  # unlike awaiting it, leaves it alone where the one who waits is cancelled
        finally:
            self._n_waiting -= 1
            if self._n_waiting == 0:
                self._task.cancel()
        if self._task.cancelled():
            raise ShuttingDownError
        return self._task.result()

    async def aclose(self) -> None:
        """End it and wait until it is gone."""
        self._task.cancel()
        await asyncio.wait({self._task})
