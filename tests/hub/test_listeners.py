"""Listeners: who is slow hurts only himself, who comes back gets what he missed or is told what he cannot get."""

import asyncio
from typing import Any

import orjson
import pytest

from tactus.hub.listeners import Hub, Listener


def said(number: int) -> bytes:
    return orjson.dumps({"said": number})


async def waiting(listener: Listener) -> list[dict[str, Any]]:
    """Everything that waits for a listener of a closed hub."""
    return [orjson.loads(message) async for message in listener]


async def test_everyone_hears_everything_in_order_and_numbered() -> None:
    hub = Hub()
    with hub.listen() as one, hub.listen() as two:
        for number in range(10):
            hub.publish(said(number))
        hub.close()
        expected = [{"sequence": number, "said": number} for number in range(10)]
        assert await waiting(one) == expected
        assert await waiting(two) == expected


async def test_a_message_is_the_same_object_for_all() -> None:
    hub = Hub()
    with hub.listen() as one, hub.listen() as two:
        published = hub.publish(said(0))
        assert (await anext(one)) is (await anext(two)) is published


async def test_a_listener_that_is_slow_loses_the_oldest_and_is_told_and_nobody_else_does() -> None:
    hub = Hub(queue_messages=4)
    with hub.listen() as slow, hub.listen() as quick:
        heard = []
        for number in range(10):
            hub.publish(said(number))
            heard.append(orjson.loads(await anext(quick))["said"])
        assert heard == list(range(10))
        assert quick.dropped == 0
        assert slow.dropped == 6
        first = orjson.loads(await anext(slow))
        assert first == {"dropped": 6, "sequence": 6, "said": 6}
        assert "dropped" not in orjson.loads(await anext(slow))  # it is told once


async def test_a_waiting_listener_is_woken() -> None:
    hub = Hub()
    with hub.listen() as listener:
        hearing = asyncio.ensure_future(anext(listener))
        await asyncio.sleep(0)
        assert not hearing.done()
        hub.publish(said(1))
        assert orjson.loads(await hearing)["said"] == 1


async def test_who_leaves_is_forgotten() -> None:
    hub = Hub()
    with hub.listen():
        assert hub.n_listeners == 1
    assert hub.n_listeners == 0


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (9, []),
        (6, [7, 8, 9]),
        (5, [6, 7, 8, 9]),
        (4, ["gap 5-5", 6, 7, 8, 9]),
        (0, ["gap 1-5", 6, 7, 8, 9]),
        (10, ["gap None-None", 6, 7, 8, 9]),  # of another life of the service: all that is kept may be new
    ],
)
async def test_who_comes_back_gets_what_was_missed(after: int, expected: list[int | str]) -> None:
    hub = Hub(replay_messages=4)
    for number in range(10):
        hub.publish(said(number))
    with hub.listen(after_sequence=after) as listener:
        hub.close()
        heard = [
            f"gap {message['first_sequence']}-{message['last_sequence']}"
            if message.get("type") == "gap"
            else message["sequence"]
            for message in await waiting(listener)
        ]
    assert heard == expected


async def test_messages_that_were_lost_on_the_way_leave_a_hole_in_the_numbers() -> None:
    hub = Hub()
    hub.publish(said(0))
    assert orjson.loads(hub.publish(said(3), n_lost=2))["sequence"] == 3


async def test_listening_to_a_closed_hub_ends_at_once() -> None:
    hub = Hub()
    hub.close()
    with hub.listen() as listener:
        assert await waiting(listener) == []
