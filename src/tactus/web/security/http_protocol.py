"""HTTP/1.1 as it is spoken at the door: uvicorn's h11 protocol with deadlines, and problem documents of its own.

uvicorn has no limit on how slowly headers may come, and answers what it cannot read in plain text.
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
LINGER_S = 3.0
"""How long bytes that nobody wants are read and dropped, so that the client gets to see the answer [s]."""
LARGEST_HEADERS_BYTES = 65536


LINE = "tactus.line"
"""Where the scope of a request keeps its line."""


@dataclass(frozen=True, slots=True)
class Line:
    """What an answer without an end has to know of its connection.

    Args:
        stopping: Set when the server stops.
        cut: Ends the connection at once, whatever waits to be read.
    """

    stopping: asyncio.Event
    cut: Callable[[], None]


class GuardedHttpProtocol(H11Protocol):
    """One connection of a client."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line = Line(asyncio.Event(), lambda: self.transport.abort())  # noqa: PLW0108  there is none yet
        app = self.app

        async def with_line(scope: Scope, receive: Receive, send: Send) -> None:
            await app(cast(Scope, {**scope, LINE: self._line}), receive, send)

        self.app = cast(Any, with_line)
        self._header_deadline: asyncio.TimerHandle | None = None
        self._linger_deadline: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._headers_came()
        self._body_ended()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self._refused or self.transport.is_closing():
            return
        super().data_received(data)
        if self.conn.their_state is not h11.SEND_BODY:
            self._body_ended()
        if self.conn.their_state is not h11.IDLE:
            self._headers_came()
        elif self._header_deadline is None:
            self._expect_headers()

    def on_response_complete(self) -> None:
        """An answer has been given; what still comes of an unwanted body is dropped, for a while."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._linger()

    def shutdown(self) -> None:
        """The server stops."""
        if self._refused:
            self.transport.close()
            return
        super().shutdown()
        self._line.stopping.set()

    def send_400_response(self, msg: str) -> None:
        """Tell the client what is wrong with its bytes; called while what h11 raised is being handled."""
        self._refuse(self._reading_error(sys.exception()))

    def _reading_error(self, exception: BaseException | None) -> TactusError:
        if isinstance(exception, h11.RemoteProtocolError) and exception.error_status_hint == 431:
            if b"\r\n" not in self.conn.trailing_data[0]:
                return UriTooLongError()
            return HeadersTooLargeError(f"Headers have at most {LARGEST_HEADERS_BYTES} bytes.")
        return InvalidRequestError("This is not HTTP/1.1 as RFC 9112 has it.")

    def _refuse(self, error: TactusError) -> None:
        self._refused = True
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:  # in the middle of an answer
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

    def _expect_headers(self) -> None:
        self._header_deadline = self.loop.call_later(HEADER_TIMEOUT_S, self._headers_are_late)

    def _headers_are_late(self) -> None:
        self._header_deadline = None
        if self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            self._refuse(RequestTimeoutError(f"The headers did not arrive within {HEADER_TIMEOUT_S:.0f} s."))
        else:
            self.transport.close()

    def _headers_came(self) -> None:
        if self._header_deadline is not None:
            self._header_deadline.cancel()
            self._header_deadline = None

    def _body_ended(self) -> None:
        if self._linger_deadline is not None and not self._refused:
            self._linger_deadline.cancel()
            self._linger_deadline = None
