"""Keeps a server that is gone from costing time: after one failure nobody asks it until a probe finds it well again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tactus.store.rate_limited_log import RateLimitedLog

T = TypeVar("T")

OPERATION_BUDGET_S = 0.2
"""What one operation may take [s]; one that takes longer counts as failed."""

LATE_LOOP_S = 0.02
"""What it gets beyond that [s], so that an answer that has arrived is seen where our own event loop was late."""

N_AT_ONCE = 8
"""Operations at a time, and so connections: a crowd that connects at once looks like a server that is slow."""

PROBE_INTERVAL_S = (1.0, 2.0)
"""Between two probes lies a random time in this range [s]: at most one a second, and not in step with others."""


class BypassedError(Exception):
    """The server was not asked, or did not answer as it should."""


class Breaker:
    """A circuit breaker around one server. Use as an async context manager.

    Closed, it lets operations through. The first that fails opens it: from then on operations are refused at once,
    while probes go on in the background until one succeeds.

    Args:
        name: Of the server, for the log.
        probe: Asks the server for something that it must be able to do.
        is_expected: Whether the server's absence is a trouble worth a line at level "error".
    """

    def __init__(self, name: str, probe: Callable[[], Awaitable[object]], *, is_expected: bool = True) -> None:
        self._probe = probe
        self._is_closed = False
        self._opened = asyncio.Event()
        self._probing: asyncio.Task[None] | None = None
        self._places = asyncio.Semaphore(N_AT_ONCE)
        self._given_up: set[asyncio.Future[Any]] = set()
        self._trouble = RateLimitedLog(f"{name}_bypassed", "error" if is_expected else "info")

    @property
    def is_closed(self) -> bool:
        """Whether the server is in use."""
        return self._is_closed

    async def __aenter__(self) -> "Breaker":
        await self._try()
        self._probing = asyncio.create_task(self._recover())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait({self._probing})
        self._is_closed = False
        if self._given_up:
            await asyncio.wait(self._given_up, timeout=OPERATION_BUDGET_S)

    async def call(self, operation: Callable[[], Awaitable[T]], *, budget_s: float = OPERATION_BUDGET_S) -> T:
        """What `operation` returns.

        Args:
            operation: Asks the server.
            budget_s: How long it may take [s].

        Raises:
            BypassedError: It failed or took too long, or the breaker is open.
        """
        if not self._is_closed:
            raise BypassedError
        clock = asyncio.get_running_loop().time
        began_s = clock()
        try:
            async with asyncio.timeout(budget_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise BypassedError from error
        left_s = budget_s - (clock() - began_s)
        try:
            if not self._is_closed:
                raise BypassedError
            return await self._within(left_s, operation)
        except BypassedError:
            raise
        except Exception as error:  # a client reading garbage fails in any way: ValueError, IndexError, its own errors
            if not isinstance(error, TimeoutError) or left_s > budget_s / 2:  # else it was not given the time
                self._open(error)
            raise BypassedError from error
        finally:
            self._places.release()

    async def _within(self, budget_s: float, operation: Callable[[], Awaitable[T]]) -> T:
        """What `operation` returns. One that takes too long is cancelled and not waited for: clients hang up slowly."""
        running = asyncio.ensure_future(operation())
        try:
            await asyncio.wait({running}, timeout=budget_s)
            if not running.done():
                await asyncio.wait({running}, timeout=LATE_LOOP_S)
        finally:
            if not running.done():
                running.cancel()
                self._given_up.add(running)
                running.add_done_callback(self._forget)
        if not running.done():
            raise TimeoutError
        return running.result()

    def _forget(self, given_up: "asyncio.Future[Any]") -> None:
        self._given_up.discard(given_up)
        if not given_up.cancelled():
            given_up.exception()  # said already, as a timeout

    def _open(self, error: Exception) -> None:
        self._is_closed = False
        self._opened.set()
        self._trouble.say(kind=type(error).__name__)  # no more than that: messages can hold addresses and passwords

    async def _try(self) -> None:
        try:
            await self._within(OPERATION_BUDGET_S, self._probe)
        except Exception as error:  # noqa: BLE001  as above
            self._open(error)
        else:
            self._opened.clear()
            self._is_closed = True

    async def _recover(self) -> None:
        while True:
            await self._opened.wait()
            await asyncio.sleep(random.uniform(*PROBE_INTERVAL_S))  # noqa: S311  no secret
            await self._try()
