"""Retained features as bytes: a line of JSON with the scalars and the array headers, then the arrays."""

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import orjson

from tactus.analysis.track.retained_features import RetainedCharacter, RetainedFeatures
from tactus.dsp.sampled import Sampled

MAX_BYTES = 1 << 25
"""Largest size that is stored [bytes]: about an hour and a half of sound."""

_DTYPES = ("float16", "float32")
_SAMPLED = {field.name for field in fields(Sampled)}


def retained_bytes(retained: RetainedFeatures) -> bytes | None:
    """Serialise retained features for `read_retained`; None where they are larger than `MAX_BYTES`."""
    arrays: list[np.ndarray[Any, Any]] = []
    header = orjson.dumps(_without_arrays(asdict(retained), arrays))
    if len(header) + sum(values.nbytes for values in arrays) > MAX_BYTES:
        return None
    return b"\n".join((header, b"".join(np.ascontiguousarray(values).tobytes() for values in arrays)))


def read_retained(content: bytes) -> RetainedFeatures:
    """Read what `retained_bytes` wrote.

    Raises:
        ValueError: The content is damaged or of another format.
    """
    header, _, numbers = content.partition(b"\n")
    try:
        values = _with_arrays(orjson.loads(header), numbers)
        character = values.pop("character")
        return RetainedFeatures(**values, character=character and RetainedCharacter(**character))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("these are no retained features") from error


def _without_arrays(values: Mapping[str, Any], arrays: list[np.ndarray[Any, Any]]) -> dict[str, Any]:
    """The values with a header `{dtype, shape}` for each array, which is appended to `arrays`."""
    result = {}
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            arrays.append(value)
            result[name] = {"dtype": value.dtype.name, "shape": value.shape}
        else:
            result[name] = _without_arrays(value, arrays) if isinstance(value, dict) else value
    return result


def _with_arrays(headers: Mapping[str, Any], numbers: bytes) -> dict[str, Any]:
    """The values before `_without_arrays`: headers replaced by their arrays, sampled values by `Sampled`."""
    first = 0

    def restored(value: Any) -> Any:
        nonlocal first
        if not isinstance(value, dict):
            return value
        if "dtype" not in value:
            members = {name: restored(member) for name, member in value.items()}
            return Sampled(**members) if members.keys() == _SAMPLED else members
        if value["dtype"] not in _DTYPES:
            raise ValueError("these are no retained features")
        dtype = np.dtype(value["dtype"])
        count = math.prod(value["shape"])
        array = np.frombuffer(numbers, dtype, count, first).reshape(value["shape"])
        first += count * dtype.itemsize
        return array

    values: dict[str, Any] = restored(dict(headers))
    if first != len(numbers) or values.keys() != {field.name for field in fields(RetainedFeatures)}:
        raise ValueError("these are no retained features")
    return values
