"""HTTP/1.1 protocol of the server: uvicorn's h11 protocol with a deadline for headers, and with problem documents.

uvicorn sets no time limit for headers, and responds to malformed requests in plain text.
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from tactus.errors import HeadersTooLargeError, InvalidRequestError, RequestTimeoutError, TactusError, UriTooLongError
from tactus.web.problems import problem_response

HEADER_TIMEOUT_S = 10.0
"""Time for a client to send the headers of a request [s]."""
LINGER_S = 3.0
"""Time for which the rest of a refused request is read and dropped [s], so that the client can read the response."""
MAX_HEADERS_BYTES = 65536
"""Maximum size of the headers of a request [bytes]."""

CONNECTION = "tactus.connection"
"""Key of the `Connection` in the ASGI scope of a request."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Connection of a request, for responses without end such as event streams.

    Args:
        stopping: Set when the server stops.
        abort: Aborts the connection at once, with whatever is in its send buffer.
    """

    stopping: asyncio.Event
    abort: Callable[[], None]


class HttpProtocol(H11Protocol):
    """One HTTP connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connection = Connection(asyncio.Event(), lambda: self.transport.abort())  # noqa: PLW0108  not yet connected
        app = self.app

        async def call_with_connection(scope: Scope, receive: Receive, send: Send) -> None:
            await app(cast(Scope, {**scope, CONNECTION: self._connection}), receive, send)

        self.app = cast(Any, call_with_connection)
        self._header_deadline: asyncio.TimerHandle | None = None
        self._linger_deadline: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline for headers; called by asyncio."""
        super().connection_made(transport)
        self._start_header_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers; called by asyncio."""
        self._cancel_header_deadline()
        self._cancel_linger_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read bytes, and restart or cancel the timers; called by asyncio."""
        if self._refused or self.transport.is_closing():
            return
        super().data_received(data)
        if self.conn.their_state is not h11.SEND_BODY:
            self._cancel_linger_deadline()
        if self.conn.their_state is not h11.IDLE:
            self._cancel_header_deadline()
        elif self._header_deadline is None:
            self._start_header_deadline()

    def on_response_complete(self) -> None:
        """Drop what still arrives of the request's body, for `LINGER_S`; called by uvicorn."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._linger()

    def shutdown(self) -> None:
        """Close the connection, since the server stops; called by uvicorn."""
        if self._refused:
            self.transport.close()
            return
        super().shutdown()
        self._connection.stopping.set()

    def send_400_response(self, msg: str) -> None:
        """Respond to a malformed request; called by uvicorn while it handles the exception of h11."""
        self._refuse(self._reading_error(sys.exception()))

    def _reading_error(self, exception: BaseException | None) -> TactusError:
        if isinstance(exception, h11.RemoteProtocolError) and exception.error_status_hint == 431:
            if b"\r\n" not in self.conn.trailing_data[0]:
                return UriTooLongError()
            return HeadersTooLargeError(f"Headers have at most {MAX_HEADERS_BYTES} bytes.")
        return InvalidRequestError("This is not HTTP/1.1 (RFC 9112).")

    def _refuse(self, error: TactusError) -> None:
        self._refused = True
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:  # in the middle of a response
            self.transport.close()
            return
        response = problem_response(error, {"Connection": "close"})
        reason = STATUS_PHRASES[error.status]
        start = h11.Response(status_code=error.status, headers=response.raw_headers, reason=reason)
        for event in (start, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._linger()

    def _linger(self) -> None:
        if self._linger_deadline is None:
            self._linger_deadline = self.loop.call_later(LINGER_S, self.transport.close)

    def _start_header_deadline(self) -> None:
        self._header_deadline = self.loop.call_later(HEADER_TIMEOUT_S, self._on_header_timeout)

    def _on_header_timeout(self) -> None:
        self._header_deadline = None
        if self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            self._refuse(RequestTimeoutError(f"The headers did not arrive within {HEADER_TIMEOUT_S:.0f} s."))
        else:
            self.transport.close()

    def _cancel_header_deadline(self) -> None:
        if self._header_deadline is not None:
            self._header_deadline.cancel()
            self._header_deadline = None

    def _cancel_linger_deadline(self) -> None:
        if self._linger_deadline is not None and not self._refused:
            self._linger_deadline.cancel()
            self._linger_deadline = None
