"""Beats and states of a session as server-sent events, for whoever needs no frames: a light, a shell, a web page."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tactus.hub.listeners import Hub
from tactus.logs import log
from tactus.web.live.frame_format import events_of, is_frame, parsed
from tactus.web.live.websocket import SEND_S
from tactus.web.security.http_protocol import LINE, Line

ALIVE_S = 10.0
"""After so long without an event a comment is sent [s], so that proxies and clients see that nobody is dead."""
RETRY_MS = 1000
"""After how long a client that lost its connection comes back [ms]."""


class EventStream(Response):
    """The answer that tells events as they are said, until the client leaves or does not read.

    Args:
        hub: The session's.
        slot: Makes room for one more listener, or refuses.
        types: Of the events that are wanted.
        state: What a late joiner needs; told first.
        after_sequence: Of the last event that the client has heard before; None for a newcomer.
        may_receive: Asked before every message.
        is_head: Whether only headers are wanted.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        hub: Hub,
        slot: Callable[[], Any],
        *,
        types: frozenset[str],
        state: bytes | None,
        after_sequence: int | None,
        may_receive: Callable[[], bool],
        is_head: bool,
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._hub = hub
        self._slot = slot
        self._types = types
        self._state = state
        self._after_sequence = after_sequence
        self._may_receive = may_receive
        self._is_head = is_head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; ASGI."""
        line: Line = scope[LINE]
        with self._slot():
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if not self._is_head:
                tasks = [
                    asyncio.create_task(self._speak(send)),
                    asyncio.create_task(_left(receive)),
                    asyncio.create_task(line.stopping.wait()),
                ]
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
                    spoken, *_ = await asyncio.gather(*tasks, return_exceptions=True)
                if isinstance(spoken, TimeoutError):
                    log.info("slow_consumer_cut")
                    line.cut()
                    return
                if isinstance(spoken, Exception):
                    raise spoken
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _speak(self, send: Send) -> None:
        await _sent(send, b"retry: %d\n\n" % RETRY_MS)
        with self._hub.listen(self._after_sequence) as listener:
            if self._state is not None and "state" in self._types:
                await _sent(send, _written(parsed(self._state)))
            while True:
                try:
                    async with asyncio.timeout(ALIVE_S):
                        message = await anext(listener, None)
                except TimeoutError:
                    await _sent(send, b": still here\n\n")
                    continue
                if message is None or not self._may_receive():
                    return
                if said := b"".join(_written(event) for event in self._wanted(message)):
                    await _sent(send, said)

    def _wanted(self, message: bytes) -> Iterator[dict[str, Any]]:
        said = parsed(message)
        events = events_of(said, ("events", "onsets")) if is_frame(message) else iter((said,))
        yield from (event for event in events if event["type"] in self._types)


def _written(event: dict[str, Any]) -> bytes:
    number = b"id: %d\n" % event["sequence"] if "sequence" in event else b""
    kind: str = event["type"]
    return number + b"event: " + kind.encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"


async def _sent(send: Send, piece: bytes) -> None:
    async with asyncio.timeout(SEND_S):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
