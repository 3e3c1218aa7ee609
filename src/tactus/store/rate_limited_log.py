"""Log lines about repeated failures, at most one a minute."""

import time
from typing import Any

from tactus.logs import log

MIN_INTERVAL_S = 60.0
"""Shortest time between two lines about the same failure [s]."""


class RateLimitedLog:
    """Log of one kind of failure: a line at once, then at most one a minute, with the number of failures in between.

    Args:
        event: Name of the log event.
        level: Level of the lines, "info", "warning" or "error".
    """

    def __init__(self, event: str, level: str = "warning") -> None:
        self._event = event
        self._level = level
        self._next_line_at_s = float("-inf")
        self._n_suppressed = 0

    def write(self, **fields: Any) -> None:
        """Log a failure with these fields, or only count it if one was logged less than a minute ago."""
        now_s = time.monotonic()
        if now_s < self._next_line_at_s:
            self._n_suppressed += 1
            return
        getattr(log, self._level)(self._event, **fields, n_suppressed=self._n_suppressed)
        self._next_line_at_s, self._n_suppressed = now_s + MIN_INTERVAL_S, 0
