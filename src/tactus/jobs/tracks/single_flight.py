"""Single flight: work that is done once for any number of concurrent callers."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from tactus.errors import ShuttingDownError

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """A task with any number of callers that await its result; cancelled when the last of them is.

    Args:
        work: Coroutine to run; started at once.
        on_end: Called when the task has ended: with a result, with an error, or cancelled.
    """

    def __init__(self, work: Coroutine[Any, Any, T], on_end: Callable[[], None]) -> None:
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(lambda _: on_end())
        self._n_waiting = 0

    @property
    def is_open(self) -> bool:
        """True if one more caller may join: the task has neither ended nor been cancelled."""
        return not self._task.done() and not self._task.cancelling()

    async def wait(self) -> T:
        """Wait for the task and return its result, or raise its exception.

        Raises:
            ShuttingDownError: The task was cancelled by `aclose`.
        """
        self._n_waiting += 1
        try:
            await asyncio.wait({self._task})  # unlike `await`, does not cancel the task when this caller is cancelled
        finally:
            self._n_waiting -= 1
            if self._n_waiting == 0:
                self._task.cancel()
        if self._task.cancelled():
            raise ShuttingDownError
        return self._task.result()

    async def aclose(self) -> None:
        """Cancel the task and wait until it has ended."""
        self._task.cancel()
        await asyncio.wait({self._task})
