"""Queue and task between the live sessions and one output, so that a slow or failing output only loses its own."""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from types import TracebackType

from tactus.hub.message import LiveMessage
from tactus.outputs.output import Batch, NotSentError, Output
from tactus.store.rate_limited_log import RateLimitedLog


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """Bounds on what an output may hold up.

    Args:
        queue_messages: Messages queued for it; of one more, the oldest is dropped. 64 are 1.5 s of one session.
        send_s: Time for one batch [s]; one that takes longer is given up.
        flush_s: Time for the rest of the queue when the service stops [s].
    """

    queue_messages: int = 64
    send_s: float = 2.0
    flush_s: float = 0.2


class Delivery:
    """Delivers messages to one output. An async context manager: it opens and closes the output.

    Args:
        output: Not opened yet.
        policy: Bounds on queue and times.

    Attributes:
        n_sent: Messages that the output has sent.
        n_dropped: Messages dropped because the output was slow or failed.
    """

    def __init__(self, output: Output, policy: DeliveryPolicy | None = None) -> None:
        self._output = output
        self._policy = policy or DeliveryPolicy()
        self._queue: deque[tuple[str, LiveMessage]] = deque()
        self._states: dict[str, LiveMessage] = {}
        self._awake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._failures = RateLimitedLog("output_failed")
        self._task: asyncio.Task[None] | None = None
        self.n_sent = 0
        self.n_dropped = 0

    async def __aenter__(self) -> "Delivery":
        await self._output.__aenter__()
        self._task = asyncio.create_task(self._deliver(), name=f"output {self._output.name}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._policy.flush_s):
                    await self._idle.wait()
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._output.__aexit__(kind, error, trace)

    def offer(self, session: str, message: LiveMessage) -> None:
        """Queue a message of a session; where the queue is full, its oldest message is dropped. Never waits."""
        if len(self._queue) >= self._policy.queue_messages:
            self._queue.popleft()
            self.n_dropped += 1
        self._queue.append((session, message))
        self._wake()

    def offer_state(self, session: str, state: LiveMessage) -> None:
        """Queue the newest state of a session in the place of an earlier one. Never waits."""
        self._states[session] = state
        self._wake()

    def _wake(self) -> None:
        self._idle.clear()
        self._awake.set()

    async def _deliver(self) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            batch = Batch(tuple(self._queue), self._states)
            self._queue.clear()
            self._states = {}
            if await self._try_to_send(batch):
                self.n_sent += len(batch.messages)
            else:
                self.n_dropped += len(batch.messages)
            if not self._awake.is_set():
                self._idle.set()

    async def _try_to_send(self, batch: Batch) -> bool:
        try:
            async with asyncio.timeout(self._policy.send_s):
                await self._output.send(batch)
        except NotSentError:
            return False
        except Exception as error:  # noqa: BLE001  whatever fails in one protocol, the others go on
            self._failures.write(output=self._output.name, kind=type(error).__name__)
            return False
        return True
