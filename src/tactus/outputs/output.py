"""The interface that every output protocol implements."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from tactus.hub.message import LiveMessage


class NotSentError(Exception):
    """A batch could not be sent; the output has logged the reason."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages that an output sends at a time: all that have queued up while it was sending the last ones.

    Args:
        messages: Session name and message, oldest first.
        states: Newest `state` message of each session whose state has changed, by session name: what late joiners of
            protocols that keep values need.
    """

    messages: Sequence[tuple[str, LiveMessage]] = ()
    states: Mapping[str, LiveMessage] | None = None


class Output(AbstractAsyncContextManager[Any], Protocol):
    """One protocol in which live messages leave the service. Connects on entering its context, disconnects on leaving.

    Its methods may wait and may fail: `outputs/delivery` calls them from a task of its own and drops what is too much.
    """

    @property
    def name(self) -> str:
        """Name of the protocol, for the log."""

    async def send(self, batch: Batch) -> None:
        """Send a batch.

        Raises:
            NotSentError: It could not be sent; the reason is logged.
            Exception: Any other failure; it is logged for the output.
        """
