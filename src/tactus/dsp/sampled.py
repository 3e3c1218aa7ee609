"""Values at a constant rate: an array and its rows per second as one value."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from numpy.typing import NDArray

ArrayT = TypeVar("ArrayT", bound=NDArray[Any])


@dataclass(frozen=True, slots=True, eq=False)
class Sampled(Generic[ArrayT]):
    """Rows of values at a constant rate.

    Args:
        values: One row per moment, shape `[n, ...]`; row k is at `k / rate_hz` seconds, unless the function that takes
            them defines another time for row 0.
        rate_hz: Rows per second [Hz].

    Example:
        >>> import numpy as np
        >>> Sampled(np.arange(6.0), 2.0).between(1.0, 2.0)
        array([2., 3.])
    """

    values: ArrayT
    rate_hz: float

    def __len__(self) -> int:
        return len(self.values)

    def between(self, start_s: float, end_s: float) -> ArrayT:
        """The rows from `start_s` up to `end_s` [s]; at least one, if there is any from `start_s` on."""
        first = int(start_s * self.rate_hz)
        return cast(ArrayT, self.values[first : max(int(end_s * self.rate_hz), first + 1)])
