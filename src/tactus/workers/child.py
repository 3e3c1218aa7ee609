"""The first lines that a child process runs: bound it, run its target, and turn whatever goes wrong into a message."""

import contextlib
import ctypes
import importlib
import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tactus.errors import MediaTooComplexError, TactusError
from tactus.workers.messages import Channel, Message

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use.

    Args:
        memory_bytes: Address space beyond what the process starts with [bytes]; None: unbounded.
        cpu_s: Processor time [s]; None: unbounded.
        niceness: Added to the parent's; 0 for children with deadlines.
    """

    memory_bytes: int | None = None
    cpu_s: float | None = None
    niceness: int = 0


def run_child(connection: socket.socket) -> None:
    """Run what the parent's first message on `connection` asks for, under the limits that it sets."""
    channel = Channel(connection)
    _die_with_parent()
    for interruption in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group; the parent decides what they mean
        signal.signal(interruption, signal.SIG_IGN)
    start = channel.receive()
    if start is None:
        return  # the parent changed its mind
    target, arguments, limits = unpacked_start(start)
    module_name, _, function_name = target.partition(":")
    function: Callable[..., None] = getattr(importlib.import_module(module_name), function_name)
    try:
        _apply(limits)
        function(channel, *arguments)
    except TactusError as error:
        _tell(channel, error)
    except MemoryError:
        _tell(channel, MediaTooComplexError())
    except OSError as error:
        if not isinstance(error, BrokenPipeError | ConnectionError):
            raise  # the parent reads the end of file as a crash; the stack is on standard error
    finally:
        connection.close()


def start_message(target: str, arguments: tuple[Any, ...], limits: ChildLimits) -> Message:
    """What a parent says first.

    Args:
        target: "package.module:function"; named, not passed, so that the parent need not import what it needs. It is
            called with a channel and the arguments.
        arguments: Picklable.
        limits: What it may use.
    """
    return Message("start", {"target": target, "limits": asdict(limits)}, pickle.dumps(arguments))


def unpacked_start(message: Message) -> tuple[str, tuple[Any, ...], ChildLimits]:
    """Target, arguments and limits of a `start_message`; only ever for what a parent said."""
    return message.fields["target"], pickle.loads(message.body), ChildLimits(**message.fields["limits"])  # noqa: S301


def _tell(channel: Channel, error: TactusError) -> None:
    with contextlib.suppress(OSError):
        channel.send("error", {"slug": error.slug, "detail": error.detail, "extra": error.extra})


def _die_with_parent() -> None:
    """Linux ends a child with its parent; elsewhere the closed socket does, at the child's next message."""
    if sys.platform == "linux":
        parent_pid = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent_pid:
            os.kill(os.getpid(), signal.SIGKILL)  # it was gone before we had asked


def _apply(limits: ChildLimits) -> None:
    if limits.niceness and hasattr(os, "nice"):
        os.nice(limits.niceness)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # where memory runs out, a child goes before the service
            Path("/proc/self/oom_score_adj").write_text("1000")
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  not on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.memory_bytes is not None and sys.platform == "linux":
        in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (in_use + limits.memory_bytes,) * 2)
    if limits.cpu_s is not None:
        seconds = max(1, round(limits.cpu_s))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
