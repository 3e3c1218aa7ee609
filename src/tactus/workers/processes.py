"""Interfaces of child processes and of the objects that start them."""

import socket
from typing import Protocol

KILL_TIMEOUT_S = 2.0
"""Longest wait for the end of a killed child [s]; only a process stuck in the kernel takes longer."""


class Process(Protocol):
    """A child process, seen from its parent."""

    @property
    def pid(self) -> int:
        """Process id."""

    def kill(self) -> None:
        """Kill the process at once."""

    async def wait_for_exit(self) -> int | None:
        """Wait for the end of the process, and return its exit code.

        The code is negative for the signal that ended the process, and None if it is unknown or the wait timed out.
        """

    async def aclose(self) -> None:
        """Kill the process, wait for its end and release its resources."""


class ProcessStarter(Protocol):
    """Starts child processes."""

    async def open(self) -> None:
        """Prepare for the first child; returns before everything is loaded."""

    async def start(self, connection: socket.socket) -> Process:
        """Start a child that runs `run_child(connection)`.

        Raises:
            OSError: The system has no process or descriptor to spare.
        """

    async def aclose(self) -> None:
        """Release all resources; all children must have ended."""
