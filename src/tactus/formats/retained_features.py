"""Evidence as bytes: a line of JSON that says what follows, then the numbers of each array."""

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import orjson

from tactus.analysis.track.retained_features import RetainedCharacter, RetainedFeatures

LARGEST_BYTES = 1 << 25
"""Evidence larger than this is not kept [bytes]: it is of sound that lasts an hour and a half and more."""

_KINDS = ("float16", "float32")


def retained_bytes(retained: RetainedFeatures) -> bytes | None:
    """The evidence as `read_retained` reads it; None where it is too large to be kept."""
    arrays: list[np.ndarray[Any, Any]] = []
    header = orjson.dumps(_described(asdict(retained), arrays))
    if len(header) + sum(values.nbytes for values in arrays) > LARGEST_BYTES:
        return None
    return b"\n".join((header, b"".join(np.ascontiguousarray(values).tobytes() for values in arrays)))


def read_retained(content: bytes) -> RetainedFeatures:
    """The evidence that `retained_bytes` wrote.

    Raises:
        ValueError: It wrote no such thing.
    """
    header, _, numbers = content.partition(b"\n")
    try:
        described = orjson.loads(header)
        values = _with_arrays(described, numbers)
        character = values.pop("character")
        return RetainedFeatures(**values, character=character and RetainedCharacter(**character))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("this is no evidence") from error


def _described(values: Mapping[str, Any], arrays: list[np.ndarray[Any, Any]]) -> dict[str, Any]:
    """The values with a description in the place of each array, which is added to `arrays`."""
    described = {}
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            arrays.append(value)
            described[name] = {"dtype": value.dtype.name, "shape": value.shape}
        else:
            described[name] = _described(value, arrays) if isinstance(value, dict) else value
    return described


def _with_arrays(described: Mapping[str, Any], numbers: bytes) -> dict[str, Any]:
    """The values that `_described` described, in its order."""
    first = 0

    def found(value: Any) -> Any:
        nonlocal first
        if not isinstance(value, dict):
            return value
        if "dtype" not in value:
            return {name: found(one) for name, one in value.items()}
        if value["dtype"] not in _KINDS:
            raise ValueError("this is no evidence")
        kind = np.dtype(value["dtype"])
        count = math.prod(value["shape"])
        array = np.frombuffer(numbers, kind, count, first).reshape(value["shape"])
        first += count * kind.itemsize
        return array

    values: dict[str, Any] = found(dict(described))
    if first != len(numbers) or values.keys() != {field.name for field in fields(RetainedFeatures)}:
        raise ValueError("this is no evidence")
    return values
