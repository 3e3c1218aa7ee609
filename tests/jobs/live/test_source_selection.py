"""Which device a run opens, and who waits for it."""

import asyncio

import pytest

from tactus.errors import DeviceNotFoundError
from tactus.jobs.live.source_selection import SourceSelection
from tactus.workers.live_options import LiveOptions, LiveRequest

OPTIONS = LiveOptions(LiveRequest(device="first"))


async def test_those_who_wait_are_released_once_it_is_open() -> None:
    selection = SourceSelection(OPTIONS)
    waiting = asyncio.create_task(selection.wait_until_open())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert not selection.is_open
    selection.confirm("found")
    selection.announce_open()
    await waiting
    assert selection.is_open
    assert selection.has_worked
    assert selection.options.request.device == "found"


async def test_a_source_without_a_device_keeps_its_request() -> None:
    selection = SourceSelection(OPTIONS)
    selection.confirm(None)
    assert selection.options.request.device == "first"


async def test_a_first_device_that_cannot_be_opened_ends_the_run() -> None:
    selection = SourceSelection(OPTIONS)
    assert selection.refuse(0, DeviceNotFoundError("gone"))
    with pytest.raises(DeviceNotFoundError):
        await selection.wait_until_open()


async def test_a_second_device_that_cannot_be_opened_gives_the_first_back() -> None:
    selection = SourceSelection(OPTIONS)
    selection.confirm("first")
    selection.announce_open()
    selection.select_device("second")
    assert (selection.number, selection.options.request.device) == (1, "second")
    assert not selection.refuse(1, DeviceNotFoundError("gone"))
    assert (selection.number, selection.options.request.device) == (2, "first")
    with pytest.raises(DeviceNotFoundError):
        await selection.wait_until_open()


async def test_the_result_of_an_earlier_selection_is_void() -> None:
    selection = SourceSelection(OPTIONS)
    selection.select_device("second")
    assert not selection.refuse(0, DeviceNotFoundError("late"))
    assert not selection.is_open


async def test_a_failure_after_it_was_open_is_no_refusal() -> None:
    selection = SourceSelection(OPTIONS)
    selection.confirm("first")
    selection.announce_open()
    assert not selection.refuse(0, DeviceNotFoundError("lost"))
    assert selection.number == 0


async def test_another_selection_releases_those_who_wait_for_the_one_before() -> None:
    selection = SourceSelection(OPTIONS)
    waiting = asyncio.create_task(selection.wait_until_open())
    await asyncio.sleep(0)
    selection.select_device("second")
    await waiting


async def test_a_selection_ends_the_wait_before_the_next_attempt() -> None:
    selection = SourceSelection(OPTIONS)
    waiting = asyncio.create_task(selection.wait_for_change(60.0))
    await asyncio.sleep(0)
    selection.select_device("second")
    async with asyncio.timeout(5):
        await waiting


async def test_the_wait_before_the_next_attempt_ends_by_itself() -> None:
    async with asyncio.timeout(5):
        await SourceSelection(OPTIONS).wait_for_change(0.001)
