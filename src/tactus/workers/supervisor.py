"""Supervisor of child processes: starts them with limits, exchanges messages with them, and kills them.

A fork server has numpy, scipy and the decoder loaded, each child is a fork of it (some milliseconds). A child can be
killed at any moment without an effect on others. On systems without fork, children are spawned.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, NoReturn

from tactus.errors import InternalError, OverloadedError, ShuttingDownError, TactusError
from tactus.logs import log
from tactus.workers.child import ChildLimits, start_message
from tactus.workers.forked_processes import ForkServerStarter
from tactus.workers.messages import Message, read_message
from tactus.workers.processes import Process, ProcessStarter
from tactus.workers.spawned_processes import SpawnStarter

_ERRORS_BY_SLUG: dict[str, type[TactusError]] = {error.slug: error for error in TactusError.__subclasses__()}


class ChildCrashedError(Exception):
    """A child ended without a result.

    Args:
        exit_code: Exit code, negative for the signal that ended the child; None if it is unknown.
    """

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"a child process ended with {exit_code}")
        self.exit_code = exit_code


class Child:
    """A running child process and its message channel."""

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    async def receive(self) -> Message | None:
        """Receive the next message, or None if the child has ended.

        Raises:
            TactusError: The message has the kind "error".
        """
        message = await read_message(self._reader)
        if message is not None and message.kind == "error":
            raise _received_error(message)
        return message

    def send(self, kind: str, fields: Mapping[str, Any] | None = None, body: bytes = b"") -> None:
        """Send a message to the child; never waits."""
        if not self._writer.is_closing():
            self._writer.write(Message(kind, dict(fields or {}), body).encoded())

    @property
    def n_unsent_bytes(self) -> int:
        """Number of bytes in the send buffer, which the child has not read."""
        return self._writer.transport.get_write_buffer_size()

    def kill(self) -> None:
        """Kill the child at once."""
        self._process.kill()

    async def wait_for_exit(self) -> int | None:
        """Wait for the end of the child; returns its exit code, negative for a signal, None if it is unknown."""
        return await self._process.wait_for_exit()

    async def aclose(self) -> None:
        """Kill the child, wait for its end and close its socket."""
        self._writer.close()
        await self._process.aclose()


class Supervisor:
    """Starts child processes; an async context manager, whose exit kills them all.

    Args:
        starter: Starter of processes; by default a fork server, or spawning on systems without fork.
    """

    def __init__(self, starter: ProcessStarter | None = None) -> None:
        self._starter = starter or _default_starter()
        self._children: set[Child] = set()
        self._closed = False

    async def __aenter__(self) -> "Supervisor":
        await self._starter.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        await asyncio.gather(*(child.aclose() for child in tuple(self._children)))
        await self._starter.aclose()

    @contextlib.asynccontextmanager
    async def start_child(self, target: str, *arguments: Any, limits: ChildLimits) -> AsyncIterator[Child]:
        """Start a child that runs `target(channel, *arguments)`; it is killed at the end of the `async with` block.

        Raises:
            OverloadedError: The system has no process or descriptor to spare.
            ShuttingDownError: The supervisor is closing.
        """
        child = await self._start(target, arguments, limits)
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
        """Run `target` in a child and return its "result" message. Cancellation kills the child.

        Args:
            target: Name of the function, "package.module:function".
            arguments: Its arguments after the channel, picklable.
            limits: Resource limits of the child.
            on_progress: Callback that gets the fields of each "progress" message.

        Raises:
            ChildCrashedError: The child ended without a result.
            TactusError: The error that the child has sent.
        """
        async with self.start_child(target, *arguments, limits=limits) as child:
            while message := await child.receive():
                if message.kind == "result":
                    return message
                if message.kind == "progress" and on_progress:
                    on_progress(message.fields)
            raise ChildCrashedError(await child.wait_for_exit())

    async def _start(self, target: str, arguments: tuple[Any, ...], limits: ChildLimits) -> Child:
        if self._closed:
            raise ShuttingDownError
        try:
            parent_end, child_end = socket.socketpair()
        except OSError as error:
            _refuse_start(target, error)
        try:
            process = await self._starter.start(child_end)
        except OSError as error:
            parent_end.close()
            _refuse_start(target, error)
        except BaseException:
            parent_end.close()
            raise
        finally:
            child_end.close()
        try:
            parent_end.setblocking(False)
            reader, writer = await asyncio.open_connection(sock=parent_end)
        except BaseException:
            parent_end.close()
            await asyncio.shield(process.aclose())
            raise
        writer.write(start_message(target, arguments, limits).encoded())
        return Child(process, reader, writer)


def _default_starter() -> ProcessStarter:
    return ForkServerStarter() if hasattr(os, "fork") and hasattr(socket, "send_fds") else SpawnStarter()


def _refuse_start(target: str, error: OSError) -> NoReturn:
    log.warning("child_not_started", target=target, error=str(error))
    raise OverloadedError("No process could be started; try again later.", retry_after_s=5) from error


def _received_error(message: Message) -> TactusError:
    """The error in a message of a child, which may be malformed."""
    slug, detail, extra = (message.fields.get(name) for name in ("slug", "detail", "extra"))
    known = (
        {key: value for key, value in extra.items() if key in ("field", "reason", "remedy", "setting", "source_status")}
        if isinstance(extra, dict)
        else {}
    )
    return _ERRORS_BY_SLUG.get(str(slug), InternalError)(str(detail or ""), **known)
