"""Queue and threads between a child's work and its parent, so that a busy parent never delays the work."""

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from tactus.workers.messages import Channel, Message

MAX_QUEUED = 64
"""Messages queued for the parent; of one more, the oldest is dropped."""


class SendQueue:
    """A bounded queue of messages to the parent, sent and received in threads of their own.

    Where the parent does not read, the oldest messages are dropped; where it is gone, the process ends.

    Args:
        channel: Channel to the parent.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._waiting: deque[tuple[str, dict[str, Any], bytes]] = deque(maxlen=MAX_QUEUED)
        self._arrived = threading.Event()
        self._sent = threading.Event()
        self._handlers: dict[str, Callable[[Message], None]] = {}
        threading.Thread(target=self._send, name="send queue", daemon=True).start()
        threading.Thread(target=self._receive, name="receive from parent", daemon=True).start()

    def subscribe(self, kind: str, on_message: Callable[[Message], None]) -> None:
        """Pass messages of a kind that the parent sends from now on to `on_message`, in a thread of its own.

        Messages of other kinds, and those that came before, are ignored.
        """
        self._handlers[kind] = on_message

    def put(self, kind: str, fields: dict[str, Any] | None = None, body: bytes = b"") -> None:
        """Queue a message; never waits."""
        self._sent.clear()
        self._waiting.append((kind, fields or {}, body))
        self._arrived.set()

    def flush(self, timeout_s: float) -> None:
        """Wait until the queue is empty, at most `timeout_s`."""
        if self._waiting:
            self._sent.wait(timeout_s)

    def _send(self) -> None:
        try:
            while True:
                self._arrived.wait()
                self._arrived.clear()
                while self._waiting:
                    self._channel.send(*self._waiting.popleft())
                self._sent.set()
        except OSError:
            os._exit(0)

    def _receive(self) -> None:
        while (message := self._channel.receive()) is not None:
            if on_message := self._handlers.get(message.kind):
                on_message(message)
        os._exit(0)
