"""Publishes the messages of one live run: to local listeners through the hub, to other programs through the outputs."""

import time
from collections.abc import Mapping
from typing import Any

from tactus.hub.listeners import Hub
from tactus.hub.message import LiveMessage
from tactus.jobs.ports import Publisher
from tactus.workers.live_options import SCHEMA_VERSION, LiveOptions


class SessionPublisher:
    """The messages of one run, in one order for all. Nothing here waits.

    Args:
        publisher: The outputs, for other programs.
        hub: The session's hub, for local listeners.
        options: Options of the run: its session, and when it began.
    """

    def __init__(self, publisher: Publisher, hub: Hub, options: LiveOptions) -> None:
        self._publisher = publisher
        self._hub = hub
        self._session = options.session
        self._began_s = options.epoch_s - (options.monotonic_s or 0.0)

    def publish(self, message: LiveMessage, *, n_lost: int = 0) -> None:
        """Number a message and hand it to everything that is connected.

        Args:
            message: Not numbered yet.
            n_lost: Messages that were lost before it: their numbers are skipped.
        """
        self._publisher.publish(self._session, self._hub.publish(message, n_lost=n_lost))

    def publish_event(self, kind: str, audio_time_s: float, fields: Mapping[str, Any]) -> None:
        """Publish an event of the run itself, which happens now.

        Args:
            kind: Message type.
            audio_time_s: Audio time of the session by now [s].
            fields: Fields of that type.
        """
        clocks = {"timestamp": round(self._began_s + time.monotonic(), 6), "audio_time": audio_time_s}
        self.publish(LiveMessage(kind, {**self._head(), **clocks, **fields}))

    def keep_state(self, fields: Mapping[str, Any]) -> None:
        """Keep the fields of the `state` message that new listeners get first."""
        state = LiveMessage("state", {**self._head(), **fields})
        self._hub.state = state
        self._publisher.keep_state(self._session, state)

    def _head(self) -> dict[str, Any]:
        return {"schema_version": SCHEMA_VERSION, "session": self._session}
