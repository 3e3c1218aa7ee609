"""Rounding of numbers for JSON."""

import numpy as np

from tactus.analysis.options import DEFAULT_PRECISION
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.decimal_digits import significant


def rounded(rows: Floats, precision: int) -> Floats:
    """Rows rounded to `precision` significant digits, contiguous, same shape; all numbers are finite.

    JSON has no NaN and no infinity. No feature gives such a value; they are replaced nevertheless.
    """
    # One row at a time: rounding needs several times the memory of its input.
    result = np.array(rows, np.float32, order="C")
    for row in result:
        row[...] = significant(np.nan_to_num(row, copy=False), precision)
    return result


def rounded_number(value: float) -> float:
    """A number with 5 significant digits."""
    return float(f"{value:.5g}")


def rounded_bpm(value: float) -> float:
    """Tempo rounded to 4 decimals: over ten minutes, 0.01 bpm are a tenth of a beat."""
    return round(value, 4)


def rounded_numbers(values: Floats) -> Floats:
    """Numbers with 5 significant digits, same shape."""
    return rounded(values.reshape(1, -1), DEFAULT_PRECISION).reshape(values.shape)


def contiguous_times(times: Times) -> Times:
    """Times as a contiguous float64 array, as the JSON encoder needs them."""
    return np.ascontiguousarray(times, dtype=np.float64)
