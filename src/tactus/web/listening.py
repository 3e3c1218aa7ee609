"""Plays a session's messages to one WebSocket, for as long as it reads them."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

from starlette.websockets import WebSocket, WebSocketDisconnect

from tactus.errors import OverloadedError, RateLimitedError
from tactus.hub.listeners import Hub
from tactus.logs import log

SLOW_CONSUMER = 4008
UNAUTHORIZED = 4401
SEND_S = 6.0
"""How long a client may not read before it is cut [s]."""
MOST_LISTENERS = 1000
MOST_PER_CLIENT = 10
"""Connections of one client that is not this machine."""


class Listeners:
    """Who is listening, in numbers: bounded in all, and for each client that is not this machine."""

    def __init__(self) -> None:
        self._now: Counter[str] = Counter()

    @contextlib.contextmanager
    def seat(self, client: str, *, is_own: bool) -> Iterator[None]:
        """A place for one more, for the length of the block.

        Raises:
            OverloadedError: There is none.
            RateLimitedError: This client has taken its share.
        """
        if self._now.total() >= MOST_LISTENERS:
            raise OverloadedError(f"{MOST_LISTENERS} listeners are connected, and no more may be.", retry_after_s=10)
        if not is_own and self._now[client] >= MOST_PER_CLIENT:
            raise RateLimitedError(f"One client has at most {MOST_PER_CLIENT} connections.", retry_after_s=10)
        self._now[client] += 1
        try:
            yield
        finally:
            self._now[client] -= 1
            if not self._now[client]:
                del self._now[client]


async def play(
    socket: WebSocket, hub: Hub, *, state: bytes | None, after_sequence: int | None, may_hear: Callable[[], bool]
) -> None:
    """Send what the hub publishes until the client leaves, stops reading, or may no longer hear it.

    Args:
        socket: Accepted.
        hub: The session's.
        state: What a late joiner needs; told first.
        after_sequence: The last sequence number that the client has heard before; None for a newcomer.
        may_hear: Asked before every message.
    """

    async def speak() -> tuple[int, str]:
        with hub.listen(after_sequence) as listener:
            if state is not None:
                await _sent(socket, state)
            async for message in listener:
                if not may_hear():
                    return UNAUTHORIZED, "this session now hears the sound of this machine"
                await _sent(socket, message)
        return 1012, "the service stops"

    speaking = asyncio.create_task(speak())
    leaving = asyncio.create_task(_left(socket))
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


async def _sent(socket: WebSocket, message: bytes) -> None:
    async with asyncio.timeout(SEND_S):
        await socket.send_text(message.decode())


async def _left(socket: WebSocket) -> None:
    """Ends when the client does; what it says meanwhile is not listened to."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
