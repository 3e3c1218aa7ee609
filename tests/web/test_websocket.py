"""One WebSocket over the hub: state first, messages in order, pings, and clients that do not read."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from starlette.types import Message
from starlette.websockets import WebSocket

from tactus.hub.listeners import Hub
from tactus.hub.message import LiveMessage
from tactus.web.live.frame_format import FrameSubscription
from tactus.web.live.subscriber import SendPolicy, Subscriber
from tactus.web.live.websocket import SERVICE_RESTART, SLOW_CONSUMER, UNAUTHORIZED, send_messages
from tests.web.frames import frame

STATE = LiveMessage("state", {"source": "demo"})
CLOCK_S = 1e9 + 0.25


@dataclass
class Client:
    """The other end of the connection: what it got, what it sends, and whether it reads."""

    to_service: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)
    received: "asyncio.Queue[str | bytes]" = field(default_factory=asyncio.Queue)
    closed: "asyncio.Future[int]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    reads: bool = True

    def say(self, text: str) -> None:
        self.to_service.put_nowait({"type": "websocket.receive", "text": text})

    async def message(self) -> Any:
        async with asyncio.timeout(5):
            data = await self.received.get()
        return orjson.loads(data) if isinstance(data, str) else data

    async def close_code(self) -> int:
        async with asyncio.timeout(5):
            return await self.closed

    async def take(self, message: Message) -> None:
        if message["type"] == "websocket.close":
            self.closed.set_result(message["code"])
        elif message["type"] == "websocket.send":
            if not self.reads:
                await asyncio.Event().wait()
            self.received.put_nowait(message["text"] if message.get("text") is not None else message["bytes"])


@contextlib.asynccontextmanager
async def connected(
    hub: Hub, subscription: FrameSubscription | None = None, *, reads: bool = True, **subscriber: Any
) -> AsyncIterator[Client]:
    client = Client(reads=reads)
    client.to_service.put_nowait({"type": "websocket.connect"})
    socket = WebSocket({"type": "websocket"}, client.to_service.get, client.take)
    await socket.accept()
    fields = {"state": STATE, "after_sequence": None, "may_receive": lambda: True, **subscriber}
    sending = asyncio.create_task(
        send_messages(socket, Subscriber(hub=hub, **fields), subscription or FrameSubscription(), lambda: CLOCK_S)
    )
    try:
        while not (hub.n_listeners or sending.done()):  # noqa: ASYNC110  a hub has no event for a new listener
            await asyncio.sleep(0)
        yield client
    finally:
        client.to_service.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(5):
            await sending
    assert hub.n_listeners == 0


async def test_the_state_is_first_then_messages_come_in_order() -> None:
    hub = Hub()
    async with connected(hub) as client:
        for number in range(5):
            hub.publish(frame(number))
        assert await client.message() == {"type": "state", "source": "demo"}
        assert [(await client.message())["sequence"] for _ in range(5)] == list(range(5))


async def test_a_client_that_may_not_have_the_state_gets_none() -> None:
    hub = Hub()
    async with connected(hub, state=None) as client:
        hub.publish(frame(0))
        assert (await client.message())["type"] == "frame"


async def test_a_returning_client_gets_what_it_missed() -> None:
    hub = Hub()
    for number in range(3):
        hub.publish(frame(number))
    async with connected(hub, state=None, after_sequence=0) as client:
        assert [(await client.message())["sequence"] for _ in range(2)] == [1, 2]


async def test_frames_come_as_they_were_subscribed_to() -> None:
    hub = Hub()
    async with connected(hub, FrameSubscription(binary=True), state=None) as client:
        hub.publish(frame(0))
        assert (await client.message())[:2] == b"TF"


async def test_a_client_that_may_no_longer_receive_is_disconnected() -> None:
    hub = Hub()
    allowed = iter([True, False])
    async with connected(hub, state=None, may_receive=lambda: next(allowed)) as client:
        hub.publish(frame(0))
        hub.publish(frame(1))
        assert await client.close_code() == UNAUTHORIZED
        assert client.received.qsize() == 1


async def test_a_client_that_does_not_read_is_disconnected() -> None:
    async with connected(Hub(), reads=False, policy=SendPolicy(send_s=0.01)) as client:
        assert await client.close_code() == SLOW_CONSUMER


async def test_clients_are_disconnected_when_the_service_stops() -> None:
    hub = Hub()
    async with connected(hub, state=None) as client:
        hub.publish(frame(0))
        hub.close()
        assert (await client.message())["type"] == "frame"
        assert await client.close_code() == SERVICE_RESTART


async def test_a_ping_is_answered_with_the_time() -> None:
    async with connected(Hub(), state=None) as client:
        client.say('{"type": "ping", "id": 7}')
        assert await client.message() == {"type": "pong", "id": 7, "server_time": CLOCK_S}


async def test_pings_are_answered_so_often_and_no_more() -> None:
    async with connected(Hub(), state=None, policy=SendPolicy(pong_interval_s=3600.0)) as client:
        for number in range(5):
            client.say(f'{{"type":"ping","id":{number}}}')
    assert client.received.qsize() == 1, "all have been read, for the disconnect was"
    assert (await client.message())["id"] == 0


@pytest.mark.parametrize("rubbish", ["", "ping", '{"type":"ping"}', '{"type":"ping","id":-1}', "x" * 60_000])
async def test_everything_else_that_a_client_sends_is_ignored(rubbish: str) -> None:
    async with connected(Hub(), state=None) as client:
        client.say(rubbish)
        client.to_service.put_nowait({"type": "websocket.receive", "bytes": b"\0"})
        client.say('{"type":"ping","id":1}')
        assert (await client.message())["id"] == 1
