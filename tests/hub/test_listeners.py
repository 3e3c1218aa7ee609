"""Distribution to listeners: a slow one only loses its own messages, a returning one gets what it missed."""

import asyncio

import pytest

from tactus.hub.listeners import Hub, Listener
from tactus.hub.message import LiveMessage


def event(number: int) -> LiveMessage:
    return LiveMessage("event", {"number": number})


async def drain(listener: Listener) -> list[LiveMessage]:
    """All that is queued for a listener of a closed hub."""
    return [message async for message in listener]


def sequences(messages: list[LiveMessage]) -> list[int | None]:
    return [message.sequence for message in messages]


async def test_every_listener_gets_every_message_in_order() -> None:
    hub = Hub()
    with hub.listen() as one, hub.listen() as two:
        for number in range(10):
            hub.publish(event(number))
        hub.close()
        for listener in (one, two):
            received = await drain(listener)
            assert sequences(received) == list(range(10))
            assert [message.head["number"] for message in received] == list(range(10))
            assert {message.kind for message in received} == {"event"}


async def test_a_message_is_the_same_object_for_all() -> None:
    hub = Hub()
    with hub.listen() as one, hub.listen() as two:
        published = hub.publish(event(0))
        assert (await anext(one)) is (await anext(two)) is published


async def test_lost_messages_leave_a_hole_in_the_numbers() -> None:
    hub = Hub()
    assert hub.publish(event(0)).sequence == 0
    assert hub.publish(event(3), n_lost=2).sequence == 3
    assert hub.next_sequence == 4


async def test_a_slow_listener_loses_the_oldest_and_is_notified_once() -> None:
    hub = Hub(queue_messages=4)
    with hub.listen() as slow, hub.listen() as quick:
        for number in range(10):
            hub.publish(event(number))
            assert (await anext(quick)).sequence == number
        assert (quick.n_dropped, slow.n_dropped) == (0, 6)
        first, second = await anext(slow), await anext(slow)
        assert (first.sequence, first.dropped) == (6, 6)
        assert (second.sequence, second.dropped) == (7, 0)


async def test_drops_are_counted_anew_after_each_notice() -> None:
    hub = Hub(queue_messages=2)
    with hub.listen() as listener:
        for number in range(5):
            hub.publish(event(number))
        assert (await anext(listener)).dropped == 3
        for number in range(5, 7):
            hub.publish(event(number))
        assert (await anext(listener)).dropped == 1
        assert listener.n_dropped == 4


async def test_a_full_queue_loses_nothing() -> None:
    hub = Hub(queue_messages=4)
    with hub.listen() as listener:
        for number in range(4):
            hub.publish(event(number))
        assert listener.n_dropped == 0
        hub.close()
        assert sequences(await drain(listener)) == [0, 1, 2, 3]


async def test_a_dropped_count_is_not_seen_by_others() -> None:
    """The notice is on a copy: the message itself is shared, and kept for replays."""
    hub = Hub(queue_messages=1)
    with hub.listen() as slow:
        hub.publish(event(0))
        published = hub.publish(event(1))
        received = await anext(slow)
    assert (received.dropped, published.dropped) == (1, 0)
    assert received.head is published.head


async def test_a_waiting_listener_is_woken() -> None:
    hub = Hub()
    with hub.listen() as listener:
        receiving = asyncio.ensure_future(anext(listener))
        await asyncio.sleep(0)
        assert not receiving.done()
        hub.publish(event(1))
        assert (await receiving).head["number"] == 1
        again = asyncio.ensure_future(anext(listener))
        await asyncio.sleep(0)
        assert not again.done(), "it has read everything and waits again"
        hub.publish(event(2))
        assert (await again).head["number"] == 2


async def test_a_listener_that_leaves_gets_no_more() -> None:
    hub = Hub()
    with hub.listen() as listener:
        assert hub.n_listeners == 1
    assert hub.n_listeners == 0
    hub.publish(event(0))
    listener.close()
    assert await drain(listener) == []


async def test_a_new_listener_gets_nothing_from_before() -> None:
    hub = Hub()
    hub.publish(event(0))
    with hub.listen() as listener:
        hub.publish(event(1))
        hub.close()
        assert sequences(await drain(listener)) == [1]


def gap_or_sequence(message: LiveMessage) -> str | int | None:
    if message.kind == "gap":
        assert (message.head["reason"], message.sequence) == ("replay", None)
        return f"gap {message.head['first_sequence']}-{message.head['last_sequence']}"
    return message.sequence


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (9, []),
        (8, [9]),
        (6, [7, 8, 9]),
        (5, [6, 7, 8, 9]),
        (4, ["gap 5-5", 6, 7, 8, 9]),
        (0, ["gap 1-5", 6, 7, 8, 9]),
        (10, ["gap None-None", 6, 7, 8, 9]),  # from before a restart of the service: all that is kept may be new
    ],
)
async def test_a_returning_listener_gets_what_it_missed(after: int, expected: list[int | str]) -> None:
    hub = Hub(replay_messages=4)
    for number in range(10):
        hub.publish(event(number))
    with hub.listen(after_sequence=after) as listener:
        hub.close()
        assert [gap_or_sequence(message) for message in await drain(listener)] == expected


async def test_a_replay_fits_the_queue_with_its_gap() -> None:
    hub = Hub(queue_messages=3, replay_messages=100)
    for number in range(10):
        hub.publish(event(number))
    with hub.listen(after_sequence=1) as listener:
        hub.close()
        assert [gap_or_sequence(message) for message in await drain(listener)] == ["gap 2-7", 8, 9]
        assert listener.n_dropped == 0


async def test_a_returning_listener_of_a_session_without_messages_gets_a_gap() -> None:
    hub = Hub()
    with hub.listen(after_sequence=5) as listener:
        hub.publish(event(0))
        hub.close()
        assert [gap_or_sequence(message) for message in await drain(listener)] == ["gap None-None", 0]


async def test_listening_to_a_closed_hub_ends_at_once() -> None:
    hub = Hub()
    hub.close()
    with hub.listen() as listener:
        assert await drain(listener) == []


async def test_what_is_queued_is_still_delivered_when_the_hub_closes() -> None:
    hub = Hub()
    with hub.listen() as listener:
        hub.publish(event(0))
        hub.close()
        assert sequences(await drain(listener)) == [0]


async def test_a_waiting_listener_ends_when_the_hub_closes() -> None:
    hub = Hub()
    with hub.listen() as listener:
        receiving = asyncio.ensure_future(drain(listener))
        await asyncio.sleep(0)
        hub.close()
        assert await receiving == []
