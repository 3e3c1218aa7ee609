"""Arrays of float32 without numpy: the raw bytes for binary formats, decimals for JSON."""

import struct
from collections.abc import Sequence
from functools import cached_property

import orjson

from tactus.formats.live_fields import SAMPLE_DECIMALS

ITEM_BYTES = 4
_STEPS = 10.0**SAMPLE_DECIMALS
_TO_INTEGER = 1.5 * 2.0**52
"""Added and subtracted again, it rounds a double to an integer: `round()` takes five times as long for an array."""


class FloatArray:
    """An immutable array of float32; its decimals and its JSON text are made on first use, once for all readers.

    Args:
        raw: The values, float32, little endian.

    Raises:
        ValueError: The length is not a multiple of 4 bytes.
    """

    def __init__(self, raw: bytes) -> None:
        if len(raw) % ITEM_BYTES:
            raise ValueError(f"{len(raw)} bytes are no whole number of float32")
        self.raw = raw

    @classmethod
    def of(cls, values: Sequence[float]) -> "FloatArray":
        """The array of `values`, each stored as the nearest float32."""
        return cls(struct.pack(f"<{len(values)}f", *values))

    def __len__(self) -> int:
        return len(self.raw) // ITEM_BYTES

    @cached_property
    def values(self) -> list[float]:
        """The values rounded to `SAMPLE_DECIMALS`, each the double nearest to its decimal."""
        floats = struct.unpack(f"<{len(self)}f", self.raw)
        return [(value * _STEPS + _TO_INTEGER - _TO_INTEGER) / _STEPS for value in floats]

    @cached_property
    def json(self) -> orjson.Fragment:
        """`values` as a JSON array, to be put into a larger document as it is."""
        return orjson.Fragment(orjson.dumps(self.values))
