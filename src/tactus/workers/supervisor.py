"""Starts, bounds, watches and kills child processes.

One fork server holds numpy, scipy and the decoder, loaded once; each child is a fork of it (some 11 ms). A child can be
killed at any moment without anyone else noticing. Where the system has no fork server (Windows), children are spawned.
"""

import asyncio
import contextlib
import multiprocessing
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from multiprocessing.process import BaseProcess
from typing import Any

from tactus.errors import InternalError, OverloadedError, ShuttingDownError, error_from_slug
from tactus.logs import log
from tactus.workers.child import ChildLimits, run_child
from tactus.workers.messages import Message, read_message

KILL_PATIENCE_S = 2.0
"""How long a killed child may take to be gone [s]; only a process stuck in the kernel takes longer."""


class ChildCrashedError(Exception):
    """A child ended without a result.

    Args:
        exit_code: Its exit code; negative: the signal that ended it; None: it cannot be told.
    """

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"a child process ended with {exit_code}")
        self.exit_code = exit_code


class Child:
    """A running child: what it says, and a way to say something to it."""

    def __init__(self, process: BaseProcess, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid or 0

    async def receive(self) -> Message | None:
        """The next message, or None where the child is gone. An "error" message is raised as the error it names."""
        message = await read_message(self._reader)
        if message is not None and message.kind == "error":
            fields = message.fields
            raise error_from_slug(fields["slug"], fields["detail"], **fields.get("extra", {}))
        return message

    def send(self, kind: str, fields: Mapping[str, Any] | None = None, body: bytes = b"") -> None:
        """Say something to it; never waits."""
        if not self._writer.is_closing():
            self._writer.write(Message(kind, dict(fields or {}), body).encoded())

    def kill(self) -> None:
        """End it now, whatever it is doing."""
        self._process.kill()

    async def exit_code(self) -> int | None:
        """Its exit code once it is gone; None where it does not go."""
        await asyncio.to_thread(self._process.join, KILL_PATIENCE_S)
        return self._process.exitcode

    async def aclose(self) -> None:
        """End it, wait until it is gone and let go of its socket."""
        self.kill()
        self._writer.close()
        await self.exit_code()
        with contextlib.suppress(ValueError):  # still there: the kernel holds it; it ends when the kernel lets go
            self._process.close()


class Supervisor:
    """Makes children. Use as an async context manager; leaving it ends them all."""

    def __init__(self) -> None:
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self._context = multiprocessing.get_context(method)
        self._children: set[Child] = set()
        self._closed = False

    async def __aenter__(self) -> "Supervisor":
        # One thread each: the parallelism is between children, and idle pools of threads cost memory and forks.
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        if self._context.get_start_method() == "forkserver":
            from multiprocessing import forkserver  # noqa: PLC0415  not on Windows

            self._context.set_forkserver_preload(["tactus.workers.preload"])
            await asyncio.to_thread(forkserver.ensure_running)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        await asyncio.gather(*(child.aclose() for child in tuple(self._children)))

    @contextlib.asynccontextmanager
    async def child(self, target: str, *arguments: Any, limits: ChildLimits) -> AsyncIterator[Child]:
        """A child that runs `target(channel, *arguments)` and is gone when the block ends.

        Raises:
            OverloadedError: The system has no process or descriptor to spare.
            ShuttingDownError: The supervisor is closing.
        """
        starting = asyncio.ensure_future(self._started(target, arguments, limits))
        try:
            child = await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(_end_unwanted)
            raise
        self._children.add(child)
        try:
            yield child
        finally:
            self._children.discard(child)
            await asyncio.shield(child.aclose())

    async def call(
        self,
        target: str,
        *arguments: Any,
        limits: ChildLimits,
        on_progress: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> Message:
        """The "result" of a child that runs `target`. Cancelling, or a timeout around it, kills the child.

        Raises:
            ChildCrashedError: It ended without a result.
            TactusError: What the child said went wrong.
        """
        async with self.child(target, *arguments, limits=limits) as child:
            while message := await child.receive():
                if message.kind == "result":
                    return message
                if message.kind == "progress" and on_progress:
                    on_progress(message.fields)
            raise ChildCrashedError(await child.exit_code())

    async def _started(self, target: str, arguments: tuple[Any, ...], limits: ChildLimits) -> Child:
        if self._closed:
            raise ShuttingDownError
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise OverloadedError("There are too many open files; try again later.", retry_after_s=5) from error
        try:
            process = self._context.Process(
                target=run_child, args=(target, arguments, limits, theirs), daemon=True, name=target
            )
            await asyncio.to_thread(process.start)
            ours.setblocking(False)
            reader, writer = await asyncio.open_connection(sock=ours)
        except OSError as error:
            ours.close()
            log.warning("child_not_started", target=target, error=str(error))
            raise OverloadedError("No process could be started; try again later.", retry_after_s=5) from error
        except EOFError as error:
            ours.close()
            raise InternalError("The fork server is gone.") from error
        finally:
            theirs.close()
        return Child(process, reader, writer)


def _end_unwanted(starting: "asyncio.Future[Child]") -> None:
    if not starting.cancelled() and starting.exception() is None:
        asyncio.ensure_future(starting.result().aclose())  # noqa: RUF006  nobody waits for it
