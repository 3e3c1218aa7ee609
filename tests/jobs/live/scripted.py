"""Children of live runs that follow a script, in this process: for the rules of a run, without sound."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from tactus.errors import TactusError
from tactus.workers.live_message import encode
from tactus.workers.messages import Message

BEGUN = Message("begun", {}, b"")


def opened(moment_s: float = 100.0, device: dict[str, Any] | None = None) -> Message:
    """The message of a child whose first sound was in the air at a moment [s of the monotonic clock]."""
    return Message("opened", {"device": device or {}, "moment_s": moment_s}, b"")


def sent(kind: str, n_sent: int, audio_time: float = 0.0, **fields: Any) -> Message:
    """A live message of a child, the `n_sent`-th, as `workers/live_engine` sends it."""
    relay = {
        "type": kind,
        "n_sent": n_sent,
        "audio_time": audio_time,
        "moment_s": 100.0 + audio_time,
        "next_beat_id": 0,
        "n_applied": 0,
        "beat": None,
        **fields,
    }
    return Message("message", *encode({"type": kind, "audio_time": audio_time}, relay))


class ScriptedChild:
    """A child that sends the messages that a test puts, and keeps what it is sent."""

    pid = 0
    n_unsent_bytes = 0

    def __init__(self, options: Any) -> None:
        self.options = options
        self.received: list[tuple[str, dict[str, Any], bytes]] = []
        self._messages: asyncio.Queue[Message | TactusError | None] = asyncio.Queue()

    def put(self, *messages: Message | TactusError | None) -> None:
        """Send these next; an error is raised in the parent, None ends the child."""
        for message in messages:
            self._messages.put_nowait(message)

    async def receive(self) -> Message | None:
        message = await self._messages.get()
        if isinstance(message, TactusError):
            raise message
        return message

    def send(self, kind: str, fields: Any, body: bytes = b"") -> None:
        self.received.append((kind, dict(fields), body))

    def kill(self) -> None:
        self._messages.put_nowait(None)


class ScriptedSupervisor:
    """Starts scripted children, and lets a test wait for each."""

    def __init__(self) -> None:
        self.children: list[ScriptedChild] = []
        self._started = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def child(self, target: str, options: Any, *, limits: Any) -> AsyncIterator[ScriptedChild]:
        del target, limits
        child = ScriptedChild(options)
        async with self._started:
            self.children.append(child)
            self._started.notify_all()
        yield child

    async def nth(self, number: int) -> ScriptedChild:
        """The child with this number, from 0, once it has started."""
        async with asyncio.timeout(5), self._started:
            await self._started.wait_for(lambda: len(self.children) > number)
        return self.children[number]


async def settled(is_so: Callable[[], bool]) -> None:
    """Return once something is so; the event loop is let run meanwhile."""
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110  states change without an event that a test could await
            await asyncio.sleep(0)
