"""Server-sent events over the hub: names, numbers, replay, silence, and readers that do not read."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from starlette.types import Message

from tactus.hub.listeners import Hub
from tactus.hub.message import LiveMessage
from tactus.web.live.event_stream import EventStream, format_event
from tactus.web.live.subscriber import SendPolicy, Subscriber
from tactus.web.security.http_protocol import CONNECTION, Connection
from tests.web.frames import frame, onset

STATE = LiveMessage("state", {"source": "demo"})
GAP = LiveMessage("gap", {"reason": "overload"})


@dataclass
class Reader:
    """A client of the stream: what it got, and its connection."""

    pieces: "asyncio.Queue[bytes]" = field(default_factory=asyncio.Queue)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def event(self) -> dict[str, Any]:
        """The next event's data, comments and the line about reconnects passed over."""
        async with asyncio.timeout(5):
            while not (piece := await self.pieces.get()).startswith((b"id:", b"event:")):
                pass
        data: dict[str, Any] = orjson.loads(piece.partition(b"data: ")[2])
        return data

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.pieces.put_nowait(message["body"])
            if not message["more_body"]:
                self.ended.set()

    async def receive(self) -> Message:
        await self.leaving.wait()
        return {"type": "http.disconnect"}


@contextlib.asynccontextmanager
async def reading(
    hub: Hub,
    *,
    types: tuple[str, ...] = ("state", "gap", "beat", "onset"),
    send: Callable[[Message], Awaitable[None]] | None = None,
    is_head: bool = False,
    **subscriber: Any,
) -> AsyncIterator[Reader]:
    reader = Reader()
    fields = {"state": None, "after_sequence": None, "may_receive": lambda: True, **subscriber}
    stream = EventStream(Subscriber(hub=hub, **fields), contextlib.nullcontext, types=frozenset(types), is_head=is_head)
    scope = {CONNECTION: Connection(reader.stopping, reader.cut.set)}
    task = asyncio.create_task(stream(scope, reader.receive, send or reader.send))
    try:
        while not (hub.n_listeners or task.done()):  # noqa: ASYNC110  a hub has no event for a new listener
            await asyncio.sleep(0)
        yield reader
    finally:
        reader.leaving.set()
        async with asyncio.timeout(5):
            await task
    assert hub.n_listeners == 0


async def test_the_state_is_first_and_has_no_number() -> None:
    async with reading(Hub(), state=STATE) as reader:
        assert await reader.pieces.get() == b"retry: 1000\n\n"
        assert await reader.pieces.get() == b'event: state\ndata: {"type":"state","source":"demo"}\n\n'


async def test_the_state_is_left_out_where_it_is_not_subscribed_to() -> None:
    hub = Hub()
    async with reading(hub, state=STATE, types=("gap",)) as reader:
        hub.publish(GAP)
        assert (await reader.event())["type"] == "gap"


async def test_frames_are_sent_as_their_events() -> None:
    hub = Hub()
    async with reading(hub) as reader:
        hub.publish(frame(0, has_beat=True, onsets=[onset(0.0)]))
        piece = b"".join([await reader.pieces.get(), await reader.pieces.get()])
    names = [line for line in piece.split(b"\n") if line.startswith((b"id", b"event"))]
    assert names == [b"id: 0", b"event: beat", b"id: 0", b"event: onset"]


async def test_only_the_types_that_are_subscribed_to_are_sent() -> None:
    hub = Hub()
    async with reading(hub, types=("onset",)) as reader:
        hub.publish(GAP)
        hub.publish(frame(1, has_beat=True))
        hub.publish(frame(2, has_beat=True, onsets=[onset(0.0)]))
        event = await reader.event()
        assert (event["type"], event["sequence"]) == ("onset", 2)


async def test_a_returning_reader_gets_what_it_missed() -> None:
    hub = Hub()
    for _ in range(3):
        hub.publish(GAP)
    async with reading(hub, after_sequence=0) as reader:
        assert [(await reader.event())["sequence"] for _ in range(2)] == [1, 2]


async def test_drops_are_counted_in_the_next_event() -> None:
    hub = Hub(queue_messages=1)
    async with reading(hub) as reader:
        for _ in range(3):
            hub.publish(GAP)
        assert (await reader.event())["dropped"] == 2


async def test_silence_is_filled_with_comments() -> None:
    async with reading(Hub(), policy=SendPolicy(keep_alive_s=0.01)) as reader:
        await reader.pieces.get()
        async with asyncio.timeout(5):
            assert [await reader.pieces.get() for _ in range(2)] == [b": still here\n\n"] * 2


async def test_a_reader_that_may_no_longer_receive_gets_nothing_more() -> None:
    hub = Hub()
    allowed = iter([True, False])
    async with reading(hub, may_receive=lambda: next(allowed)) as reader:
        hub.publish(GAP)
        hub.publish(GAP)
        assert (await reader.event())["sequence"] == 0
        async with asyncio.timeout(5):
            await reader.ended.wait()
        assert await reader.pieces.get() == b""


@pytest.mark.parametrize("event", ["stopping", "leaving"])
async def test_the_stream_ends_when_the_server_stops_or_the_client_leaves(event: str) -> None:
    async with reading(Hub()) as reader:
        getattr(reader, event).set()
        async with asyncio.timeout(5):
            await reader.ended.wait()
    assert not reader.cut.is_set()


async def test_a_client_that_takes_nothing_is_cut() -> None:
    async def block(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async with reading(Hub(), send=block, policy=SendPolicy(send_s=0.01)) as reader, asyncio.timeout(5):
        await reader.cut.wait()


async def test_a_failure_to_send_is_not_hidden() -> None:
    async def fail(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        async with reading(Hub(), send=fail):
            pass


async def test_only_headers_are_sent_where_only_they_are_asked_for() -> None:
    hub = Hub()
    async with reading(hub, is_head=True, state=STATE) as reader, asyncio.timeout(5):
        await reader.ended.wait()
        assert await reader.pieces.get() == b""


def test_an_event_is_written_with_number_name_and_data() -> None:
    event = {"type": "beat", "sequence": 12, "bpm": 120.0}
    assert format_event(event) == b'id: 12\nevent: beat\ndata: {"type":"beat","sequence":12,"bpm":120.0}\n\n'
    assert format_event({"type": "beat", "sequence": 0}).startswith(b"id: 0\n")
