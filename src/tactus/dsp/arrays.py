"""The array types of the program: float32 for sound and features, float64 for times."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Samples, spectra, feature values; any shape."""

Halves = NDArray[np.float16]
"""Values that are kept small, where three digits are enough; any shape."""

Times = NDArray[np.float64]
"""Moments [s] or sample counts that must not lose precision over hours; shape `[n]`."""

Ints = NDArray[np.int64]
"""Indices and counts; any shape."""

Mask = NDArray[np.bool_]
"""Yes or no; any shape."""
