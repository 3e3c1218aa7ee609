"""Exponential backoff with jitter."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with jitter, so that many clients that failed together do not retry together.

    Args:
        first_s: Longest first delay [s].
        max_s: Longest delay [s].
    """

    first_s: float
    max_s: float

    def wait_s(self, n_failures: int) -> float:
        """Random delay after a failure [s]: from half of the doubled delay to all of it.

        Args:
            n_failures: Number of failures before this one.
        """
        longest_s = min(self.max_s, self.first_s * 2.0 ** min(n_failures, 64))
        return longest_s * random.uniform(0.5, 1.0)  # noqa: S311  no secret
