"""Child processes forked by the fork server, some milliseconds each."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

from tactus.logs import log
from tactus.workers.fork_server import STATUS
from tactus.workers.processes import KILL_TIMEOUT_S

PRELOADED_MODULE = "tactus.workers.preload"
"""Module that the fork server imports for all children."""

LOADING_TIMEOUT_S = 1.0
"""Longest wait for the end of the fork server [s]. It ends at once, except in the seconds in which it loads modules:
then it has no children yet and is killed, so that a service that is stopped right after its start ends in time."""

_SERVER = "import json, sys; sys.path[:] = json.loads(sys.argv[3]); from tactus.workers.fork_server import main; main()"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Environment without thread pools: they cost memory and do not survive a fork, and children run in parallel anyway."""


class ForkedProcess:
    """A child of the fork server.

    Args:
        pid: Process id.
        status: Parent's end of the status socket of the child, non-blocking.
    """

    def __init__(self, pid: int, status: socket.socket) -> None:
        self.pid = pid
        self._status = status
        self._exit = asyncio.create_task(_receive_status(status))

    def kill(self) -> None:
        """Kill the process at once, through the fork server: only it knows if the process id is still in use."""
        with contextlib.suppress(OSError):
            self._status.shutdown(socket.SHUT_WR)

    async def wait_for_exit(self) -> int | None:
        """Wait for the end of the process; returns its exit code, negative for a signal, None if it is unknown."""
        await asyncio.wait({self._exit}, timeout=KILL_TIMEOUT_S)
        return self._exit.result() if self._exit.done() else None

    async def aclose(self) -> None:
        """Kill the process, wait for its end and close its status socket."""
        self.kill()
        await asyncio.wait({self._exit}, timeout=KILL_TIMEOUT_S)
        if not self._exit.done():  # the fork server does not respond
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._exit.cancel()
            await asyncio.wait({self._exit})
        self._status.close()


class ForkServerStarter:
    """Starts children by a fork server, and restarts the server if it has ended.

    Args:
        preloaded_module: Name of the module that the server imports for all children.
    """

    def __init__(self, preloaded_module: str = PRELOADED_MODULE) -> None:
        self._preloaded_module = preloaded_module
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lock = asyncio.Lock()
        self._is_closed = False

    async def open(self) -> None:
        """Start the server; it loads modules in the background."""
        await self._ensure_server()

    async def start(self, connection: socket.socket) -> ForkedProcess:
        """Start a child that runs `run_child(connection)`.

        Raises:
            OSError: The system has no process or descriptor to spare.
        """
        for _ in range(2):
            control = await self._ensure_server()
            status, child_end = socket.socketpair()
            status.setblocking(False)
            try:
                with child_end, contextlib.suppress(BrokenPipeError, ConnectionError):
                    socket.send_fds(control, [b"f"], [connection.fileno(), child_end.fileno()])
                pid_or_error = await _receive_status(status)
                if pid_or_error is not None and pid_or_error > 0:
                    return ForkedProcess(pid_or_error, status)
                if pid_or_error is not None:
                    raise OSError(-pid_or_error, os.strerror(-pid_or_error))
            except BaseException:
                status.close()  # makes the server kill the child, if there is one
                raise
            status.close()
            await self._drop_server(control)
        raise OSError("the fork server ends right after its start")

    async def aclose(self) -> None:
        """End the server."""
        async with self._lock:
            self._is_closed = True
            await self._end_server()

    async def _ensure_server(self) -> socket.socket:
        async with self._lock:
            if self._is_closed:
                raise OSError("the fork server has been closed")
            if self._control is None:
                parent_end, server_end = socket.socketpair()
                parent_end.setblocking(False)
                arguments = [str(server_end.fileno()), self._preloaded_module, json.dumps(sys.path)]
                try:
                    self._server = await asyncio.to_thread(
                        subprocess.Popen,
                        [sys.executable, "-P", "-c", _SERVER, *arguments],
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,  # Ctrl-C is for the parent, also while the server starts
                        pass_fds=[server_end.fileno()],
                        env={**_ONE_THREAD, **os.environ},
                    )
                except BaseException:
                    parent_end.close()
                    raise
                finally:
                    server_end.close()
                self._control = parent_end
            return self._control

    async def _drop_server(self, control: socket.socket) -> None:
        async with self._lock:
            if self._control is control:
                log.warning("fork_server_lost")
                await self._end_server()

    async def _end_server(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            try:
                await asyncio.to_thread(self._server.wait, LOADING_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._server.kill()
                await asyncio.to_thread(self._server.wait)
        self._control = self._server = None


async def _receive_status(status: socket.socket) -> int | None:
    """Receive the next number of a status socket, or None if the fork server has ended."""
    loop, received = asyncio.get_running_loop(), b""
    while len(received) < STATUS.size:
        try:
            part = await loop.sock_recv(status, STATUS.size - len(received))
        except OSError:
            return None
        if not part:
            return None
        received += part
    return int(STATUS.unpack(received)[0])
