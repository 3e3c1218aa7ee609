"""Child processes started by spawning a new interpreter, some seconds each: for systems without fork (Windows)."""

import asyncio
import contextlib
import multiprocessing
import multiprocessing.context
import socket

from tactus.workers.child import run_child
from tactus.workers.processes import KILL_TIMEOUT_S


class SpawnedProcess:
    """A spawned child process.

    Args:
        process: The process, started.
    """

    def __init__(self, process: multiprocessing.context.SpawnProcess) -> None:
        self._process = process
        self.pid = process.pid or 0

    def kill(self) -> None:
        """Kill the process at once."""
        self._process.kill()

    async def wait_for_exit(self) -> int | None:
        """Wait for the end of the process; returns its exit code, negative for a signal, None after a timeout."""
        await asyncio.to_thread(self._process.join, KILL_TIMEOUT_S)
        return self._process.exitcode

    async def aclose(self) -> None:
        """Kill the process, wait for its end and release its resources."""
        self.kill()
        await self.wait_for_exit()
        with contextlib.suppress(ValueError):  # still running: it is stuck in the kernel
            self._process.close()


class SpawnStarter:
    """Starts each child in a new interpreter, which loads all modules again."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        """Do nothing: there is nothing to prepare."""

    async def start(self, connection: socket.socket) -> SpawnedProcess:
        """Start a child that runs `run_child(connection)`.

        Raises:
            OSError: The system has no process or descriptor to spare.
        """
        process = self._context.Process(target=run_child, args=(connection,), daemon=True)
        async with self._lock:
            await asyncio.to_thread(process.start)
        return SpawnedProcess(process)

    async def aclose(self) -> None:
        """Do nothing: there are no resources to release."""
