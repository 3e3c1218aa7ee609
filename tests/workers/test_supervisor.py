"""Children that may crash, hang, swell and be killed, and nobody else notices."""

import asyncio
import contextlib
import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any

import psutil
import pytest

from tactus.errors import MediaTooComplexError, OverloadedError, ShuttingDownError, UndecodableMediaError
from tactus.workers.child import ChildLimits
from tactus.workers.forked_processes import ForkServerStarter
from tactus.workers.processes import ProcessStarter
from tactus.workers.spawned_processes import SpawnStarter
from tactus.workers.supervisor import ChildCrashedError, Supervisor
from tests.fixtures.processes import children, children_once, fork_server, gone, seen_once

TARGETS = "tests.workers.targets"
UNBOUNDED = ChildLimits()
GONE_S = 5.0


def light_starter() -> ForkServerStarter:
    return ForkServerStarter(preloaded_module=TARGETS)


@pytest.fixture(params=[light_starter, SpawnStarter])
async def any_supervisor(request: pytest.FixtureRequest) -> AsyncIterator[Supervisor]:
    starter: ProcessStarter = request.param()
    async with Supervisor(starter) as supervisor:
        yield supervisor


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    async with Supervisor(light_starter()) as supervisor:
        yield supervisor


async def test_a_child_gets_its_arguments_and_answers(any_supervisor: Supervisor) -> None:
    message = await any_supervisor.call(f"{TARGETS}:echo", 1, "two", [3.0], {"four": None}, limits=UNBOUNDED)
    assert message.fields["arguments"] == [1, "two", [3.0], {"four": None}]


async def test_a_large_body_arrives_whole(supervisor: Supervisor) -> None:
    n_bytes = 32 * 1024 * 1024
    message = await supervisor.call(f"{TARGETS}:large", n_bytes, limits=UNBOUNDED)
    assert message.body == bytes(range(256)) * (n_bytes // 256)


async def test_progress_comes_in_order(supervisor: Supervisor) -> None:
    told: list[Mapping[str, Any]] = []
    await supervisor.call(f"{TARGETS}:count", 100, limits=UNBOUNDED, on_progress=told.append)
    assert [fields["number"] for fields in told] == list(range(100))


async def test_parent_and_child_converse(any_supervisor: Supervisor) -> None:
    async with any_supervisor.start_child(f"{TARGETS}:converse", limits=UNBOUNDED) as child:
        for number in range(10):
            child.send("say", {"words": number}, b"x" * number)
            heard = await child.receive()
            assert heard is not None
            assert (heard.kind, heard.fields, heard.body) == ("heard", {"words": number}, b"x" * number)


async def test_what_a_child_says_is_wrong_is_raised(any_supervisor: Supervisor) -> None:
    with pytest.raises(UndecodableMediaError) as caught:
        await any_supervisor.call(f"{TARGETS}:refuse", limits=UNBOUNDED)
    assert (caught.value.detail, caught.value.extra) == ("It is a poem.", {"reason": "verse"})


@pytest.mark.parametrize(
    ("target", "arguments", "exit_code"),
    [
        ("end_with", (7,), 7),
        ("end_with", (0,), 0),
        ("break_down", (), 1),
        ("crash", (), -signal.SIGSEGV),
        ("kill_oneself", (), -signal.SIGKILL),
        ("no_such_function", (), 1),
    ],
)
async def test_a_child_without_a_result_has_crashed(
    supervisor: Supervisor, target: str, arguments: tuple[Any, ...], exit_code: int
) -> None:
    with pytest.raises(ChildCrashedError) as caught:
        await supervisor.call(f"{TARGETS}:{target}", *arguments, limits=UNBOUNDED)
    assert caught.value.exit_code == exit_code
    assert (await supervisor.call(f"{TARGETS}:echo", limits=UNBOUNDED)).kind == "result"


async def test_exit_codes_are_told_apart_among_many_at_once(supervisor: Supervisor) -> None:
    async def exit_code(number: int) -> int | None:
        with pytest.raises(ChildCrashedError) as caught:
            await supervisor.call(f"{TARGETS}:end_with", number, limits=UNBOUNDED)
        return caught.value.exit_code

    assert await asyncio.gather(*(exit_code(number) for number in range(50))) == list(range(50))


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 64,
        b"\x00\x00\x00\x02\x00\x00\x00\x00[]",
        b"\x00\x00\x00\x02\x00\x00\x00\x00{}",
        b'\x00\x00\x00\x0a\x00\x00\x00\x00{"kind":1}',
        b'\x00\x00\x00\x05\x00\x00\x00\x00{"kin',
    ],
)
async def test_a_child_that_babbles_has_crashed(supervisor: Supervisor, words: bytes) -> None:
    with pytest.raises(ChildCrashedError):
        await supervisor.call(f"{TARGETS}:babble", words, limits=UNBOUNDED)


