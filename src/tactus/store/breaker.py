"""Circuit breaker: after one failure of a server, operations fail at once until a probe of the server succeeds."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tactus.store.rate_limited_log import RateLimitedLog

T = TypeVar("T")

OPERATION_BUDGET_S = 0.2
"""Time limit of an operation [s]; a slower one counts as failed."""

LOOP_DELAY_S = 0.02
"""Extra time [s], so that a response in the socket buffer is read even if this event loop was late."""

MAX_CONCURRENT = 8
"""Largest number of concurrent operations, and so of connections: opening many at once makes a server look slow."""

PROBE_INTERVAL_S = (1.0, 2.0)
"""Range of the random time between two probes [s]: at most one a second, and not in phase with other programs."""


class BypassedError(Exception):
    """The server was not used because the breaker is open, or the operation failed."""


class Breaker:
    """Circuit breaker of one server, used as an async context manager.

    A closed breaker runs operations. The first failure opens it: then operations fail at once, while probes run in the
    background until one succeeds.

    Args:
        name: Name of the server in the log.
        probe: Operation that the server must be able to do.
        is_expected: True to log the absence of the server at level "error", else at level "info".
    """

    def __init__(self, name: str, probe: Callable[[], Awaitable[object]], *, is_expected: bool = True) -> None:
        self._probe = probe
        self._is_closed = False
        self._open_event = asyncio.Event()
        self._probe_task: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)
        self._abandoned: set[asyncio.Future[Any]] = set()
        self._log = RateLimitedLog(f"{name}_bypassed", "error" if is_expected else "info")

    @property
    def is_closed(self) -> bool:
        """True if the server is in use."""
        return self._is_closed

    async def __aenter__(self) -> "Breaker":
        await self._probe_once()
        self._probe_task = asyncio.create_task(self._probe_until_closed())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._probe_task is not None:
            self._probe_task.cancel()
            await asyncio.wait({self._probe_task})
        self._is_closed = False
        if self._abandoned:
            await asyncio.wait(self._abandoned, timeout=OPERATION_BUDGET_S)

    async def call(self, operation: Callable[[], Awaitable[T]], *, budget_s: float = OPERATION_BUDGET_S) -> T:
        """Run an operation and return its result.

        Args:
            operation: Operation of the server.
            budget_s: Time limit of the operation, and of waiting for its slot [s].

        Raises:
            BypassedError: The operation failed or took too long, or the breaker is open.
        """
        if not self._is_closed:
            raise BypassedError
        now_s = asyncio.get_running_loop().time
        start_s = now_s()
        try:
            async with asyncio.timeout(budget_s):
                await self._slots.acquire()
        except TimeoutError as error:
            raise BypassedError from error
        left_s = budget_s - (now_s() - start_s)
        try:
            if not self._is_closed:
                raise BypassedError
            return await self._run_within(left_s, operation)
        except BypassedError:
            raise
        except Exception as error:  # a client that reads garbage raises anything: ValueError, IndexError, ...
            if not isinstance(error, TimeoutError) or left_s > budget_s / 2:  # else its time was too short
                self._open(error)
            raise BypassedError from error
        finally:
            self._slots.release()

    async def _run_within(self, budget_s: float, operation: Callable[[], Awaitable[T]]) -> T:
        """Run an operation with a time limit. On timeout it is cancelled but not awaited: clients disconnect slowly."""
        task = asyncio.ensure_future(operation())
        try:
            await asyncio.wait({task}, timeout=budget_s)
            if not task.done():
                await asyncio.wait({task}, timeout=LOOP_DELAY_S)
        finally:
            if not task.done():
                task.cancel()
                self._abandoned.add(task)
                task.add_done_callback(self._forget)
        if not task.done():
            raise TimeoutError
        return task.result()

    def _forget(self, task: "asyncio.Future[Any]") -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as retrieved; it has been reported as a timeout

    def _open(self, error: Exception) -> None:
        self._is_closed = False
        self._open_event.set()
        self._log.write(kind=type(error).__name__)  # only the type: messages can hold addresses and passwords

    async def _probe_once(self) -> None:
        try:
            await self._run_within(OPERATION_BUDGET_S, self._probe)
        except Exception as error:  # noqa: BLE001  as in `call`
            self._open(error)
        else:
            self._open_event.clear()
            self._is_closed = True

    async def _probe_until_closed(self) -> None:
        while True:
            await self._open_event.wait()
            await asyncio.sleep(random.uniform(*PROBE_INTERVAL_S))  # noqa: S311  no secret
            await self._probe_once()
