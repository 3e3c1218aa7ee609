"""Starts, bounds, watches and kills child processes.

One fork server holds numpy, scipy and the decoder, loaded once; each child is a fork of it (some milliseconds). A
child can be killed at any moment without anyone else noticing. Where the system cannot fork, children are spawned.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from tactus.errors import OverloadedError, ShuttingDownError, TactusError, error_from_slug
from tactus.logs import log
from tactus.workers.child import ChildLimits, start_message
from tactus.workers.messages import Message, read_message
from tactus.workers.processes import Process, ProcessStarter, process_starter


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

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def receive(self) -> Message | None:
        """The next message, or None where the child is gone. An "error" message is raised as the error it names."""
        message = await read_message(self._reader)
        if message is not None and message.kind == "error":
            raise _error_of(message)
        return message

    def send(self, kind: str, fields: Mapping[str, Any] | None = None, body: bytes = b"") -> None:
        """Say something to it; never waits."""
        if not self._writer.is_closing():
            self._writer.write(Message(kind, dict(fields or {}), body).encoded())

    @property
    def n_unsent_bytes(self) -> int:
        """What was said to it and waits until it reads."""
        return self._writer.transport.get_write_buffer_size()

    def kill(self) -> None:
        """End it now, whatever it is doing."""
        self._process.kill()

    async def exit_code(self) -> int | None:
        """Its exit code once it is gone; None where it does not go."""
        return await self._process.exit_code()

    async def aclose(self) -> None:
        """End it, wait until it is gone and let go of its socket."""
        self._writer.close()
        await self._process.aclose()


class Supervisor:
    """Makes children. Use as an async context manager; leaving it ends them all.

    Args:
        starter: What starts processes; by default what suits this system.
    """

    def __init__(self, starter: ProcessStarter | None = None) -> None:
        self._starter = starter or process_starter()
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
    async def child(self, target: str, *arguments: Any, limits: ChildLimits) -> AsyncIterator[Child]:
        """A child that runs `target(channel, *arguments)` and is gone when the block ends.

        Raises:
            OverloadedError: The system has no process or descriptor to spare.
            ShuttingDownError: The supervisor is closing.
        """
        child = await self._started(target, arguments, limits)
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
            raise _overloaded(target, error) from error
        try:
            process = await self._starter.start(theirs)
        except OSError as error:
            ours.close()
            raise _overloaded(target, error) from error
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        try:
            ours.setblocking(False)
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            await asyncio.shield(process.aclose())
            raise
        writer.write(start_message(target, arguments, limits).encoded())
        return Child(process, reader, writer)


def _overloaded(target: str, error: OSError) -> OverloadedError:
    log.warning("child_not_started", target=target, error=str(error))
    return OverloadedError("No process could be started; try again later.", retry_after_s=5)


def _error_of(message: Message) -> TactusError:
    """What a child said went wrong; its words are not trusted to be well formed."""
    slug, detail, extra = (message.fields.get(name) for name in ("slug", "detail", "extra"))
    known = (
        {key: value for key, value in extra.items() if key in ("field", "reason", "remedy", "setting", "source_status")}
        if isinstance(extra, dict)
        else {}
    )
    return error_from_slug(str(slug), str(detail or ""), **known)
