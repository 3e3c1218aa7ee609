"""Support of old SHOUTcast servers, whose status line is `ICY 200 OK` instead of `HTTP/1.0 200 OK`."""

import asyncio

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

_ICY = b"ICY "
_HTTP = b"HTTP/1.0 "


class ShoutcastConnector(aiohttp.TCPConnector):
    """TCP connector that rewrites the status line of old SHOUTcast servers; other responses are unchanged."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  the signature of the base class
    ) -> Connection:
        """Open the connection for a request."""
        connection = await super().connect(req, traces, timeout)
        if connection.transport is not None and isinstance(connection.protocol, asyncio.Protocol):
            connection.transport.set_protocol(ShoutcastProtocol(connection.protocol))
        return connection


class ShoutcastProtocol(asyncio.Protocol):
    """Protocol that passes received bytes on to another, with the first word of the status line replaced.

    Args:
        http: Protocol that parses the response.
    """

    def __init__(self, http: asyncio.Protocol) -> None:
        self._http = http
        self._held_back: bytes | None = b""

    def data_received(self, data: bytes) -> None:
        """Pass bytes on, once the first four are complete."""
        if self._held_back is not None:
            data = self._held_back + data
            if len(data) < len(_ICY) and _ICY.startswith(data):
                self._held_back = data
                return
            self._held_back = None
            if data.startswith(_ICY):
                data = _HTTP + data[len(_ICY) :]
        self._http.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on the end of file."""
        return self._http.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Pass on the end of the connection."""
        self._http.connection_lost(error)

    def pause_writing(self) -> None:
        """Pass on that the send buffer is full."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the send buffer has room again."""
        self._http.resume_writing()
