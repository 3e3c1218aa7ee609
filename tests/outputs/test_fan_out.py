"""Several outputs of one service: each gets everything, and one that is slow or fails costs no other anything."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from tactus.hub.message import LiveMessage
from tactus.outputs.delivery import Delivery, DeliveryPolicy
from tactus.outputs.fan_out import FanOut
from tactus.outputs.output import Batch, NotSentError


def event(number: int) -> LiveMessage:
    return LiveMessage("event", {}, number)


class Recorder:
    """An output that keeps what it is given.

    Args:
        name: Its name.
        before: Awaited before each batch is taken.
    """

    def __init__(self, name: str = "recorder", before: Callable[[], Awaitable[object]] | None = None) -> None:
        self.name = name
        self.batches: list[Batch] = []
        self.sent = asyncio.Condition()
        self.is_open = False
        self._before = before

    async def __aenter__(self) -> "Recorder":
        self.is_open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_open = False

    async def send(self, batch: Batch) -> None:
        if self._before is not None:
            await self._before()
        async with self.sent:
            self.batches.append(batch)
            self.sent.notify_all()

    @property
    def sequences(self) -> list[int | None]:
        return [message.sequence for batch in self.batches for _, message in batch.messages]

    async def until(self, n_messages: int) -> None:
        async with asyncio.timeout(5), self.sent:
            await self.sent.wait_for(lambda: len(self.sequences) >= n_messages)


class UnopenedOutput(Recorder):
    """An output whose connection fails."""

    async def __aenter__(self) -> "UnopenedOutput":
        raise OSError("no route")


async def fail() -> None:
    raise ZeroDivisionError


async def refuse() -> None:
    raise NotSentError


async def test_every_output_gets_every_message_in_order() -> None:
    one, two = Recorder(), Recorder()
    async with FanOut((one, two)) as outputs:
        assert one.is_open
        for number in range(10):
            outputs.publish("stage", event(number))
        for output in (one, two):
            await output.until(10)
            assert output.sequences == list(range(10))
            assert {session for batch in output.batches for session, _ in batch.messages} == {"stage"}
        assert [delivery.n_sent for delivery in outputs.deliveries] == [10, 10]
    assert not one.is_open


async def test_what_queues_up_is_sent_at_once() -> None:
    output = Recorder()
    async with FanOut((output,)) as outputs:
        for number in range(10):
            outputs.publish("stage", event(number))
        await output.until(10)
    assert len(output.batches) == 1


async def test_states_are_sent_once_each_and_only_the_newest() -> None:
    output = Recorder()
    old, new, other = (LiveMessage("state", {"state": name}) for name in ("opening", "recording", "stalled"))
    async with FanOut((output,)) as outputs:
        outputs.keep_state("a", old)
        outputs.keep_state("a", new)
        outputs.keep_state("b", other)
        outputs.publish("a", event(0))
        await output.until(1)
        outputs.publish("a", event(1))
        await output.until(2)
    assert [batch.states for batch in output.batches] == [{"a": new, "b": other}, {}]


async def test_a_state_needs_no_message_to_be_sent() -> None:
    output = Recorder()
    async with FanOut((output,)) as outputs:
        outputs.keep_state("a", LiveMessage("state", {}))
        async with asyncio.timeout(5), output.sent:
            await output.sent.wait_for(lambda: bool(output.batches))


@pytest.mark.parametrize("failure", [fail, refuse])
async def test_a_failing_output_costs_no_other_anything(failure: Callable[[], Awaitable[None]]) -> None:
    well = Recorder()
    async with FanOut((Recorder("broken", failure), well)) as outputs:
        for number in range(5):
            outputs.publish("stage", event(number))
            await well.until(number + 1)
        assert well.sequences == list(range(5))
    broken, good = outputs.deliveries
    assert (broken.n_sent, broken.n_dropped) == (0, 5)
    assert (good.n_sent, good.n_dropped) == (5, 0)


async def test_a_failure_is_logged_with_the_name_of_the_output_but_not_one_that_is_logged_already() -> None:
    with capture_logs() as lines:
        async with FanOut((Recorder("broken", fail), Recorder("refusing", refuse), well := Recorder())) as outputs:
            for number in range(3):
                outputs.publish("stage", event(number))
                await well.until(number + 1)
    (line,) = [line for line in lines if line["event"] == "output_failed"]
    assert (line["output"], line["kind"]) == ("broken", "ZeroDivisionError")


async def test_an_output_that_cannot_be_opened_is_left_out() -> None:
    well = Recorder()
    with capture_logs() as lines:
        async with FanOut((UnopenedOutput("lost"), well)) as outputs:
            outputs.publish("stage", event(0))
            await well.until(1)
            assert len(outputs.deliveries) == 1
    assert [(line["output"], line["detail"]) for line in lines if line["event"] == "output_not_opened"] == [
        ("lost", "no route")
    ]


async def test_a_slow_output_loses_its_oldest_messages_and_no_other_does() -> None:
    may_go_on = asyncio.Event()
    slow, quick = Recorder("slow", may_go_on.wait), Recorder()
    async with FanOut((slow, quick), DeliveryPolicy(queue_messages=4)) as outputs:
        for number in range(10):
            outputs.publish("stage", event(number))
            await quick.until(number + 1)
        assert quick.sequences == list(range(10))
        may_go_on.set()
        await slow.until(5)
        assert slow.sequences == [0, 6, 7, 8, 9], "the first was on its way, four were queued"
    assert [delivery.n_dropped for delivery in outputs.deliveries] == [5, 0]


async def test_an_output_that_hangs_is_given_up_for_that_batch() -> None:
    hangs = iter([True, False])

    async def hang_once() -> None:
        if next(hangs):
            await asyncio.Event().wait()

    output = Recorder("hanging", hang_once)
    async with Delivery(output, DeliveryPolicy(send_s=0.01)) as delivery:
        delivery.offer("stage", event(0))
        async with asyncio.timeout(5):
            while not delivery.n_dropped:  # noqa: ASYNC110  there is no event for a batch that is given up
                await asyncio.sleep(0.001)
        delivery.offer("stage", event(1))
        await output.until(1)
    assert output.sequences == [1]


async def test_what_is_queued_is_sent_when_the_service_stops() -> None:
    output = Recorder()
    async with FanOut((output,)) as outputs:
        outputs.publish("stage", event(0))
    assert output.sequences == [0]


async def test_an_output_that_hangs_does_not_keep_the_service_from_stopping() -> None:
    output = Recorder("hanging", asyncio.Event().wait)
    async with asyncio.timeout(5):
        async with FanOut((output,), DeliveryPolicy(send_s=60.0, flush_s=0.01)) as outputs:
            outputs.publish("stage", event(0))
    assert not output.is_open


async def test_without_outputs_publishing_does_nothing() -> None:
    async with FanOut() as outputs:
        outputs.publish("stage", event(0))
        outputs.keep_state("stage", event(0))
