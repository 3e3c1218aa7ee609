"""How long to wait before something that failed is tried again."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double, unevenly, so that many who failed together do not try together.

    Args:
        first_s: The longest that the first wait may be [s].
        max_s: The longest that any may be [s].
    """

    first_s: float
    max_s: float

    def wait_s(self, n_failures: int) -> float:
        """How long to wait after so many failures before this one [s]: from half of the doubled wait to all of it."""
        max_s = min(self.max_s, self.first_s * 2.0 ** min(n_failures, 64))
        return max_s * random.uniform(0.5, 1.0)  # noqa: S311  not a secret
