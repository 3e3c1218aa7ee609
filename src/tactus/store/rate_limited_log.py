"""Says that something keeps failing, without filling the log with it."""

import time
from typing import Any

from tactus.logs import log

QUIET_S = 60.0
"""At least this long between two lines about the same trouble [s]."""


class RateLimitedLog:
    """One kind of trouble, logged at once and then at most once a minute, with how often it happened in between.

    Args:
        event: The log event.
        level: "warning" or "error".
    """

    def __init__(self, event: str, level: str = "warning") -> None:
        self._event = event
        self._level = level
        self._quiet_until = float("-inf")
        self._n_unsaid = 0

    def say(self, **fields: Any) -> None:
        """Log it, or only count it where it was logged a moment ago."""
        now = time.monotonic()
        if now < self._quiet_until:
            self._n_unsaid += 1
            return
        getattr(log, self._level)(self._event, **fields, unsaid=self._n_unsaid)
        self._quiet_until, self._n_unsaid = now + QUIET_S, 0
