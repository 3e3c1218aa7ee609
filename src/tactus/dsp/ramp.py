"""Linear ramps."""

import numpy as np


def ramp(value: float, low: float, high: float) -> float:
    """Position of a value between two bounds: 0 up to `low`, 1 from `high`, linear in between.

    Example:
        >>> ramp(3.0, 2.0, 4.0), ramp(5.0, 2.0, 4.0)
        (0.5, 1.0)
    """
    return float(np.clip((value - low) / (high - low), 0, 1))
