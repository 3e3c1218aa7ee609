"""Sends a child's messages from a thread of its own, so that a busy parent never holds up the work."""

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from tactus.workers.messages import Channel, Message

_KEPT_MESSAGES = 64


class SendQueue:
    """A bounded queue to the parent that drops its oldest message when the parent does not read.

    The process ends where the parent is gone.

    Args:
        channel: To the parent.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._waiting: deque[tuple[str, dict[str, Any], bytes]] = deque(maxlen=_KEPT_MESSAGES)
        self._arrived = threading.Event()
        self._sent = threading.Event()
        self._heeding: dict[str, Callable[[Message], None]] = {}
        threading.Thread(target=self._send, name="outbox", daemon=True).start()
        threading.Thread(target=self._end_with_parent, name="parent watch", daemon=True).start()

    def subscribe(self, kind: str, hear: Callable[[Message], None]) -> None:
        """Let `hear` have messages of a kind that the parent says from now on, in a thread of its own.

        Others, and those that come before, go unheard.
        """
        self._heeding[kind] = hear

    def put(self, kind: str, fields: dict[str, Any] | None = None, body: bytes = b"") -> None:
        """Say something; never waits."""
        self._sent.clear()
        self._waiting.append((kind, fields or {}, body))
        self._arrived.set()

    def flush(self, timeout_s: float) -> None:
        """Wait until everything is sent."""
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

    def _end_with_parent(self) -> None:
        while (message := self._channel.receive()) is not None:
            if hear := self._heeding.get(message.kind):
                hear(message)
        os._exit(0)
