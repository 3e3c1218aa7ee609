"""What tests of live sessions share: sessions whose messages are kept, and a way to wait for a message."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

import pytest

from tactus.audio.sources.kinds import SOURCE_KINDS, SourceKind
from tactus.hub.listeners import Hub
from tactus.hub.message import LiveMessage
from tactus.jobs.live.config import LiveConfig
from tactus.jobs.live.sessions import LiveSessions
from tactus.workers.supervisor import Supervisor

Message = dict[str, Any]


@dataclass
class Published:
    """A publisher into two lists."""

    messages: list[tuple[str, LiveMessage]] = field(default_factory=list)
    states: list[tuple[str, LiveMessage]] = field(default_factory=list)

    def publish(self, session: str, message: LiveMessage) -> None:
        self.messages.append((session, message))

    def keep_state(self, session: str, state: LiveMessage) -> None:
        self.states.append((session, state))


@pytest.fixture
def published() -> Published:
    return Published()


Kinds = Mapping[str, SourceKind]


def kinds_with(name: str, **changes: Any) -> Kinds:
    """The kinds of sources, one of them changed; for `@pytest.mark.parametrize("kinds", ...)`."""
    return {**SOURCE_KINDS, name: replace(SOURCE_KINDS[name], **changes)}


@pytest.fixture
def kinds() -> Kinds:
    return SOURCE_KINDS


@pytest.fixture
async def live(published: Published, kinds: Kinds) -> AsyncIterator[LiveSessions]:
    config = LiveConfig(kinds=kinds, allow_private=(ip_network("127.0.0.0/8"),))
    async with Supervisor() as supervisor, LiveSessions(supervisor, published, config) as sessions:
        yield sessions


async def heard_until(hub: Hub, is_last: Callable[[Message], bool], timeout_s: float = 10.0) -> list[Message]:
    """What a new listener hears, up to the first message for which `is_last` holds."""
    messages: list[Message] = []
    with hub.listen() as listener:
        async with asyncio.timeout(timeout_s):
            async for message in listener:
                messages.append(message.to_dict())
                if is_last(messages[-1]):
                    return messages
    raise AssertionError("the hub closed")


def of_type(kind: str) -> Callable[[Message], bool]:
    return lambda message: bool(message["type"] == kind)