async def test_memory_is_bounded(supervisor: Supervisor) -> None:
    limits = ChildLimits(memory_bytes=64 << 20)
    assert (await supervisor.call(f"{TARGETS}:allocate", 32 << 20, limits=limits)).fields == {"n_bytes": 32 << 20}
    with pytest.raises(MediaTooComplexError):
        await supervisor.call(f"{TARGETS}:allocate", 128 << 20, limits=limits)


async def test_processor_time_is_bounded(supervisor: Supervisor) -> None:
    with pytest.raises(ChildCrashedError) as caught:
        await supervisor.call(f"{TARGETS}:spin", limits=ChildLimits(cpu_s=1.0))
    assert caught.value.exit_code == -signal.SIGXCPU


async def test_niceness_and_who_goes_first_when_memory_runs_out(supervisor: Supervisor) -> None:
    async with supervisor.start_child(f"{TARGETS}:wait", limits=ChildLimits(niceness=5)) as child:
        ready = await child.receive()
        assert ready is not None
        assert ready.fields == {"pid": child.pid, "nice": os.nice(0) + 5}
        with open(f"/proc/{child.pid}/oom_score_adj") as score:  # noqa: ASYNC230, PTH123
            assert score.read().strip() == "1000"


async def test_a_child_is_gone_when_nobody_wants_it(any_supervisor: Supervisor) -> None:
    async with any_supervisor.start_child(f"{TARGETS}:wait", limits=UNBOUNDED) as child:
        assert await child.receive() is not None
        pid = child.pid
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


async def test_cancelling_a_call_kills_its_child(supervisor: Supervisor) -> None:
    await supervisor.call(f"{TARGETS}:echo", limits=UNBOUNDED)  # so that the fork server is there to be found
    calling = asyncio.create_task(supervisor.call(f"{TARGETS}:wait", limits=UNBOUNDED))
    (child,) = await children_once(1)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert not psutil.pid_exists(child.pid)


@pytest.mark.parametrize("n_steps", [1, 2, 3, 5, 8, 13])
async def test_cancelling_while_a_child_is_being_started_leaves_nothing(supervisor: Supervisor, n_steps: int) -> None:
    await supervisor.call(f"{TARGETS}:echo", limits=UNBOUNDED)
    calls = [asyncio.create_task(supervisor.call(f"{TARGETS}:wait", limits=UNBOUNDED)) for _ in range(5)]
    for _ in range(n_steps):
        await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await children_once(0)
    assert (await supervisor.call(f"{TARGETS}:echo", limits=UNBOUNDED)).kind == "result"


async def test_a_child_that_ignores_its_parent_is_killed_all_the_same(supervisor: Supervisor) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await supervisor.call(f"{TARGETS}:spin", limits=UNBOUNDED)
    assert children() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_to_the_whole_group_are_the_parents_to_interpret(
    supervisor: Supervisor, number: signal.Signals
) -> None:
    async with supervisor.start_child(f"{TARGETS}:converse", limits=UNBOUNDED) as child:
        child.send("say", {"words": "hello"})
        assert await child.receive() is not None
        for pid in (child.pid, fork_server().pid):
            os.kill(pid, number)
        child.send("say", {"words": "still there"})
        assert await child.receive() is not None


async def test_a_killed_fork_server_takes_its_children_along_and_comes_back(supervisor: Supervisor) -> None:
    async with supervisor.start_child(f"{TARGETS}:wait", limits=UNBOUNDED) as child:
        assert await child.receive() is not None
        fork_server().kill()
        assert await child.receive() is None
        await gone(child.pid, GONE_S)
        assert await child.wait_for_exit() is None, "nobody is left to say"
    message = await supervisor.call(f"{TARGETS}:echo", "again", limits=UNBOUNDED)
    assert message.fields["arguments"] == ["again"]


async def test_a_frozen_fork_server_does_not_keep_a_child_alive(supervisor: Supervisor) -> None:
    async with supervisor.start_child(f"{TARGETS}:wait", limits=UNBOUNDED) as child:
        assert await child.receive() is not None
        fork_server().suspend()
    await seen_once(psutil.Process(child.pid).status, lambda status: status == psutil.STATUS_ZOMBIE, GONE_S)
    fork_server().resume()
    await gone(child.pid, GONE_S)


