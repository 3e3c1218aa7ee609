"""Tells what happens to a live run: local listeners at once, other programs at their pace."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import orjson

from tactus.hub.listeners import Hub, Listener
from tactus.jobs.ports import Publisher
from tactus.workers.live_options import SCHEMA_VERSION, LiveOptions


class SessionPublisher:
    """What one run says; other programs are told in a task, since they may be slow and local listeners must not be.

    Args:
        publisher: Who tells other programs.
        hub: Where local listeners hear it.
        options: Of the run: its session, and when it began.
    """

    def __init__(self, publisher: Publisher, hub: Hub, options: LiveOptions) -> None:
        self._publisher = publisher
        self._hub = hub
        self._session = options.session
        self._began_s = options.epoch_s - (options.monotonic_s or 0.0)
        self._outward = Listener()
        self.task = asyncio.create_task(self._forward(), name=f"announce {options.session}")
        """Ends once all has been told after `end`."""

    def pass_on(self, message: bytes, n_lost: int = 0) -> None:
        """Tell a message (a JSON object) before which so many were lost."""
        self._outward.offer(self._hub.publish(message, n_lost=n_lost))

    def say(self, kind: str, audio_time_s: float, fields: Mapping[str, Any]) -> None:
        """Tell of something that has happened now, when so much sound had been heard [s]."""
        message = {
            "type": kind,
            "schema_version": SCHEMA_VERSION,
            "session": self._session,
            "timestamp": round(self._began_s + time.monotonic(), 6),
            "audio_time": audio_time_s,
            **fields,
        }
        self.pass_on(orjson.dumps(message))

    def keep(self, state: Mapping[str, Any]) -> None:
        """Keep what a late joiner needs: what is heard, and from where."""
        head = {"type": "state", "schema_version": SCHEMA_VERSION, "session": self._session}
        self._hub.state = orjson.dumps({**head, **state})

    def end(self) -> None:
        """Nothing more is said."""
        self._outward.end()

    async def _forward(self) -> None:
        kept = None
        async for message in self._outward:
            await self._publisher.publish(self._session, message)
            if self._hub.state is not kept and self._hub.state is not None:
                kept = self._hub.state
                await self._publisher.keep_state(self._session, kept)
