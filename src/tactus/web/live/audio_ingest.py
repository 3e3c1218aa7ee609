"""Takes the sound that a client sends by WebSocket, at the pace at which it sounds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from tactus.logs import log

TOO_FAST = 4009
NO_SAMPLES = 1003
HALF_A_SAMPLE = 1007

MAX_AHEAD_S = 3.0
"""How much more sound than time a client may send [s]: what a stalled network delivers at once."""

MAX_MESSAGES_PER_S = 400
"""Messages are counted as at least so much of a second, so that many small ones are not free."""

_FASTER = 1.01
"""A clock that is off by a hundredth is none, and sends no faster than this."""

_BYTES = {"s16": 2, "f32": 4}
_DTYPES = {"s16": "i2", "f32": "f4"}


@dataclass(frozen=True, slots=True)
class IngestFormat:
    """How a client writes its samples.

    Args:
        rate: [Hz].
        channels: 1 or 2, interleaved.
        format: "s16" or "f32", little endian.
    """

    rate: int
    channels: int
    format: str

    @property
    def frame_bytes(self) -> int:
        """Of one sample of every channel [bytes]."""
        return self.channels * _BYTES[self.format]

    @property
    def fields(self) -> dict[str, int | str]:
        """The same, for the process that reads the samples."""
        return {"sample_rate": self.rate, "channels": self.channels, "dtype": _DTYPES[self.format]}


class Allowance:
    """How much sound a client may still send: as much as time has passed, and a little.

    Args:
        now_s: Tells the time [s].
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._last_s = now_s()
        self._left_s = MAX_AHEAD_S

    def takes(self, sound_s: float) -> bool:
        """Whether one more message of that length is within it [s]."""
        now_s = self._now_s()
        self._left_s = min(MAX_AHEAD_S, self._left_s + _FASTER * (now_s - self._last_s))
        self._last_s = now_s
        self._left_s -= max(sound_s, 1 / MAX_MESSAGES_PER_S)
        return self._left_s >= 0


async def take(
    socket: WebSocket, form: IngestFormat, feed: Callable[[bytes], None], over: Callable[[], Awaitable[None]]
) -> None:
    """Hand on what a client sends until it leaves, sends what is no sound, or the session is over.

    Args:
        socket: Accepted.
        form: Of its samples.
        feed: Takes them.
        over: Returns when nobody takes them any more.
    """

    async def hear() -> tuple[int, str] | None:
        allowance = Allowance(asyncio.get_running_loop().time)
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            samples: bytes | None = message.get("bytes")
            if samples is None:
                return NO_SAMPLES, "send samples, as binary messages"
            if len(samples) % form.frame_bytes:
                return HALF_A_SAMPLE, f"a message has whole samples of {form.frame_bytes} bytes"
            if not allowance.takes(len(samples) / form.frame_bytes / form.rate):
                log.info("fast_sender_cut")
                return TOO_FAST, "too-fast"
            feed(samples)
        return None

    async def end() -> tuple[int, str] | None:
        await over()
        return 1000, "the session has stopped"

    tasks = {asyncio.create_task(hear()), asyncio.create_task(end())}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if closing := done.pop().result():
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await socket.close(*closing)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
