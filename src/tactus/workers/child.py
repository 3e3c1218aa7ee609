"""Entry point of a child process: applies its limits, runs its target function, and sends errors as messages."""

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
    """Resource limits of a child process.

    Args:
        memory_bytes: Address space beyond that at the start of the process [bytes]; None: no limit.
        cpu_s: Processor time [s]; None: no limit.
        niceness: Increment of the nice value of the parent; 0 for children with deadlines.
    """

    memory_bytes: int | None = None
    cpu_s: float | None = None
    niceness: int = 0


def run_child(connection: socket.socket) -> None:
    """Receive the start message of the parent on `connection`, apply its limits and run its target function."""
    channel = Channel(connection)
    _die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM):  # they may go to the whole process group; the parent handles them
        signal.signal(number, signal.SIG_IGN)
    start = channel.receive()
    if start is None:
        return  # the parent was cancelled
    target, arguments, limits = parse_start_message(start)
    module_name, _, function_name = target.partition(":")
    function: Callable[..., None] = getattr(importlib.import_module(module_name), function_name)
    try:
        _apply_limits(limits)
        function(channel, *arguments)
    except TactusError as error:
        _send_error(channel, error)
    except MemoryError:
        _send_error(channel, MediaTooComplexError())
    except OSError as error:
        if not isinstance(error, BrokenPipeError | ConnectionError):
            raise  # the parent takes the end of file as a crash; the traceback goes to standard error
    finally:
        connection.close()


def start_message(target: str, arguments: tuple[Any, ...], limits: ChildLimits) -> Message:
    """Build the first message of a parent to a child.

    Args:
        target: Name of the function to run, "package.module:function", so that the parent need not import its module.
            The function is called with a channel and the arguments.
        arguments: Further arguments, picklable.
        limits: Resource limits.
    """
    return Message("start", {"target": target, "limits": asdict(limits)}, pickle.dumps(arguments))


def parse_start_message(message: Message) -> tuple[str, tuple[Any, ...], ChildLimits]:
    """Parse a `start_message` into target, arguments and limits; only for messages of the parent, as it unpickles."""
    return message.fields["target"], pickle.loads(message.body), ChildLimits(**message.fields["limits"])  # noqa: S301


def _send_error(channel: Channel, error: TactusError) -> None:
    with contextlib.suppress(OSError):
        channel.send("error", {"slug": error.slug, "detail": error.detail, "extra": error.extra})


def _die_with_parent() -> None:
    """On Linux, let the kernel kill this process with its parent; elsewhere its next message to the parent fails."""
    if sys.platform == "linux":
        parent_pid = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent_pid:
            os.kill(os.getpid(), signal.SIGKILL)  # the parent ended before the call


def _apply_limits(limits: ChildLimits) -> None:
    if limits.niceness and hasattr(os, "nice"):
        os.nice(limits.niceness)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # when memory runs out, the kernel kills children before the service
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
