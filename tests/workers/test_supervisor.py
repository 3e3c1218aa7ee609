"""Supervisor of real child processes that crash, hang, exceed limits, and are killed."""

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
from tests.fixtures.processes import children, fork_server, wait_for_children, wait_until, wait_until_gone

TARGETS = "tests.workers.targets"
NO_LIMITS = ChildLimits()
EXIT_TIMEOUT_S = 5.0


def quick_starter() -> ForkServerStarter:
    return ForkServerStarter(preloaded_module=TARGETS)


@pytest.fixture(params=[quick_starter, SpawnStarter])
async def any_supervisor(request: pytest.FixtureRequest) -> AsyncIterator[Supervisor]:
    starter: ProcessStarter = request.param()
    async with Supervisor(starter) as supervisor:
        yield supervisor


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    async with Supervisor(quick_starter()) as supervisor:
        yield supervisor


async def test_a_child_receives_its_arguments_and_returns_a_result(any_supervisor: Supervisor) -> None:
    message = await any_supervisor.call(f"{TARGETS}:echo", 1, "two", [3.0], {"four": None}, limits=NO_LIMITS)
    assert message.fields["arguments"] == [1, "two", [3.0], {"four": None}]


async def test_a_body_of_32_mebibytes_arrives_unchanged(supervisor: Supervisor) -> None:
    n_bytes = 32 * 1024 * 1024
    message = await supervisor.call(f"{TARGETS}:large", n_bytes, limits=NO_LIMITS)
    assert message.body == bytes(range(256)) * (n_bytes // 256)


async def test_progress_messages_arrive_in_order(supervisor: Supervisor) -> None:
    progress: list[Mapping[str, Any]] = []
    await supervisor.call(f"{TARGETS}:count", 100, limits=NO_LIMITS, on_progress=progress.append)
    assert [fields["number"] for fields in progress] == list(range(100))


async def test_parent_and_child_exchange_messages(any_supervisor: Supervisor) -> None:
    async with any_supervisor.start_child(f"{TARGETS}:reply", limits=NO_LIMITS) as child:
        for number in range(10):
            child.send("request", {"words": number}, b"x" * number)
            reply = await child.receive()
            assert reply is not None
            assert (reply.kind, reply.fields, reply.body) == ("reply", {"words": number}, b"x" * number)


async def test_error_from_a_child_is_raised_in_the_parent(any_supervisor: Supervisor) -> None:
    with pytest.raises(UndecodableMediaError) as caught:
        await any_supervisor.call(f"{TARGETS}:refuse", limits=NO_LIMITS)
    assert (caught.value.detail, caught.value.extra) == ("It is a poem.", {"reason": "verse"})


@pytest.mark.parametrize(
    ("target", "arguments", "exit_code"),
    [
        ("end_with", (7,), 7),
        ("end_with", (0,), 0),
        ("raise_error", (), 1),
        ("crash", (), -signal.SIGSEGV),
        ("kill_itself", (), -signal.SIGKILL),
        ("no_such_function", (), 1),
    ],
)
async def test_a_child_that_exits_without_a_result_counts_as_crashed(
    supervisor: Supervisor, target: str, arguments: tuple[Any, ...], exit_code: int
) -> None:
    with pytest.raises(ChildCrashedError) as caught:
        await supervisor.call(f"{TARGETS}:{target}", *arguments, limits=NO_LIMITS)
    assert caught.value.exit_code == exit_code
    assert (await supervisor.call(f"{TARGETS}:echo", limits=NO_LIMITS)).kind == "result"


async def test_exit_codes_of_concurrent_children_are_not_mixed_up(supervisor: Supervisor) -> None:
    async def exit_code(number: int) -> int | None:
        with pytest.raises(ChildCrashedError) as caught:
            await supervisor.call(f"{TARGETS}:end_with", number, limits=NO_LIMITS)
        return caught.value.exit_code

    assert await asyncio.gather(*(exit_code(number) for number in range(50))) == list(range(50))


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 64,
        b"\x00\x00\x00\x02\x00\x00\x00\x00[]",
        b"\x00\x00\x00\x02\x00\x00\x00\x00{}",
        b'\x00\x00\x00\x0a\x00\x00\x00\x00{"kind":1}',
        b'\x00\x00\x00\x05\x00\x00\x00\x00{"kin',
    ],
)
async def test_a_child_that_sends_malformed_messages_counts_as_crashed(supervisor: Supervisor, sent: bytes) -> None:
    with pytest.raises(ChildCrashedError):
        await supervisor.call(f"{TARGETS}:send_raw", sent, limits=NO_LIMITS)