async def test_without_descriptors_it_is_overloaded_and_recovers(supervisor: Supervisor) -> None:
    await supervisor.call(f"{TARGETS}:echo", limits=UNBOUNDED)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    n_open = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    outcomes = []
    try:
        for n_spare in range(10):
            resource.setrlimit(resource.RLIMIT_NOFILE, (n_open + n_spare, hard))
            try:
                outcomes.append((await supervisor.call(f"{TARGETS}:echo", limits=UNBOUNDED)).kind)
            except OverloadedError as error:
                outcomes.append(f"again in {error.retry_after_s} s")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (outcomes[0], outcomes[-1]) == ("again in 5 s", "result")
    assert (await supervisor.call(f"{TARGETS}:echo", limits=UNBOUNDED)).kind == "result"


def test_a_fork_that_fails_ends_nothing() -> None:
    program = """
import os, resource, signal, socket
from tactus.workers.fork_server import STATUS, _ForkServer
control, theirs = socket.socketpair()
server = os.fork()
if server == 0:
    control.close()
    if os.getuid() == 0:
        os.setresuid(65534, 65534, 65534)  # no such limit holds for root
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    signal.signal(signal.SIGUSR1, lambda *_: resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard)))
    resource.setrlimit(resource.RLIMIT_NPROC, (1, hard))
    _ForkServer(theirs).serve()
    os._exit(0)
def forked():
    (connection, status), (theirs, their_status) = zip(socket.socketpair(), socket.socketpair())
    socket.send_fds(control, [b"f"], [theirs.fileno(), their_status.fileno()])
    return STATUS.unpack(status.recv(STATUS.size))[0]
refused = forked(), forked()
os.kill(server, signal.SIGUSR1)
accepted = forked()
control.close()
print(*(os.strerror(-number) for number in refused), accepted > 0, os.waitpid(server, 0)[1], sep=", ")
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == f"{os.strerror(errno.EAGAIN)}, {os.strerror(errno.EAGAIN)}, True, 0\n", said.stderr


async def test_two_hundred_children_leave_nothing_behind(supervisor: Supervisor) -> None:
    async def some(n: int) -> None:
        for _ in range(n):
            with contextlib.suppress(ChildCrashedError):
                await supervisor.call(f"{TARGETS}:end_with", 3, limits=UNBOUNDED)

    await some(5)
    server = fork_server()

    def n_open() -> tuple[int, int]:
        return psutil.Process().num_fds(), server.num_fds()

    before = n_open()
    await asyncio.gather(*(some(50) for _ in range(4)))
    await children_once(0)
    # The server says that a child has ended just before it closes its socket.
    await seen_once(n_open, lambda now: now == before, GONE_S)


async def test_a_child_holds_no_socket_of_another(supervisor: Supervisor) -> None:
    async with supervisor.start_child(f"{TARGETS}:wait", limits=UNBOUNDED) as other:
        assert await other.receive() is not None
        found = (await supervisor.call(f"{TARGETS}:descriptors", limits=UNBOUNDED)).fields
    assert len(found["open"]) == 5, "the three standard ones, its own socket, and the folder that was listed"


async def test_after_the_end_no_child_is_started() -> None:
    async with Supervisor(light_starter()) as supervisor:
        pass
    with pytest.raises(ShuttingDownError):
        await supervisor.call(f"{TARGETS}:echo", limits=UNBOUNDED)


async def test_leaving_ends_every_child_and_the_server() -> None:
    async with Supervisor() as supervisor:
        calls = [asyncio.create_task(supervisor.call(f"{TARGETS}:wait", limits=UNBOUNDED)) for _ in range(3)]
        running = await children_once(3)
        server = fork_server()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in ended} == {ChildCrashedError}
    assert not any(process.is_running() for process in (server, *running))


async def test_killing_the_parent_leaves_no_child() -> None:
    program = f"""
import asyncio
from tactus.workers.child import ChildLimits
from tactus.workers.supervisor import Supervisor
async def main():
    async with Supervisor() as supervisor:
        async with supervisor.start_child("{TARGETS}:wait", limits=ChildLimits()) as child:
            await child.receive()
            async with supervisor.start_child("{TARGETS}:spin", limits=ChildLimits()) as other:
                await other.receive()
                print(child.pid, other.pid, flush=True)
                await asyncio.Event().wait()
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pids = [int(word) for word in (await parent.stdout.readline()).split()]
    pids += [process.pid for process in psutil.Process(parent.pid).children(recursive=True)]
    assert len(set(pids)) == 3, "two children and the fork server"
    parent.kill()
    await parent.wait()
    for pid in pids:
        await gone(pid, GONE_S)
