"""Ramps: from a measure to how far it lies between little and much."""

import numpy as np


def ramp(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high`, straight between."""
    return float(np.clip((value - low) / (high - low), 0, 1))
