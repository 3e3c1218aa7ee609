"""CPU time of a piece of work, warm, several times: these are ratios' raw material, not promises."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of the runs, shortest first."""

    runs_s: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """The middle run [s]."""
        return statistics.median(self.runs_s)

    def __str__(self) -> str:
        return f"{self.median_s:.3f} s ({self.runs_s[0]:.3f} to {self.runs_s[-1]:.3f})"


def cost(work: Callable[[], object], n_runs: int = 3) -> Cost:
    """What `work` costs, after one run that warms caches and does not count."""
    work()
    runs = []
    for _ in range(n_runs):
        began = time.process_time()
        work()
        runs.append(time.process_time() - began)
    return Cost(tuple(sorted(runs)))
