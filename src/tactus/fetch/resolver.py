"""Resolver of host names that calls the operating system in separate threads."""

import asyncio
import contextlib
import socket
import threading
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

_MAX_LOOKUPS = 16


class SystemResolver(AbstractResolver):
    """Resolver of the operating system (`getaddrinfo`), isolated so that a slow look-up blocks nothing else.

    A look-up of the system has no timeout and cannot be cancelled, and clients choose the names. So it never runs in
    the thread pool of the event loop, where a few unanswered names would stop all other work, but in daemon threads,
    which do not delay the end of the program. At most sixteen look-ups run at a time, further ones wait.
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_MAX_LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look up all addresses of a host name that this machine can connect to.

        Raises:
            OSError: The name has no address.
        """
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()

        def settle(entries: list[Any], error: OSError | None) -> None:
            self._slots.release()
            if answer.done():
                return  # the caller was cancelled
            if error is None:
                answer.set_result(entries)
            else:
                answer.set_exception(error)

        def look_up() -> None:
            entries: list[Any] = []
            failure: OSError | None = None
            try:
                entries = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            except UnicodeError as error:  # a label that cannot be encoded (IDNA)
                failure = OSError(str(error))
            except OSError as error:
                failure = error
            with contextlib.suppress(RuntimeError):  # the event loop has been closed
                loop.call_soon_threadsafe(settle, entries, failure)

        try:
            threading.Thread(target=look_up, name="look-up", daemon=True).start()
        except RuntimeError as error:
            self._slots.release()
            raise OSError("no thread to look the name up in") from error
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=port,
                family=ip_family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for ip_family, _, protocol, _, address in await answer
        ]

    async def close(self) -> None:
        """Do nothing: threads end with their look-ups."""
