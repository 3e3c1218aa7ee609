"""The answer of old SHOUTcast servers, in the words of HTTP: `ICY 200 OK` in the place of `HTTP/1.0 200 OK`."""

import asyncio

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

_OLD = b"ICY "
_HTTP = b"HTTP/1.0 "


class ShoutcastConnector(aiohttp.TCPConnector):
    """Connections on which old SHOUTcast servers are understood, too; all else is as it was."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  a whole set of them, as the base class has it
    ) -> Connection:
        """A connection for a request, which has not been sent."""
        connection = await super().connect(req, traces, timeout)
        if connection.transport is not None and isinstance(connection.protocol, asyncio.Protocol):
            connection.transport.set_protocol(ShoutcastAnswer(connection.protocol))
        return connection


class ShoutcastAnswer(asyncio.Protocol):
    """Hands on what a connection brings, its first word put right.

    Args:
        http: Who reads the answer.
    """

    def __init__(self, http: asyncio.Protocol) -> None:
        self._http = http
        self._first: bytes | None = b""

    def data_received(self, data: bytes) -> None:
        """Hand bytes on, once so many are there as tell whose words they are."""
        if self._first is not None:
            data = self._first + data
            if len(data) < len(_OLD) and _OLD.startswith(data):
                self._first = data
                return
            self._first = None
            if data.startswith(_OLD):
                data = _HTTP + data[len(_OLD) :]
        self._http.data_received(data)

    def eof_received(self) -> bool | None:
        """The server has said all."""
        return self._http.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        self._http.connection_lost(error)

    def pause_writing(self) -> None:
        """The server does not read."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self._http.resume_writing()
