"""Hands the messages of one live session to its local listeners; a slow one only ever hurts itself.

A message is encoded and numbered once and shared by all listeners. Each has a queue of its own with a bounded length:
when it is full, its oldest message goes, and the next one that it gets says how many went (`"dropped": n`).
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator

import orjson

QUEUE_MESSAGES = 64
"""Messages kept for one listener: some 1.5 s of live sound, under 1 MiB."""

REPLAY_MESSAGES = 256
"""Messages kept for listeners that come back: some 6 s."""


class Listener:
    """One listener's queue of messages; iterate it.

    Args:
        queue_messages: How many may wait.
    """

    def __init__(self, queue_messages: int = QUEUE_MESSAGES) -> None:
        self._queue: deque[bytes] = deque()
        self._queue_messages = queue_messages
        self._arrived = asyncio.Event()
        self._untold = 0
        self._closed = False
        self.dropped = 0
        """Messages that this listener lost because it was slow, since it came."""

    def __aiter__(self) -> "Listener":
        return self

    async def __anext__(self) -> bytes:
        """The oldest message that it has not heard; ends when the hub closes."""
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        message = self._queue.popleft()
        if self._untold:
            message = b'{"dropped":%d,' % self._untold + message[1:]
            self._untold = 0
        return message

    def offer(self, message: bytes) -> None:
        """Put a message (a JSON object) at the end; never waits."""
        if len(self._queue) >= self._queue_messages:
            self._queue.popleft()
            self._untold += 1
            self.dropped += 1
        self._queue.append(message)
        self._arrived.set()

    def end(self) -> None:
        """No more messages will come; those that wait are still delivered."""
        self._closed = True
        self._arrived.set()


class Hub:
    """The listeners of one session. Used from one event loop; nothing in it waits.

    Args:
        queue_messages: Messages kept for each listener.
        replay_messages: Messages kept for listeners that come back.
    """

    def __init__(self, *, queue_messages: int = QUEUE_MESSAGES, replay_messages: int = REPLAY_MESSAGES) -> None:
        self._queue_messages = queue_messages
        self._recent: deque[tuple[int, bytes]] = deque(maxlen=replay_messages)
        self._listeners: set[Listener] = set()
        self._closed = False
        self.next_sequence = 0
        """Sequence number of the next message; they ascend for as long as the hub lives."""
        self.state: bytes | None = None
        """What a late joiner needs (JSON): the newest state message."""

    @property
    def n_listeners(self) -> int:
        """How many are listening."""
        return len(self._listeners)

    def publish(self, message: bytes, *, n_lost: int = 0) -> bytes:
        """Number a message and hand it to every listener.

        Args:
            message: A JSON object with at least one member.
            n_lost: How many messages were lost before this one reached us: the numbers leave them out.

        Returns:
            The message with its number, under `sequence`.
        """
        sequence = self.next_sequence + n_lost
        numbered = b'{"sequence":%d,' % sequence + message[1:]
        self.next_sequence = sequence + 1
        self._recent.append((sequence, numbered))
        for listener in self._listeners:
            listener.offer(numbered)
        return numbered

    @contextlib.contextmanager
    def listen(self, after_sequence: int | None = None) -> Iterator[Listener]:
        """A listener for as long as the `with` block lasts.

        Args:
            after_sequence: The last sequence number that it heard before it lost its connection: what came since is
                replayed as far as it is kept, after a `gap` message where some of it is not. None: only what comes.
        """
        listener = Listener(self._queue_messages)
        if after_sequence is not None:
            self._replay(listener, after_sequence)
        if self._closed:
            listener.end()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every listener's iteration, once it has heard what waits for it."""
        self._closed = True
        for listener in self._listeners:
            listener.end()

    def _replay(self, listener: Listener, after_sequence: int) -> None:
        newest = self._recent[-1][0] if self._recent else -1
        kept = list(self._recent)[-(self._queue_messages - 1) :]
        if after_sequence > newest:  # a number of another life of the service: nobody knows what was lost
            listener.offer(_gap(None, None))
            missed = kept
        else:
            missed = [(sequence, message) for sequence, message in kept if sequence > after_sequence]
            if missed and missed[0][0] > after_sequence + 1:
                listener.offer(_gap(after_sequence + 1, missed[0][0] - 1))
        for _, message in missed:
            listener.offer(message)


def _gap(first: int | None, last: int | None) -> bytes:
    return orjson.dumps({"type": "gap", "reason": "replay", "first_sequence": first, "last_sequence": last})
