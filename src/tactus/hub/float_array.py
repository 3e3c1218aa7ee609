"""Arrays of float32 without numpy: the raw bytes for binary formats, decimals for JSON."""

import sys
from array import array
from collections.abc import Iterable
from functools import cached_property

import orjson

from tactus.formats.live_fields import SAMPLE_DECIMALS

ITEM_BYTES = 4
_STEPS = 10.0**SAMPLE_DECIMALS
_TO_INTEGER = 1.5 * 2.0**52
"""Added and subtracted again, it rounds a double to an integer: `round()` takes five times as long."""


class FloatArray:
    """An immutable array of float32; its decimals and its JSON text are made on first use, once for all readers.

    Args:
        raw: The values, float32, little endian.
        text: The values as a JSON array with `SAMPLE_DECIMALS`, where numpy has written it already: that takes a fifth
            of the time that it takes here.

    Raises:
        ValueError: The length is not a multiple of 4 bytes.
    """

    def __init__(self, raw: bytes, text: bytes | None = None) -> None:
        if len(raw) % ITEM_BYTES:
            raise ValueError(f"{len(raw)} bytes are no whole number of float32")
        self.raw = raw
        self._text = text

    @classmethod
    def of(cls, values: Iterable[float]) -> "FloatArray":
        """The array of `values`, each stored as the nearest float32."""
        return cls(_little_endian(array("f", values)).tobytes())

    def __len__(self) -> int:
        return len(self.raw) // ITEM_BYTES

    @cached_property
    def floats(self) -> "array[float]":
        """The values as they are. Not to be changed."""
        return _little_endian(array("f", self.raw))

    @cached_property
    def decimals(self) -> list[float]:
        """The values rounded to `SAMPLE_DECIMALS`, each the double nearest to its decimal."""
        return to_decimals(self.floats)

    @cached_property
    def text(self) -> bytes:
        """`decimals` as a JSON array, UTF-8."""
        return orjson.dumps(self.decimals) if self._text is None else self._text

    @property
    def json(self) -> orjson.Fragment:
        """`text`, to be put into a larger document as it is."""
        return orjson.Fragment(self.text)


def to_decimals(values: Iterable[float]) -> list[float]:
    """Values rounded to `SAMPLE_DECIMALS`, each the double nearest to its decimal."""
    return [(value * _STEPS + _TO_INTEGER - _TO_INTEGER) / _STEPS for value in values]


def _little_endian(values: "array[float]") -> "array[float]":
    """Between the byte order of this machine and little endian, either way."""
    if sys.byteorder == "big":
        values.byteswap()
    return values
