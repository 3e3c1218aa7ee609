"""Rounding to significant decimal digits."""

from functools import lru_cache

import numpy as np

from tactus.dsp.arrays import Floats, Times


def significant(values: Floats, digits: int = 5) -> Floats:
    """Values rounded to this many significant decimal digits, each as the nearest float32.

    The shortest decimal that names such a float32 has at most `digits` digits, which keeps JSON short. Nine digits
    distinguish any two float32 numbers: they change nothing.

    Args:
        values: Finite values, any shape.
        digits: Number of significant digits, 1 to 9.

    Example:
        >>> [f"{value:.7g}" for value in significant(np.array([1234567.0, 0.00123456, 0.0], np.float32))]
        ['1234600', '0.0012346', '0']
    """
    sizes = np.abs(values)
    binades = sizes.view(np.uint32) >> _MANTISSA_BITS
    next_decade, scales, steps = _tables(digits)
    found = 2 * binades + (sizes >= next_decade.take(binades))
    scale = scales.take(found)
    whole = values * scale
    np.rint(whole, out=whole)
    large = scale < 1
    rounded = np.divide(whole, scale, out=scale)
    if large.any():  # powers of ten with a negative exponent are not exact: their inverses are
        rounded[large] = whole[large] * steps[found[large]]
    rounded += 0.0  # no minus zero
    result: Floats = rounded.astype(np.float32)
    return result


_MANTISSA_BITS = 23


@lru_cache(maxsize=16)
def _tables(digits: int) -> tuple[Floats, Times, Times]:
    """Tables by the binary exponent of a float32, so that no logarithm is needed.

    A binade (the range of one exponent) holds at most one power of ten.

    Returns:
        The power of ten within each binade, infinite where there is none, shape `[256]`; the scale that makes `digits`
        digits whole, below and from that power on, two for each binade, shape `[512]`; and its inverse.
    """
    smallest = np.ldexp(1.0, np.arange(256).clip(1) - 127)
    decades = np.floor(np.log10(smallest))
    next_decade = 10.0 ** (decades + 1)
    places = digits - 1 - np.stack((decades, decades + 1), axis=1).reshape(-1)
    largest = float(np.finfo(np.float32).max)
    return np.where(next_decade > largest, np.inf, next_decade).astype(np.float32), 10.0**places, 10.0**-places
