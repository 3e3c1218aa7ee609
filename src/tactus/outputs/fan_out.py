"""Sends the messages of live sessions to all outputs, each at its own pace."""

import contextlib
from collections.abc import Sequence

from tactus.hub.message import LiveMessage
from tactus.logs import log
from tactus.outputs.delivery import Delivery, DeliveryPolicy
from tactus.outputs.output import Output


class FanOut:
    """The publisher of live sessions (see `jobs/ports.Publisher`). An async context manager: it opens the outputs.

    An output that cannot be opened is logged and left out; one that is slow or fails loses messages, the others do not.

    Args:
        outputs: Not opened yet; none where only local listeners get messages.
        policy: Bounds on each output.
    """

    def __init__(self, outputs: Sequence[Output] = (), policy: DeliveryPolicy | None = None) -> None:
        self._outputs = outputs
        self._policy = policy
        self._stack = contextlib.AsyncExitStack()
        self.deliveries: list[Delivery] = []
        """One for each output that is open."""

    async def __aenter__(self) -> "FanOut":
        for output in self._outputs:
            try:
                delivery = await self._stack.enter_async_context(Delivery(output, self._policy))
            except Exception as error:  # noqa: BLE001  whatever fails in one protocol, the service and the others start
                log.error("output_not_opened", output=output.name, kind=type(error).__name__, detail=str(error))
            else:
                self.deliveries.append(delivery)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def publish(self, session: str, message: LiveMessage) -> None:
        """Queue a message of a session for every output. Never waits and never raises."""
        for delivery in self.deliveries:
            delivery.offer(session, message)

    def keep_state(self, session: str, state: LiveMessage) -> None:
        """Queue the newest state of a session for every output. Never waits and never raises."""
        for delivery in self.deliveries:
            delivery.offer_state(session, state)
