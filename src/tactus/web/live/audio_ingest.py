"""Receives audio that a client sends by WebSocket, no faster than it sounds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from tactus.logs import log

TOO_FAST = 4009
NOT_AUDIO = 1003
INCOMPLETE_SAMPLE = 1007
SESSION_STOPPED = 1000
"""Close codes."""

_FASTER = 1.01
"""Tolerated ratio of the client's clock to ours: no clock is off by a hundredth."""

_SAMPLE_BYTES = {"s16": 2, "f32": 4}
_DTYPES = {"s16": "i2", "f32": "f4"}


@dataclass(frozen=True, slots=True)
class IngestFormat:
    """PCM format of a client's samples.

    Args:
        rate: Sample rate [Hz].
        channels: 1 or 2, interleaved.
        format: "s16" or "f32", little endian.
    """

    rate: int
    channels: int
    format: str

    @property
    def frame_bytes(self) -> int:
        """Size of one sample of every channel [bytes]."""
        return self.channels * _SAMPLE_BYTES[self.format]

    @property
    def fields(self) -> dict[str, int | str]:
        """The format as fields of a message to the process that reads the samples."""
        return {"sample_rate": self.rate, "channels": self.channels, "dtype": _DTYPES[self.format]}


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """Bounds on what a client may send.

    Args:
        max_ahead_s: How far audio may run ahead of time [s]: as much as a stalled network delivers at once.
        max_messages_per_s: Messages count as at least this part of a second, so that many small ones are not free.
    """

    max_ahead_s: float = 3.0
    max_messages_per_s: int = 400


class Allowance:
    """A token bucket of seconds of audio: it fills as time passes, and every message takes its duration.

    Args:
        now_s: Returns the time [s].
        limits: Size of the bucket, and the smallest amount that a message takes.
    """

    def __init__(self, now_s: Callable[[], float], limits: IngestLimits | None = None) -> None:
        self._now_s = now_s
        self._limits = limits or IngestLimits()
        self._last_s = now_s()
        self._left_s = self._limits.max_ahead_s

    def take(self, duration_s: float) -> bool:
        """Take the duration of one message [s]; False where less is left."""
        now_s = self._now_s()
        self._left_s = min(self._limits.max_ahead_s, self._left_s + _FASTER * (now_s - self._last_s))
        self._last_s = now_s
        self._left_s -= max(duration_s, 1 / self._limits.max_messages_per_s)
        return self._left_s >= 0


async def receive_audio(
    socket: WebSocket,
    pcm: IngestFormat,
    feed: Callable[[bytes], None],
    wait_for_end: Callable[[], Awaitable[None]],
    limits: IngestLimits | None = None,
) -> None:
    """Pass on a client's audio until it leaves, sends something else, or the session ends.

    Args:
        socket: Accepted.
        pcm: Format of the samples.
        feed: Takes the samples of a message.
        wait_for_end: Returns when the session has ended.
        limits: Bounds on what the client may send.
    """
    tasks = {
        asyncio.create_task(_receive(socket, pcm, feed, limits)),
        asyncio.create_task(_end_with_session(wait_for_end)),
    }
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if closing := done.pop().result():
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await socket.close(*closing)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _receive(
    socket: WebSocket, pcm: IngestFormat, feed: Callable[[bytes], None], limits: IngestLimits | None
) -> tuple[int, str] | None:
    """Pass on messages; returns close code and reason of one that is not accepted, None where the client has left."""
    allowance = Allowance(asyncio.get_running_loop().time, limits)
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        samples: bytes | None = message.get("bytes")
        if samples is None:
            return NOT_AUDIO, "send samples, as binary messages"
        if len(samples) % pcm.frame_bytes:
            return INCOMPLETE_SAMPLE, f"a message has whole samples of {pcm.frame_bytes} bytes"
        if not allowance.take(len(samples) / pcm.frame_bytes / pcm.rate):
            log.info("fast_sender_cut")
            return TOO_FAST, "too-fast"
        feed(samples)
    return None


async def _end_with_session(wait_for_end: Callable[[], Awaitable[None]]) -> tuple[int, str]:
    await wait_for_end()
    return SESSION_STOPPED, "the session has stopped"
