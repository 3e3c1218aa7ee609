"""Numbers as people read them: no more digits than mean something."""

import numpy as np

from tactus.dsp.arrays import Floats


def significant(values: Floats, digits: int = 5) -> Floats:
    """Values with this many significant decimal digits, as the float32 nearest to each.

    A decimal of `digits` names the result, so the shortest decimal that names it has no more. Nine digits tell every
    float32 from every other: they change nothing.

    Args:
        values: Finite, any shape.
        digits: 1 to 9.

    Example:
        >>> significant(np.array([1234567.0, 0.00123456, 0.0], np.float32)).tolist()
        [1234600.0, 0.0012346000177785754, 0.0]
    """
    exact = values.astype(np.float64)
    sizes = np.abs(exact)
    sizes[sizes < np.finfo(np.float32).tiny] = 1.0
    # Powers of ten with a positive exponent are exact, so multiply by those of small numbers, divide by those of large.
    places = digits - 1 - np.floor(np.log10(sizes))
    up, down = 10.0 ** np.maximum(places, 0), 10.0 ** np.maximum(-places, 0)
    rounded: Floats = (np.rint(exact * up / down) / up * down + 0.0).astype(np.float32)  # + 0.0: no minus zero
    return rounded
