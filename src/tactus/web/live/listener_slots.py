"""Admission of live listeners: a bounded number in all, and for each client that is not on this machine."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tactus.errors import OverloadedError, RateLimitedError


@dataclass(frozen=True, slots=True)
class SlotLimits:
    """Bounds on live connections.

    Args:
        total: Connections of all clients.
        per_client: Connections of one client; this machine has no such bound.
        retry_after_s: When a refused client may try again [s].
    """

    total: int = 1000
    per_client: int = 10
    retry_after_s: int = 10


class ListenerSlots:
    """Counts live connections and refuses those beyond the limits.

    Args:
        limits: The bounds.
    """

    def __init__(self, limits: SlotLimits | None = None) -> None:
        self._limits = limits or SlotLimits()
        self._in_use: Counter[str] = Counter()

    @contextlib.contextmanager
    def slot(self, client: str, *, is_own: bool) -> Iterator[None]:
        """A slot for one connection, for the length of the `with` block.

        Args:
            client: Address of the client.
            is_own: Whether it is on this machine, or holds the token.

        Raises:
            OverloadedError: All slots are taken.
            RateLimitedError: The client has all that one client may have.
        """
        limits = self._limits
        if self._in_use.total() >= limits.total:
            raise OverloadedError(
                f"{limits.total} listeners are connected, and no more may be.", retry_after_s=limits.retry_after_s
            )
        if not is_own and self._in_use[client] >= limits.per_client:
            raise RateLimitedError(
                f"One client has at most {limits.per_client} connections.", retry_after_s=limits.retry_after_s
            )
        self._in_use[client] += 1
        try:
            yield
        finally:
            self._in_use[client] -= 1
            if not self._in_use[client]:
                del self._in_use[client]