async def test_memory_of_a_child_is_limited(supervisor: Supervisor) -> None:
    limits = ChildLimits(memory_bytes=64 << 20)
    assert (await supervisor.call(f"{TARGETS}:allocate", 32 << 20, limits=limits)).fields == {"n_bytes": 32 << 20}
    with pytest.raises(MediaTooComplexError):
        await supervisor.call(f"{TARGETS}:allocate", 128 << 20, limits=limits)


async def test_processor_time_of_a_child_is_limited(supervisor: Supervisor) -> None:
    with pytest.raises(ChildCrashedError) as caught:
        await supervisor.call(f"{TARGETS}:spin", limits=ChildLimits(cpu_s=1.0))
    assert caught.value.exit_code == -signal.SIGXCPU


async def test_niceness_and_oom_score_of_a_child(supervisor: Supervisor) -> None:
    async with supervisor.start_child(f"{TARGETS}:wait", limits=ChildLimits(niceness=5)) as child:
        ready = await child.receive()
        assert ready is not None
        assert ready.fields == {"pid": child.pid, "nice": os.nice(0) + 5}
        with open(f"/proc/{child.pid}/oom_score_adj") as score:  # noqa: ASYNC230, PTH123
            assert score.read().strip() == "1000"


async def test_a_child_is_killed_at_the_end_of_its_block(any_supervisor: Supervisor) -> None:
    async with any_supervisor.start_child(f"{TARGETS}:wait", limits=NO_LIMITS) as child:
        assert await child.receive() is not None
        pid = child.pid
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


async def test_cancelling_a_call_kills_its_child(supervisor: Supervisor) -> None:
    await supervisor.call(f"{TARGETS}:echo", limits=NO_LIMITS)  # so that the fork server runs
    calling = asyncio.create_task(supervisor.call(f"{TARGETS}:wait", limits=NO_LIMITS))
    (child,) = await wait_for_children(1)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert not psutil.pid_exists(child.pid)


@pytest.mark.parametrize("n_steps", [1, 2, 3, 5, 8, 13])
async def test_cancelling_while_a_child_is_started_leaves_no_process(supervisor: Supervisor, n_steps: int) -> None:
    await supervisor.call(f"{TARGETS}:echo", limits=NO_LIMITS)
    calls = [asyncio.create_task(supervisor.call(f"{TARGETS}:wait", limits=NO_LIMITS)) for _ in range(5)]
    for _ in range(n_steps):
        await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await wait_for_children(0)
    assert (await supervisor.call(f"{TARGETS}:echo", limits=NO_LIMITS)).kind == "result"


async def test_a_child_in_an_endless_loop_is_killed(supervisor: Supervisor) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await supervisor.call(f"{TARGETS}:spin", limits=NO_LIMITS)
    assert children() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_children_and_fork_server_ignore_signals_to_the_process_group(
    supervisor: Supervisor, number: signal.Signals
) -> None:
    async with supervisor.start_child(f"{TARGETS}:reply", limits=NO_LIMITS) as child:
        child.send("request", {"words": "hello"})
        assert await child.receive() is not None
        for pid in (child.pid, fork_server().pid):
            os.kill(pid, number)
        child.send("request", {"words": "still there"})
        assert await child.receive() is not None


async def test_a_killed_fork_server_ends_its_children_and_is_restarted(supervisor: Supervisor) -> None:
    async with supervisor.start_child(f"{TARGETS}:wait", limits=NO_LIMITS) as child:
        assert await child.receive() is not None
        fork_server().kill()
        assert await child.receive() is None
        await wait_until_gone(child.pid, EXIT_TIMEOUT_S)
        assert await child.wait_for_exit() is None, "the fork server, which knows the code, has ended"
    message = await supervisor.call(f"{TARGETS}:echo", "again", limits=NO_LIMITS)
    assert message.fields["arguments"] == ["again"]


