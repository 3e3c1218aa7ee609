"""Target functions of the child processes in these tests."""

import ctypes
import os
import signal
import time
from typing import Any

from tactus.errors import UndecodableMediaError
from tactus.workers.messages import Channel


def echo(channel: Channel, *arguments: Any) -> None:
    channel.send("result", {"arguments": list(arguments)})


def large(channel: Channel, n_bytes: int) -> None:
    channel.send("result", {}, bytes(range(256)) * (n_bytes // 256))


def count(channel: Channel, n: int) -> None:
    for number in range(n):
        channel.send("progress", {"number": number})
    channel.send("result", {})


def reply(channel: Channel) -> None:
    while message := channel.receive():
        channel.send("reply", {"words": message.fields["words"]}, message.body)


def wait(channel: Channel) -> None:
    channel.send("ready", {"pid": os.getpid(), "nice": os.nice(0)})
    while True:
        time.sleep(3600)


def refuse(channel: Channel) -> None:
    raise UndecodableMediaError("It is a poem.", reason="verse")


def raise_error(channel: Channel) -> None:
    raise RuntimeError("a defect")


def end_with(channel: Channel, exit_code: int) -> None:
    os._exit(exit_code)


def crash(channel: Channel) -> None:
    ctypes.string_at(0)


def spin(channel: Channel) -> None:
    channel.send("ready")
    while True:
        pass


def allocate(channel: Channel, n_bytes: int) -> None:
    channel.send("result", {"n_bytes": len(bytearray(n_bytes))})


def send_raw(channel: Channel, sent: bytes) -> None:
    channel._connection.sendall(sent)


def descriptors(channel: Channel) -> None:
    channel.send("result", {"open": os.listdir("/proc/self/fd")})  # noqa: PTH208


def kill_itself(channel: Channel) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
