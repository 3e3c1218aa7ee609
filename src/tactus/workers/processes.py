"""How a child process comes to be and how it ends: forked by a server that has all loaded, or else spawned."""

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from typing import Protocol

from tactus.logs import log
from tactus.workers.child import run_child
from tactus.workers.fork_server import NUMBER

PRELOADED = "tactus.workers.preload"

KILL_TIMEOUT_S = 2.0
"""How long a killed child may take to be gone [s]; only a process stuck in the kernel takes longer."""

LOADING_TIMEOUT_S = 1.0
"""How long the fork server may take to end [s]. It ends at once, but for the seconds in which it loads: then it has no
children yet, and is killed, so that a service which is stopped right after its start keeps its own time."""

_SERVE = "import json, sys; sys.path[:] = json.loads(sys.argv[3]); from tactus.workers.fork_server import main; main()"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# The parallelism is between children; idle pools of threads cost memory and are not forked.


class Process(Protocol):
    """A child process as its parent sees it."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def kill(self) -> None:
        """End it now, whatever it is doing."""

    async def exit_code(self) -> int | None:
        """Its exit code once it is gone, negative for the signal that ended it; None where it cannot be told."""

    async def aclose(self) -> None:
        """End it, wait until it is gone and let go of what is held for it."""


class ProcessStarter(Protocol):
    """Starts children."""

    async def open(self) -> None:
        """Get ready; returns before everything is loaded."""

    async def start(self, connection: socket.socket) -> Process:
        """A child that runs `run_child(connection)`.

        Raises:
            OSError: The system has no process or descriptor to spare.
        """

    async def aclose(self) -> None:
        """Let go; children have to be gone."""


class ForkedProcess:
    """A child of the fork server.

    Args:
        pid: Its process id.
        status: Our end of its status socket, non-blocking.
    """

    def __init__(self, pid: int, status: socket.socket) -> None:
        self.pid = pid
        self._status = status
        self._ended = asyncio.create_task(_read_number(status))

    def kill(self) -> None:
        """End it now, by way of the fork server: it alone knows whether the process id is still the child's."""
        with contextlib.suppress(OSError):
            self._status.shutdown(socket.SHUT_WR)

    async def exit_code(self) -> int | None:
        """Its exit code once it is gone, negative for the signal that ended it; None where it cannot be told."""
        await asyncio.wait({self._ended}, timeout=KILL_TIMEOUT_S)
        return self._ended.result() if self._ended.done() else None

    async def aclose(self) -> None:
        """End it, wait until it is gone and let go of its status socket."""
        self.kill()
        await asyncio.wait({self._ended}, timeout=KILL_TIMEOUT_S)
        if not self._ended.done():  # the fork server does not answer
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._ended.cancel()
            await asyncio.wait({self._ended})
        self._status.close()


class ForkServerStarter:
    """Has children forked by one server, some milliseconds each; starts the server again where it is gone.

    Args:
        preloaded: The module that the server loads for all children.
    """

    def __init__(self, preloaded: str = PRELOADED) -> None:
        self._preloaded = preloaded
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._starting = asyncio.Lock()
        self._is_closed = False

    async def open(self) -> None:
        """Start the server; it loads while we go on."""
        await self._connected()

    async def start(self, connection: socket.socket) -> ForkedProcess:
        """A child that runs `run_child(connection)`.

        Raises:
            OSError: The system has no process or descriptor to spare.
        """
        for _ in range(2):
            control = await self._connected()
            status, theirs = socket.socketpair()
            status.setblocking(False)
            try:
                with theirs, contextlib.suppress(BrokenPipeError, ConnectionError):
                    socket.send_fds(control, [b"f"], [connection.fileno(), theirs.fileno()])
                number = await _read_number(status)
                if number is not None and number > 0:
                    return ForkedProcess(number, status)
                if number is not None:
                    raise OSError(-number, os.strerror(-number))
            except BaseException:
                status.close()  # has the server kill the child, if there is one
                raise
            status.close()
            await self._disconnect(control)
        raise OSError("the fork server ends as soon as it is started")

    async def aclose(self) -> None:
        """End the server."""
        async with self._starting:
            self._is_closed = True
            await self._end()

    async def _connected(self) -> socket.socket:
        async with self._starting:
            if self._is_closed:
                raise OSError("the fork server has been closed")
            if self._control is None:
                ours, theirs = socket.socketpair()
                ours.setblocking(False)
                arguments = [str(theirs.fileno()), self._preloaded, json.dumps(sys.path)]
                try:
                    self._server = await asyncio.to_thread(
                        subprocess.Popen,
                        [sys.executable, "-P", "-c", _SERVE, *arguments],
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,  # Ctrl-C is for the parent, also while this one starts
                        pass_fds=[theirs.fileno()],
                        env={**_ONE_THREAD, **os.environ},
                    )
                except BaseException:
                    ours.close()
                    raise
                finally:
                    theirs.close()
                self._control = ours
            return self._control

    async def _disconnect(self, control: socket.socket) -> None:
        async with self._starting:
            if self._control is control:
                log.warning("fork_server_lost")
                await self._end()

    async def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            try:
                await asyncio.to_thread(self._server.wait, LOADING_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._server.kill()
                await asyncio.to_thread(self._server.wait)
        self._control = self._server = None


class SpawnedProcess:
    """A child that loaded everything for itself.

    Args:
        process: It, started.
    """

    def __init__(self, process: multiprocessing.context.SpawnProcess) -> None:
        self._process = process
        self.pid = process.pid or 0

    def kill(self) -> None:
        """End it now, whatever it is doing."""
        self._process.kill()

    async def exit_code(self) -> int | None:
        """Its exit code once it is gone, negative for the signal that ended it; None where it does not go."""
        await asyncio.to_thread(self._process.join, KILL_TIMEOUT_S)
        return self._process.exitcode

    async def aclose(self) -> None:
        """End it, wait until it is gone and let go of what is held for it."""
        self.kill()
        await self.exit_code()
        with contextlib.suppress(ValueError):  # still there: the kernel holds it
            self._process.close()


class SpawnStarter:
    """Starts every child anew, some seconds each: for systems that cannot fork (Windows)."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> None:
        """Nothing to get ready."""

    async def start(self, connection: socket.socket) -> SpawnedProcess:
        """A child that runs `run_child(connection)`.

        Raises:
            OSError: The system has no process or descriptor to spare.
        """
        process = self._context.Process(target=run_child, args=(connection,), daemon=True)
        async with self._one_at_a_time:
            await asyncio.to_thread(process.start)
        return SpawnedProcess(process)

    async def aclose(self) -> None:
        """Nothing to let go of."""


def process_starter() -> ProcessStarter:
    """What starts children on this system."""
    return ForkServerStarter() if hasattr(os, "fork") and hasattr(socket, "send_fds") else SpawnStarter()


async def _read_number(status: socket.socket) -> int | None:
    """The next number, or None where the fork server is gone."""
    loop, read = asyncio.get_running_loop(), b""
    while len(read) < NUMBER.size:
        try:
            part = await loop.sock_recv(status, NUMBER.size - len(read))
        except OSError:
            return None
        if not part:
            return None
        read += part
    return int(NUMBER.unpack(read)[0])
