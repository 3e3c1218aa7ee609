"""Live sound for other programs: published in Redis, and the newest message kept there for those who ask."""

import asyncio
from collections import OrderedDict, deque
from functools import partial

import redis.asyncio

from tactus.store.breaker import Breaker, BypassedError

DEFAULT_SESSION = "default_user"
"""The session whose messages go to `audio:realtime` itself."""

QUEUE_LENGTH = 64
"""Messages that wait for Redis, some 1.5 s of one session; then the oldest are dropped."""

N_STATES = 64
"""Sessions whose state is remembered."""


class RedisPublisher:
    """Publishes live messages. Use as an async context manager.

    Nothing here waits for Redis: messages queue up, and are dropped (and counted) where it is slow or gone.

    Args:
        client: The program's one client.
        breaker: Shared by everything that uses the client.
        expiry_s: How long the newest message and the state of a session are kept after its last message [s].

    Attributes:
        n_published: Messages that Redis took.
        n_dropped: Messages that it did not get: too slow, gone, or refusing.
        n_receivers: Programs that got the newest message.
    """

    def __init__(self, client: redis.asyncio.Redis, breaker: Breaker, *, expiry_s: float = 5.0) -> None:
        self._client = client
        self._breaker = breaker
        self._expiry_ms = max(1, round(1000 * expiry_s))
        self._queue: deque[tuple[str, bytes]] = deque()
        self._states: OrderedDict[str, bytes] = OrderedDict()
        self._changed_states: set[str] = set()
        self._awake = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self.n_published = 0
        self.n_dropped = 0
        self.n_receivers = 0

    async def __aenter__(self) -> "RedisPublisher":
        self._sending = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait({self._sending})

    async def publish(self, session: str, message: bytes) -> None:
        """Publish one live message of a session, and keep it as its newest. Returns at once."""
        if len(self._queue) >= QUEUE_LENGTH:
            self._queue.popleft()
            self.n_dropped += 1
        self._queue.append((session, message))
        self._awake.set()

    async def keep_state(self, session: str, state: bytes) -> None:
        """Keep what a late joiner needs, as long as the session says something. Returns at once."""
        self._states[session] = state
        self._states.move_to_end(session)
        if len(self._states) > N_STATES:
            self._states.popitem(last=False)
        self._changed_states.add(session)
        self._awake.set()

    async def _send(self) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            messages, changed = list(self._queue), self._changed_states
            self._queue.clear()
            self._changed_states = set()
            try:
                self.n_receivers = await self._breaker.call(partial(self._sent, messages, changed))
                self.n_published += len(messages)
            except BypassedError:
                self.n_dropped += len(messages)

    async def _sent(self, messages: list[tuple[str, bytes]], changed: set[str]) -> int:
        """Send everything in one round trip; how many programs received the last message."""
        newest = dict(messages)
        async with self._client.pipeline(transaction=False) as pipeline:
            for session, message in messages:
                pipeline.publish(channel(session), message)
            for session, message in newest.items():
                pipeline.set(f"audio:{session}:latest", message, px=self._expiry_ms)
            for session in newest.keys() | changed:
                if session in self._states:  # again with every message: it lives as long as they do
                    pipeline.set(f"audio:{session}:state", self._states[session], px=self._expiry_ms)
            answers = await pipeline.execute()
        return int(answers[len(messages) - 1]) if messages else self.n_receivers


def channel(session: str) -> str:
    """Where the messages of a session are published."""
    return "audio:realtime" if session == DEFAULT_SESSION else f"audio:realtime:{session}"
