"""The array types of the program: float32 for sound and features, float64 for times."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Samples, spectra, feature values; any shape."""

Halves = NDArray[np.float16]
"""Values stored in half precision, where three digits are enough; any shape."""

Times = NDArray[np.float64]
"""Times [s], sample counts and other numbers that need double precision; any shape."""

Ints = NDArray[np.int64]
"""Indices and counts; any shape."""

Mask = NDArray[np.bool_]
"""Booleans; any shape."""
