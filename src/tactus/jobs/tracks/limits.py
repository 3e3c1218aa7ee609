"""Limits of the analyses of tracks: concurrency, memory, time and length."""

import os
from dataclasses import dataclass

from tactus.workers.child import ChildLimits


@dataclass(frozen=True, slots=True)
class TrackLimits:
    """Limits of the analyses of tracks.

    Args:
        n_at_once: Maximum number of concurrent analyses; by default the number of processors.
        n_waiting: Maximum number of analyses that wait for one of them; further ones are refused.
        memory_bytes: Memory of a child process beyond what it starts with [bytes].
        min_wall_s: Time limit of an analysis of any length [s].
        wall_s_per_s: Time that each second of audio adds to it [s].
        max_s: Maximum duration of a track [s]; longer ones are refused.
        quarantine_s: Time for which a file that crashed its decoder twice is refused [s].
    """

    n_at_once: int = os.cpu_count() or 1
    n_waiting: int = 32
    memory_bytes: int = 1 << 30
    min_wall_s: float = 60.0
    wall_s_per_s: float = 0.25
    max_s: float = 20 * 60.0
    quarantine_s: float = 600.0

    def wall_s(self, duration_s: float) -> float:
        """Time limit of the analysis of `duration_s` seconds [s]; longer durations count as `max_s`.

        The duration comes from a file's header, which may claim any value.
        """
        return self.min_wall_s + self.wall_s_per_s * min(max(duration_s, 0.0), self.max_s)

    @property
    def child_limits(self) -> ChildLimits:
        """Limits of one child process; its CPU time is that of the longest track, since the length is not yet known."""
        return ChildLimits(memory_bytes=self.memory_bytes, cpu_s=self.wall_s(self.max_s), niceness=10)
