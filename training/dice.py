"""Chance, with words that read well in a recipe."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Thing = TypeVar("Thing")


class Dice:
    """Draws from one seeded stream of random numbers.

    Args:
        seed: The same seed gives the same draws.
    """

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """Evenly distributed in [low, high)."""
        return float(self.rng.uniform(low, high))

    def log_between(self, low: float, high: float) -> float:
        """Evenly distributed by its logarithm in [low, high), 0 < low."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def whole(self, low: int, high: int) -> int:
        """A whole number in low..high - 1."""
        return int(self.rng.integers(low, high))

    def normal(self, spread: float) -> float:
        """Normally distributed around 0."""
        return float(self.rng.normal(0, spread)) if spread > 0 else 0.0

    def pick(self, things: Sequence[Thing], weights: Sequence[float] | None = None) -> Thing:
        """One of several, with probabilities proportional to the weights."""
        if weights is None:
            return things[int(self.rng.integers(len(things)))]
        shares = np.asarray(weights, np.float64)
        return things[int(self.rng.choice(len(things), p=shares / shares.sum()))]
