"""CPU time of pieces of work, warm, in turn: these are ratios' raw material, not promises."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of the runs, in the order in which they were made."""

    runs_s: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """The middle run [s]."""
        return statistics.median(self.runs_s)

    def over(self, other: "Cost") -> float:
        """How many times the other's cost this is: the middle of the ratios of runs that were made together."""
        return statistics.median(mine / its for mine, its in zip(self.runs_s, other.runs_s, strict=True))

    def __str__(self) -> str:
        return f"{self.median_s:.3f} s ({min(self.runs_s):.3f} to {max(self.runs_s):.3f})"


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of this process while it does `work`."""
    began = time.process_time()
    work()
    return time.process_time() - began


def cost(work: Callable[[], object], n_runs: int = 3) -> Cost:
    """What `work` costs, after one run that warms caches and does not count."""
    work()
    return Cost(tuple(spent(work) for _ in range(n_runs)))


def costs(works: Mapping[str, Callable[[], float]], n_rounds: int = 3) -> dict[str, Cost]:
    """What each of several works costs, by name.

    They are done in turn, round after round, so that a machine that slows down slows all of them down.

    Args:
        works: Each does its work once and returns its CPU seconds.
        n_rounds: Rounds that count; one before them warms caches.
    """
    rounds = [{name: work() for name, work in works.items()} for _ in range(n_rounds + 1)][1:]
    return {name: Cost(tuple(one[name] for one in rounds)) for name in works}
