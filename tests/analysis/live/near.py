"""Numbers that are equal but for rounding, as fields of values."""

from typing import Any

import pytest


def near(value: float) -> Any:
    """A number that equals every other that is near: `pytest.approx` for fields that are typed as numbers."""
    return pytest.approx(value, abs=1e-5)
