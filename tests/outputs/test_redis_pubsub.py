"""Live messages in Redis: in order on their channels, the newest in keys that expire, and never waited for."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import redis.asyncio

from tactus.hub.float_array import FloatArray
from tactus.hub.message import LiveMessage
from tactus.outputs.delivery import Delivery, DeliveryPolicy
from tactus.outputs.redis_pubsub import RedisOutput, RedisOutputConfig, channel
from tactus.store.redis import redis_breaker, redis_client
from tests.fixtures.redis_server import RedisServer

MAX_WAIT_S = 0.005
RECOVERY_S = 5.0
STATE = LiveMessage("state", {"tempo": 120})


def frame(number: int, n_samples: int = 2) -> LiveMessage:
    waveform = FloatArray(bytes(4 * n_samples))
    return LiveMessage("frame", {}, number, spectrum=FloatArray.of([0.5]), waveform=waveform)


async def until(is_so: Callable[[], bool], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110  the state of another program: there is no event to wait for
            await asyncio.sleep(0.01)


async def subscribed(url: str, *channels: str) -> redis.asyncio.client.PubSub:
    listener = redis.asyncio.Redis.from_url(url).pubsub()
    await listener.subscribe(*channels)
    for _ in channels:
        assert (await listener.get_message(timeout=5.0) or {})["type"] == "subscribe"
    return listener


async def received(listener: redis.asyncio.client.PubSub, n_messages: int) -> list[tuple[bytes, dict[str, Any]]]:
    """Channel and content of the next messages."""
    messages = [await listener.get_message(timeout=5.0) or {} for _ in range(n_messages)]
    return [(message["channel"], json.loads(message["data"])) for message in messages]


@contextlib.asynccontextmanager
async def delivering(url: str, config: RedisOutputConfig | None = None) -> AsyncIterator[tuple[Delivery, RedisOutput]]:
    client = redis_client(url)
    async with redis_breaker(client, is_configured=True) as breaker:
        output = RedisOutput(client, breaker, config)
        async with Delivery(output) as delivery:
            yield delivery, output
    await client.aclose()


async def test_messages_arrive_in_order_and_the_newest_stays_a_while(redis_server: RedisServer) -> None:
    listener = await subscribed(redis_server.url, "audio:realtime", "audio:realtime:stage")
    async with delivering(redis_server.url) as (delivery, output):
        delivery.offer_state("default_user", STATE)
        for number in range(20):
            delivery.offer("default_user", frame(number))
        delivery.offer("stage", frame(99))
        messages = await received(listener, 21)
        await until(lambda: delivery.n_sent == 21, 5.0)
        assert (output.n_receivers, delivery.n_dropped) == (1, 0)
    sequences = [(name, message["sequence"]) for name, message in messages]
    assert [number for name, number in sequences if name == b"audio:realtime"] == list(range(20))
    assert [number for name, number in sequences if name == b"audio:realtime:stage"] == [99]
    assert redis_server.command("GET", "audio:default_user:latest") == frame(19).json
    assert redis_server.command("GET", "audio:stage:latest") == frame(99).json
    assert redis_server.command("GET", "audio:default_user:state") == STATE.json
    for key in ("audio:default_user:latest", "audio:default_user:state", "audio:stage:latest"):
        left_ms = redis_server.command("PTTL", key)
        assert isinstance(left_ms, int)
        assert 3000 < left_ms <= 5000
    await listener.aclose()  # type: ignore[no-untyped-call]


async def test_keys_live_as_long_as_the_settings_say(redis_server: RedisServer) -> None:
    async with delivering(redis_server.url, RedisOutputConfig(expiry_s=60)) as (delivery, _):
        delivery.offer("default_user", frame(0))
        await until(lambda: delivery.n_sent == 1, 5.0)
    left_ms = redis_server.command("PTTL", "audio:default_user:latest")
    assert isinstance(left_ms, int)
    assert 55_000 < left_ms <= 60_000


async def test_the_waveform_is_left_out_where_the_settings_say_so(redis_server: RedisServer) -> None:
    listener = await subscribed(redis_server.url, "audio:realtime")
    async with delivering(redis_server.url, RedisOutputConfig(has_waveform=False)) as (delivery, _):
        message = frame(5)
        delivery.offer("default_user", message)
        ((_, published),) = await received(listener, 1)
        await until(lambda: delivery.n_sent == 1, 5.0)
    assert published == {"type": "frame", "sequence": 5, "frequency_data": [0.5]}
    assert redis_server.command("GET", "audio:default_user:latest") == message.without_waveform.json
    await listener.aclose()  # type: ignore[no-untyped-call]


async def test_what_is_published_is_the_text_that_listeners_get(redis_server: RedisServer) -> None:
    message = frame(5)
    async with delivering(redis_server.url) as (delivery, _):
        delivery.offer("default_user", message)
        await until(lambda: delivery.n_sent == 1, 5.0)
    assert "json" in vars(message), "made once, and kept for them"


async def test_a_message_becomes_no_text_where_there_is_no_redis(absent_redis_url: str) -> None:
    message = frame(5)
    async with delivering(absent_redis_url) as (delivery, _):
        delivery.offer("default_user", message)
        await until(lambda: delivery.n_dropped == 1, 5.0)
    assert not {"json", "text"} & vars(message).keys()


async def test_the_state_is_there_again_after_redis_was_emptied(redis_server: RedisServer) -> None:
    async with delivering(redis_server.url) as (delivery, _):
        delivery.offer_state("default_user", STATE)
        await until(lambda: redis_server.command("EXISTS", "audio:default_user:state") == 1, 5.0)
        redis_server.command("FLUSHALL")
        delivery.offer("default_user", frame(0))
        await until(lambda: redis_server.command("EXISTS", "audio:default_user:state") == 1, 5.0)


async def test_nothing_waits_for_redis_and_every_message_is_accounted_for(own_redis: RedisServer) -> None:
    clock = asyncio.get_running_loop().time
    async with delivering(own_redis.url) as (delivery, _):
        own_redis.send(signal.SIGSTOP)
        max_s = 0.0
        n_messages = 4 * DeliveryPolicy().queue_messages
        for number in range(n_messages):
            before_s = clock()
            delivery.offer("default_user", frame(number, n_samples=2000))
            max_s = max(max_s, clock() - before_s)
            await asyncio.sleep(0)
        assert max_s < MAX_WAIT_S
        await until(lambda: delivery.n_dropped == n_messages, 5.0)
        own_redis.send(signal.SIGCONT)
        async with asyncio.timeout(RECOVERY_S):
            while delivery.n_sent == 0:
                delivery.offer("default_user", frame(0))
                await asyncio.sleep(0.02)


def test_the_default_session_has_the_plain_channel() -> None:
    assert (channel("default_user"), channel("stage")) == ("audio:realtime", "audio:realtime:stage")
