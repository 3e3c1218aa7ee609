"""Looks names up through the system, in threads of its own."""

import asyncio
import contextlib
import socket
import threading
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

_MAX_LOOKUPS = 16


class SystemResolver(AbstractResolver):
    """The system's resolver, kept from holding anything else up.

    The system's look-up can neither be cancelled nor given a time limit, and clients choose the names: so it never runs
    in the event loop's own threads, where a few names that are never answered would stop all other work, and its
    threads do not keep the program from ending. At most sixteen look-ups run; more wait for their turn.
    """

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_MAX_LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every address of a name that this machine can connect to.

        Raises:
            OSError: There is none.
        """
        await self._turns.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()

        def settle(entries: list[Any], error: OSError | None) -> None:
            self._turns.release()
            if answer.done():
                return  # whoever asked has given up
            if error is None:
                answer.set_result(entries)
            else:
                answer.set_exception(error)

        def look_up() -> None:
            entries: list[Any] = []
            failure: OSError | None = None
            try:
                entries = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            except UnicodeError as error:  # a label that the system's encoding of names does not take
                failure = OSError(str(error))
            except OSError as error:
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, entries, failure)

        try:
            threading.Thread(target=look_up, name="look-up", daemon=True).start()
        except RuntimeError as error:
            self._turns.release()
            raise OSError("no thread to look the name up in") from error
        return [
            ResolveResult(
                hostname=host, host=address[0], port=port, family=found, proto=protocol, flags=socket.AI_NUMERICHOST
            )
            for found, _, protocol, _, address in await answer
        ]

    async def close(self) -> None:
        """Nothing to let go of: threads end with their look-ups."""
