"""Plays a session's messages to one WebSocket, for as long as it reads them."""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator

from starlette.websockets import WebSocket, WebSocketDisconnect

from tactus.errors import OverloadedError, RateLimitedError
from tactus.hub.listeners import Hub
from tactus.logs import log
from tactus.web.live.frame_format import Form, FrameFormatter, Wire

SLOW_CONSUMER = 4008
UNAUTHORIZED = 4401
SEND_S = 6.0
"""How long a client may not read before it is cut [s]."""
PING_EVERY_S = 0.1
"""How often a client is told the time at most [s]."""
_PING = re.compile(r'\s*\{\s*"type"\s*:\s*"ping"\s*,\s*"id"\s*:\s*([0-9]{1,15})\s*\}\s*')

MAX_LISTENERS = 1000
MAX_PER_CLIENT = 10
"""Connections of one client that is not this machine."""


class Listeners:
    """Who is listening, in numbers: bounded in all, and for each client that is not this machine."""

    def __init__(self) -> None:
        self._now: Counter[str] = Counter()

    @contextlib.contextmanager
    def slot(self, client: str, *, is_own: bool) -> Iterator[None]:
        """A place for one more, for the length of the block.

        Raises:
            OverloadedError: There is none.
            RateLimitedError: This client has taken its share.
        """
        if self._now.total() >= MAX_LISTENERS:
            raise OverloadedError(f"{MAX_LISTENERS} listeners are connected, and no more may be.", retry_after_s=10)
        if not is_own and self._now[client] >= MAX_PER_CLIENT:
            raise RateLimitedError(f"One client has at most {MAX_PER_CLIENT} connections.", retry_after_s=10)
        self._now[client] += 1
        try:
            yield
        finally:
            self._now[client] -= 1
            if not self._now[client]:
                del self._now[client]


async def play(
    socket: WebSocket,
    hub: Hub,
    *,
    form: Form,
    state: bytes | None,
    after_sequence: int | None,
    may_receive: Callable[[], bool],
    clock_s: Callable[[], float],
) -> None:
    """Send what the hub publishes until the client leaves, stops reading, or may no longer hear it.

    Args:
        socket: Accepted.
        hub: The session's.
        form: In which it wants frames.
        state: What a late joiner needs; told first.
        after_sequence: The last sequence number that the client has heard before; None for a newcomer.
        may_receive: Asked before every message.
        clock_s: The session's clock, for clients that ask [s since 1970].
    """
    shaper = FrameFormatter(form)

    async def speak() -> tuple[int, str]:
        with hub.listen(after_sequence) as listener:
            if state is not None:
                await _sent(socket, state.decode())
            async for message in listener:
                if not may_receive():
                    return UNAUTHORIZED, "this session now hears the sound of this machine"
                for said in shaper.take(message):
                    await _sent(socket, said)
        return 1012, "the service stops"

    speaking = asyncio.create_task(speak())
    leaving = asyncio.create_task(_left(socket, clock_s))
    try:
        await asyncio.wait({speaking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if speaking.done() and not leaving.done():
            await _close(socket, speaking)
    finally:
        for task in (speaking, leaving):
            task.cancel()
        await asyncio.gather(speaking, leaving, return_exceptions=True)


async def _close(socket: WebSocket, speaking: "asyncio.Task[tuple[int, str]]") -> None:
    try:
        code, reason = speaking.result()
    except TimeoutError:
        code, reason = SLOW_CONSUMER, "slow-consumer"
        log.info("slow_consumer_cut")
    except (WebSocketDisconnect, RuntimeError):
        return
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code, reason)


async def _sent(socket: WebSocket, message: Wire) -> None:
    async with asyncio.timeout(SEND_S):
        await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))


async def _left(socket: WebSocket, clock_s: Callable[[], float]) -> None:
    """Ends when the client does, or does not read answers; it may ask for the time now and then, and nothing else."""
    now_s = asyncio.get_running_loop().time
    answered_s = -PING_EVERY_S
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        asked = _PING.fullmatch(message.get("text") or "")
        if asked and now_s() - answered_s >= PING_EVERY_S:
            answered_s = now_s()
            with contextlib.suppress(TimeoutError):
                await _sent(socket, f'{{"type":"pong","id":{int(asked[1])},"server_time":{clock_s():.6f}}}')
