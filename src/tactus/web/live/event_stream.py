"""Beats and states of a session as server-sent events, for clients that need no frames: lights, shells, web pages."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tactus.hub.message import LiveMessage
from tactus.logs import log
from tactus.web.live.frame_events import frame_events
from tactus.web.live.subscriber import Subscriber
from tactus.web.security.http_protocol import CONNECTION, Connection


class EventStream(Response):
    """A response without an end: events as they are published, until the client leaves or does not read.

    Args:
        subscriber: The session's hub and the rights of the client; a reconnect is by `Last-Event-ID`.
        slot: Takes a slot for one more listener, or refuses.
        types: Event types to send.
        is_head: Whether only the headers are asked for.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        subscriber: Subscriber,
        slot: Callable[[], AbstractContextManager[None]],
        *,
        types: frozenset[str],
        is_head: bool,
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._subscriber = subscriber
        self._slot = slot
        self._types = types
        self._is_head = is_head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond; ASGI."""
        connection: Connection = scope[CONNECTION]
        with self._slot():
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if not self._is_head:
                tasks = [
                    asyncio.create_task(self._send_events(send)),
                    asyncio.create_task(_wait_for_disconnect(receive)),
                    asyncio.create_task(connection.stopping.wait()),
                ]
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
                    outcome, *_ = await asyncio.gather(*tasks, return_exceptions=True)
                if isinstance(outcome, TimeoutError):
                    log.info("slow_consumer_cut")
                    connection.abort()
                    return
                if isinstance(outcome, Exception):
                    raise outcome
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_events(self, send: Send) -> None:
        policy = self._subscriber.policy
        await self._send(send, b"retry: %d\n\n" % policy.reconnect_ms)
        with self._subscriber.hub.listen(self._subscriber.after_sequence) as listener:
            state = self._subscriber.state
            if state is not None and state.kind in self._types:
                await self._send(send, format_event(state.fields))
            while True:
                try:
                    async with asyncio.timeout(policy.keep_alive_s):
                        message = await anext(listener, None)
                except TimeoutError:
                    await self._send(send, b": still here\n\n")
                    continue
                if message is None or not self._subscriber.may_receive():
                    return
                if events := b"".join(map(format_event, self._events(message))):
                    await self._send(send, events)

    def _events(self, message: LiveMessage) -> Iterator[Mapping[str, Any]]:
        events = frame_events(message.fields, ("events", "onsets")) if message.is_frame else iter((message.fields,))
        yield from (event for event in events if event["type"] in self._types)

    async def _send(self, send: Send, piece: bytes) -> None:
        async with asyncio.timeout(self._subscriber.policy.send_s):
            await send({"type": "http.response.body", "body": piece, "more_body": True})


def format_event(event: Mapping[str, Any]) -> bytes:
    """An event as text of the protocol: its `sequence` as id, its `type` as name, all of it as data."""
    number = b"id: %d\n" % event["sequence"] if "sequence" in event else b""
    kind: str = event["type"]
    return number + b"event: " + kind.encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
