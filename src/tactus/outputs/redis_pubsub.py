"""Live messages in Redis: published on a channel, with the newest message and the newest state of a session in keys."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import redis.asyncio

from tactus.hub.message import DEFAULT_SESSION, LiveMessage
from tactus.outputs.output import Batch, NotSentError
from tactus.store.breaker import Breaker, BypassedError

N_STATES = 64
"""Sessions whose state is remembered."""


@dataclass(frozen=True, slots=True)
class RedisOutputConfig:
    """Settings of this output.

    Args:
        expiry_s: Time to live of the newest message and the state of a session after its last message [s].
        has_waveform: Whether messages have their waveform, from which a subscriber can listen to the room.
    """

    expiry_s: float = 5.0
    has_waveform: bool = True


class RedisOutput:
    """Publishes live messages in Redis; one round trip for each batch.

    Args:
        client: The program's one client.
        breaker: Shared by everything that uses the client.
        config: Settings of this output.

    Attributes:
        n_receivers: Subscribers that received the newest message.
    """

    name = "redis"

    def __init__(self, client: redis.asyncio.Redis, breaker: Breaker, config: RedisOutputConfig | None = None) -> None:
        config = config or RedisOutputConfig()
        self._client = client
        self._breaker = breaker
        self._expiry_ms = max(1, round(1000 * config.expiry_s))
        self._has_waveform = config.has_waveform
        self._states: OrderedDict[str, LiveMessage] = OrderedDict()
        self.n_receivers = 0

    async def __aenter__(self) -> "RedisOutput":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close: client and breaker belong to the program."""

    async def send(self, batch: Batch) -> None:
        """Publish the messages of a batch and set the keys of its sessions.

        Raises:
            NotSentError: Redis is not there, too slow, or refuses.
        """
        self._remember(batch.states or {})
        try:
            self.n_receivers = await self._breaker.call(partial(self._execute, batch.messages, batch.states or {}))
        except BypassedError as error:
            raise NotSentError from error

    def _remember(self, states: Mapping[str, LiveMessage]) -> None:
        for session, state in states.items():
            self._states[session] = state
            self._states.move_to_end(session)
            if len(self._states) > N_STATES:
                self._states.popitem(last=False)

    async def _execute(self, messages: Sequence[tuple[str, LiveMessage]], changed: Mapping[str, LiveMessage]) -> int:
        """Send everything in one round trip; the number of subscribers that received the last message."""
        newest: dict[str, bytes] = {}
        async with self._client.pipeline(transaction=False) as pipeline:
            for session, message in messages:
                newest[session] = self._json(message)
                pipeline.publish(channel(session), newest[session])
            for session, json in newest.items():
                pipeline.set(f"audio:{session}:latest", json, px=self._expiry_ms)
            for session in newest.keys() | changed.keys():
                if session in self._states:  # set again with every message, so that it lives as long as they come
                    pipeline.set(f"audio:{session}:state", self._states[session].json, px=self._expiry_ms)
            replies = await pipeline.execute()
        return int(replies[len(messages) - 1]) if messages else self.n_receivers

    def _json(self, message: LiveMessage) -> bytes:
        return (message if self._has_waveform else message.without_waveform).json


def channel(session: str) -> str:
    """The Redis channel of a session's messages."""
    return "audio:realtime" if session == DEFAULT_SESSION else f"audio:realtime:{session}"