async def test_a_frozen_fork_server_does_not_keep_a_child_alive(supervisor: Supervisor) -> None:
    async with supervisor.start_child(f"{TARGETS}:wait", limits=NO_LIMITS) as child:
        assert await child.receive() is not None
        fork_server().suspend()
    await wait_until(psutil.Process(child.pid).status, lambda status: status == psutil.STATUS_ZOMBIE, EXIT_TIMEOUT_S)
    fork_server().resume()
    await wait_until_gone(child.pid, EXIT_TIMEOUT_S)


async def test_without_free_descriptors_calls_fail_as_overloaded_until_some_are_free(supervisor: Supervisor) -> None:
    await supervisor.call(f"{TARGETS}:echo", limits=NO_LIMITS)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    n_open = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    outcomes = []
    try:
        for n_spare in range(10):
            resource.setrlimit(resource.RLIMIT_NOFILE, (n_open + n_spare, hard))
            try:
                outcomes.append((await supervisor.call(f"{TARGETS}:echo", limits=NO_LIMITS)).kind)
            except OverloadedError as error:
                outcomes.append(f"again in {error.retry_after_s} s")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (outcomes[0], outcomes[-1]) == ("again in 5 s", "result")
    assert (await supervisor.call(f"{TARGETS}:echo", limits=NO_LIMITS)).kind == "result"


def test_a_failed_fork_does_not_end_the_fork_server() -> None:
    program = """
import os, resource, signal, socket
from tactus.workers.fork_server import STATUS, _ForkServer
control, child_end = socket.socketpair()
server = os.fork()
if server == 0:
    control.close()
    if os.getuid() == 0:
        os.setresuid(65534, 65534, 65534)  # the limit does not apply to root
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    signal.signal(signal.SIGUSR1, lambda *_: resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard)))
    resource.setrlimit(resource.RLIMIT_NPROC, (1, hard))
    _ForkServer(child_end).serve()
    os._exit(0)
def fork():
    (connection, status), (child_end, child_status) = zip(socket.socketpair(), socket.socketpair())
    socket.send_fds(control, [b"f"], [child_end.fileno(), child_status.fileno()])
    return STATUS.unpack(status.recv(STATUS.size))[0]
refused = fork(), fork()
os.kill(server, signal.SIGUSR1)
accepted = fork()
control.close()
print(*(os.strerror(-number) for number in refused), accepted > 0, os.waitpid(server, 0)[1], sep=", ")
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == f"{os.strerror(errno.EAGAIN)}, {os.strerror(errno.EAGAIN)}, True, 0\n", result.stderr


async def test_two_hundred_children_leave_no_process_or_descriptor(supervisor: Supervisor) -> None:
    async def run_children(n: int) -> None:
        for _ in range(n):
            with contextlib.suppress(ChildCrashedError):
                await supervisor.call(f"{TARGETS}:end_with", 3, limits=NO_LIMITS)

    await run_children(5)
    server = fork_server()

    def n_open() -> tuple[int, int]:
        return psutil.Process().num_fds(), server.num_fds()

    before = n_open()
    await asyncio.gather(*(run_children(50) for _ in range(4)))
    await wait_for_children(0)
    # The server sends the exit code of a child just before it closes its socket.
    await wait_until(n_open, lambda now: now == before, EXIT_TIMEOUT_S)


async def test_a_child_inherits_no_socket_of_another(supervisor: Supervisor) -> None:
    async with supervisor.start_child(f"{TARGETS}:wait", limits=NO_LIMITS) as other:
        assert await other.receive() is not None
        fields = (await supervisor.call(f"{TARGETS}:descriptors", limits=NO_LIMITS)).fields
    assert len(fields["open"]) == 5, "standard input, output and error, its own socket, and the listed folder"


async def test_a_closed_supervisor_starts_no_child() -> None:
    async with Supervisor(quick_starter()) as supervisor:
        pass
    with pytest.raises(ShuttingDownError):
        await supervisor.call(f"{TARGETS}:echo", limits=NO_LIMITS)


async def test_closing_a_supervisor_ends_all_children_and_the_fork_server() -> None:
    async with Supervisor() as supervisor:
        calls = [asyncio.create_task(supervisor.call(f"{TARGETS}:wait", limits=NO_LIMITS)) for _ in range(3)]
        running = await wait_for_children(3)
        server = fork_server()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in ended} == {ChildCrashedError}
    assert not any(process.is_running() for process in (server, *running))


async def test_killing_the_parent_ends_children_and_fork_server() -> None:
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
        await wait_until_gone(pid, EXIT_TIMEOUT_S)
