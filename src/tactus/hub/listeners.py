"""Distribution of one live session's messages to its local listeners, each with a bounded queue of its own.

A message is numbered once and shared by all listeners. Where a listener's queue is full, its oldest message is dropped,
and the next one that it receives has the number of dropped messages: a slow listener delays no other.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator

from tactus.hub.message import LiveMessage

QUEUE_MESSAGES = 64
"""Messages queued for one listener: some 1.5 s of live sound."""

REPLAY_MESSAGES = 256
"""Messages kept for listeners that reconnect: some 6 s, about 2 MB."""


class Listener:
    """One listener's queue of messages, as an asynchronous iterator.

    Args:
        queue_messages: Size of the queue.
    """

    def __init__(self, queue_messages: int = QUEUE_MESSAGES) -> None:
        self._queue: deque[LiveMessage] = deque()
        self._queue_messages = queue_messages
        self._arrived = asyncio.Event()
        self._n_dropped_since_read = 0
        self._closed = False
        self.n_dropped = 0
        """Messages dropped from the queue so far."""

    def __aiter__(self) -> "Listener":
        return self

    async def __anext__(self) -> LiveMessage:
        """Return the oldest message of the queue, waiting for one; stops after the last message of a closed queue."""
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        message = self._queue.popleft()
        if self._n_dropped_since_read:
            message = message.after_drops(self._n_dropped_since_read)
            self._n_dropped_since_read = 0
        return message

    def offer(self, message: LiveMessage) -> None:
        """Append a message; where the queue is full, the oldest is dropped. Never waits."""
        if len(self._queue) >= self._queue_messages:
            self._queue.popleft()
            self._n_dropped_since_read += 1
            self.n_dropped += 1
        self._queue.append(message)
        self._arrived.set()

    def close(self) -> None:
        """Let the iteration stop once the queue is empty."""
        self._closed = True
        self._arrived.set()


class Hub:
    """The listeners of one session. Used from one event loop; nothing in it waits.

    Args:
        queue_messages: Messages queued for each listener.
        replay_messages: Messages kept for listeners that reconnect.
    """

    def __init__(self, *, queue_messages: int = QUEUE_MESSAGES, replay_messages: int = REPLAY_MESSAGES) -> None:
        self._queue_messages = queue_messages
        self._recent: deque[tuple[int, LiveMessage]] = deque(maxlen=replay_messages)
        self._listeners: set[Listener] = set()
        self._closed = False
        self.next_sequence = 0
        """Sequence number of the next message; they ascend for as long as the hub exists."""
        self.state: LiveMessage | None = None
        """The first message for a new listener: source, controls and tempo at this moment; not numbered."""

    @property
    def n_listeners(self) -> int:
        """Number of connected listeners."""
        return len(self._listeners)

    def publish(self, message: LiveMessage, *, n_lost: int = 0) -> LiveMessage:
        """Number a message and append it to every listener's queue.

        Args:
            message: Not numbered yet.
            n_lost: Messages that were lost before this one reached the hub: their numbers are skipped.

        Returns:
            The numbered message.
        """
        sequence = self.next_sequence + n_lost
        numbered = message.numbered(sequence)
        self.next_sequence = sequence + 1
        self._recent.append((sequence, numbered))
        for listener in self._listeners:
            listener.offer(numbered)
        return numbered

    @contextlib.contextmanager
    def listen(self, after_sequence: int | None = None) -> Iterator[Listener]:
        """A listener, connected for the length of the `with` block.

        Args:
            after_sequence: Last sequence number received before a reconnect: newer messages are replayed as far as
                they are kept, after a `gap` message where some are not. None: no replay.
        """
        listener = Listener(self._queue_messages)
        if after_sequence is not None:
            self._replay(listener, after_sequence)
        if self._closed:
            listener.close()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every listener's iteration after what its queue holds."""
        self._closed = True
        for listener in self._listeners:
            listener.close()

    def _replay(self, listener: Listener, after_sequence: int) -> None:
        newest = self._recent[-1][0] if self._recent else -1
        kept = list(self._recent)[-(self._queue_messages - 1) :]  # one place is left for the gap
        if after_sequence > newest:  # a number from before the service restarted: what was lost is not known
            listener.offer(_gap(None, None))
            missed = kept
        else:
            missed = [(sequence, message) for sequence, message in kept if sequence > after_sequence]
            if missed and missed[0][0] > after_sequence + 1:
                listener.offer(_gap(after_sequence + 1, missed[0][0] - 1))
        for _, message in missed:
            listener.offer(message)


def _gap(first: int | None, last: int | None) -> LiveMessage:
    return LiveMessage("gap", {"reason": "replay", "first_sequence": first, "last_sequence": last})
