"""The states of a run, with children that follow a script."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.audio.sources.kinds import SOURCE_KINDS, RetryLimits, SourceKind
from tactus.errors import AudioUnavailableError, DecoderCrashedError, DeviceNotFoundError
from tactus.fetch.backoff import Backoff
from tactus.hub.listeners import Hub
from tactus.jobs.live.progress import LiveProgress
from tactus.jobs.live.publisher import SessionPublisher
from tactus.jobs.live.run import LiveRun
from tactus.jobs.live.run_state import TRANSITIONS, StateReport
from tactus.workers.live_options import LiveOptions, LiveRequest
from tests.jobs.live.conftest import Published
from tests.jobs.live.scripted import BEGUN, ScriptedSupervisor, opened, sent, settled

SOON = RetryLimits(Backoff(0.0, 0.0), steady_s=10.0)
DEVICE = replace(SOURCE_KINDS["device"], retry=SOON)
STREAM = replace(SOURCE_KINDS["url"], retry=replace(SOON, max_crashes=2))
A, B = {"id": "a", "name": "A", "index": 0}, {"id": "b", "name": "B", "index": 1}
HELD = {"controls": {"hold": True}}

StartRun = Callable[..., LiveRun]


@pytest.fixture
def supervisor() -> ScriptedSupervisor:
    return ScriptedSupervisor()


@pytest.fixture
async def start_run(supervisor: ScriptedSupervisor, published: Published) -> AsyncIterator[StartRun]:
    runs: list[LiveRun] = []

    def start(kind: SourceKind = DEVICE, **fields: Any) -> LiveRun:
        options = LiveOptions(LiveRequest(source=kind.name, **fields), monotonic_s=0.0)
        runs.append(LiveRun(cast(Any, supervisor), published, Hub(), options, kind=kind))
        return runs[-1]

    yield start
    for run in runs:
        run.cancel()
        await run.wait_until_gone(5.0)


def events(published: Published) -> list[tuple[str, Any]]:
    """Type and state or reason of every message but frames."""
    heads = [{"type": message.kind, **message.head} for _, message in published.messages]
    return [(head["type"], head.get("state", head.get("reason"))) for head in heads if head["type"] != "frame"]


async def test_a_run_is_opening_until_the_first_sound(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    run = start_run()
    child = await supervisor.nth(0)
    assert str(run.state) == "opening"
    child.put(BEGUN, opened(device=A))
    await run.wait_until_open()
    assert run.state == "recording"
    assert run.device == A
    assert events(published) == [("state", "recording")]
    assert child.options.resumed is False


async def test_what_cannot_be_opened_is_raised_and_ends_the_run(
    start_run: StartRun, supervisor: ScriptedSupervisor
) -> None:
    run = start_run()
    (await supervisor.nth(0)).put(BEGUN, DeviceNotFoundError("no such device"))
    with pytest.raises(DeviceNotFoundError):
        await run.wait_until_open()
    await run.wait_until_over()
    assert run.state == "stopped"
    assert len(supervisor.children) == 1


@pytest.mark.parametrize(("kind", "error"), [(DEVICE, AudioUnavailableError), (STREAM, DecoderCrashedError)])
async def test_a_child_that_ends_before_its_first_sound_has_crashed(
    start_run: StartRun, supervisor: ScriptedSupervisor, kind: SourceKind, error: type[Exception]
) -> None:
    run = start_run(kind, url="http://example.org" if kind is STREAM else None)
    (await supervisor.nth(0)).put(BEGUN, None)
    with pytest.raises(error):
        await run.wait_until_open()


async def test_a_stall_and_its_end_are_states(start_run: StartRun, supervisor: ScriptedSupervisor) -> None:
    run = start_run()
    child = await supervisor.nth(0)
    child.put(BEGUN, opened(device=A), sent("stalled", 1))
    await settled(lambda: run.state == "stalled")
    child.put(sent("resumed", 2))
    await settled(lambda: run.state == "recording")


async def test_a_lost_source_is_opened_again_and_the_loss_is_a_gap(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    run = start_run()
    first = await supervisor.nth(0)
    first.put(BEGUN, opened(100.0, A), sent("frame", 1, 5.0), None)
    second = await supervisor.nth(1)
    assert run.state == "device_lost"
    assert second.options.resumed is True
    assert second.options.request.device == "a"  # the default that was opened, not today's default
    second.put(BEGUN, opened(107.0, A))
    await settled(lambda: run.state == "recording")
    assert run.n_restarts == 1
    assert events(published) == [
        ("state", "recording"),
        ("state", "device_lost"),
        ("device_lost", "gone"),
        ("resumed", None),
        ("gap", "device-lost"),
        ("state", "recording"),
    ]
    (gap,) = [message.head for _, message in published.messages if message.kind == "gap"]
    assert gap["duration_s"] == pytest.approx(2.0)  # sound up to 105 s of the clock, then from 107 s on
    kind, handover, _ = second.received[0]
    assert (kind, handover["audio_time"]) == ("go-on", pytest.approx(7.0))


async def test_the_reason_of_a_loss_is_the_error_of_the_child(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    start_run()
    child = await supervisor.nth(0)
    child.put(BEGUN, opened(device=A), AudioUnavailableError("lost", reason="device-lost"))
    await supervisor.nth(1)
    assert ("device_lost", "audio-unavailable") in events(published)


async def test_the_loss_is_reported_once_however_often_it_is_tried(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    start_run()
    (await supervisor.nth(0)).put(BEGUN, opened(device=A), None)
    for number in (1, 2, 3):
        (await supervisor.nth(number)).put(BEGUN, None)
    await supervisor.nth(4)
    assert [kind for kind, _ in events(published)].count("device_lost") == 1


async def test_a_stream_that_crashes_too_often_is_given_up(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    run = start_run(STREAM, url="http://example.org")
    (await supervisor.nth(0)).put(BEGUN, opened(), None)
    (await supervisor.nth(1)).put(BEGUN, None)
    await run.wait_until_over()
    assert events(published)[-2:] == [("ended", "decoder-crashed"), ("state", "stopped")]


async def test_a_steady_source_forgets_its_crashes(start_run: StartRun, supervisor: ScriptedSupervisor) -> None:
    run = start_run(STREAM, url="http://example.org")
    for number in range(5):
        child = await supervisor.nth(number)
        child.put(BEGUN, opened(100.0 + 20 * number), sent("frame", 1, 20.0 * number + 11), None)
    await supervisor.nth(5)
    assert not run.is_over


async def test_a_file_ends_with_its_child(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    run = start_run(SOURCE_KINDS["file"], file="a.wav")
    (await supervisor.nth(0)).put(BEGUN, opened(), None)
    await run.wait_until_over()
    assert events(published)[-2:] == [("ended", "gone"), ("state", "stopped")]
    assert len(supervisor.children) == 1


async def test_a_source_that_ends_by_itself_ends_the_run(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    run = start_run(SOURCE_KINDS["file"], file="a.wav")
    (await supervisor.nth(0)).put(BEGUN, opened(), sent("ended", 1), None)
    await run.wait_until_over()
    assert [kind for kind, _ in events(published)].count("ended") == 1


async def test_another_device_is_a_gap_and_no_restart(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    run = start_run()
    (await supervisor.nth(0)).put(BEGUN, opened(device=A))
    await run.wait_until_open()
    switching = asyncio.create_task(run.switch_device("b"))
    second = await supervisor.nth(1)
    assert second.options.request.device == "b"
    second.put(BEGUN, opened(101.0, B))
    await switching
    assert run.device == B
    assert run.n_restarts == 0
    assert ("gap", "device-switched") in events(published)
    assert ("resumed", None) not in events(published)


async def test_a_device_that_cannot_be_opened_leaves_the_one_before(
    start_run: StartRun, supervisor: ScriptedSupervisor
) -> None:
    run = start_run()
    (await supervisor.nth(0)).put(BEGUN, opened(device=A))
    await run.wait_until_open()
    switching = asyncio.create_task(run.switch_device("b"))
    (await supervisor.nth(1)).put(BEGUN, DeviceNotFoundError("no such device"))
    with pytest.raises(DeviceNotFoundError):
        await switching
    third = await supervisor.nth(2)
    assert third.options.request.device == "a"
    third.put(BEGUN, opened(102.0, A))
    await settled(lambda: run.state == "recording" and run.device == A)


async def test_lost_messages_leave_their_numbers_out(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    start_run()
    child = await supervisor.nth(0)
    child.put(BEGUN, opened(device=A), sent("frame", 1), sent("frame", 4), sent("frame", 5))
    await settled(lambda: sum(message.kind == "frame" for _, message in published.messages) == 3)
    numbers = [message.sequence for _, message in published.messages if message.kind == "frame"]
    assert numbers == [1, 4, 5]  # 0 is the state message


async def test_commands_reach_the_child_and_the_next_one_until_they_are_applied(
    start_run: StartRun, supervisor: ScriptedSupervisor
) -> None:
    run = start_run()
    first = await supervisor.nth(0)
    first.put(BEGUN, opened(device=A))
    await run.wait_until_open()
    run.command(BeatCommand(hold=True), 101.0)
    run.command(BeatCommand(nudge_s=0.02), 102.0)
    assert [kind for kind, _, _ in first.received] == ["command", "command"]
    assert (run.controls.hold, run.controls.nudge_s) == (True, 0.02)
    first.put(sent("frame", 1, 3.0, n_applied=1), None)
    second = await supervisor.nth(1)
    second.put(BEGUN, opened(104.0, A))
    await settled(lambda: run.state == "recording" and len(second.received) == 2)
    assert [(kind, fields.get("nudge_s")) for kind, fields, _ in second.received] == [
        ("go-on", None),
        ("command", 0.02),
    ]


async def test_a_held_beat_continues_over_silence_until_the_source_is_back(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    run = start_run(replace(DEVICE, retry=RetryLimits(Backoff(0.2, 0.2))))
    (await supervisor.nth(0)).put(BEGUN, opened(device=A), sent("frame", 1, 5.0, beat=HELD), None)
    placeholder = await supervisor.nth(1)
    assert placeholder.options.source_lost is True
    placeholder.put(BEGUN, opened(105.5), sent("frame", 1, 6.0, beat=HELD))
    await settled(lambda: any(message.head.get("audio_time") == 6.0 for _, message in published.messages))
    assert run.state == "device_lost"
    back = await supervisor.nth(2)
    assert back.options.source_lost is False
    back.put(BEGUN, opened(108.0, A))
    await settled(lambda: run.state == "recording")


async def test_samples_of_a_client_reach_the_child_unless_it_does_not_read(
    start_run: StartRun, supervisor: ScriptedSupervisor
) -> None:
    run = start_run(SOURCE_KINDS["browser"])
    child = await supervisor.nth(0)
    child.put(BEGUN, opened())
    await run.wait_until_open()
    pcm = {"sample_rate": 44100, "channels": 1, "dtype": "f4"}
    run.push_samples(pcm, b"1234")
    assert child.received[-1] == ("sound", pcm, b"1234")
    child.n_unsent_bytes = 1 << 20
    run.push_samples(pcm, b"5678")
    assert child.received[-1][2] == b"1234"


async def test_a_cancelled_run_is_stopped(
    start_run: StartRun, supervisor: ScriptedSupervisor, published: Published
) -> None:
    run = start_run()
    (await supervisor.nth(0)).put(BEGUN, opened(device=A))
    await run.wait_until_open()
    run.cancel()
    assert await run.wait_until_gone(5.0)
    assert run.is_over
    assert run.state == "stopped"
    assert events(published)[-1] == ("state", "stopped")


async def test_a_run_waits_until_the_one_before_is_gone(supervisor: ScriptedSupervisor, published: Published) -> None:
    options = LiveOptions(LiveRequest(), monotonic_s=0.0)
    first = LiveRun(cast(Any, supervisor), published, Hub(), options, kind=DEVICE)
    await supervisor.nth(0)
    second = LiveRun(cast(Any, supervisor), published, Hub(), options, kind=DEVICE, before=first)
    await asyncio.sleep(0.01)
    assert len(supervisor.children) == 1  # two streams never hold one device
    first.cancel()
    await supervisor.nth(1)
    second.cancel()
    assert await second.wait_until_gone(5.0)


def test_states_follow_one_another_as_the_table_has_it() -> None:
    assert all("stopped" in following for state, following in TRANSITIONS.items() if state != "stopped")
    assert TRANSITIONS["stopped"] == frozenset()
    assert not any("opening" in following for following in TRANSITIONS.values())


def test_a_state_that_does_not_follow_is_a_mistake(published: Published) -> None:
    options = LiveOptions(monotonic_s=0.0)
    report = StateReport(SessionPublisher(published, Hub(), options), LiveProgress(0, BeatControls()), options)
    report.change("recording")
    report.change("recording")
    with pytest.raises(ValueError, match="'opening' does not follow 'recording'"):
        report.enter("opening")
