"""Encoding of live messages between a session's child and its parent: fields as JSON, arrays as float32 and as text.

The text of the arrays is written by the child, which has numpy: in the API process it would take 1.5 % of a core for
every session. Neither side searches in it.
"""

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

from tactus.hub.float_array import FloatArray
from tactus.hub.message import LiveMessage
from tactus.workers.messages import Message


def encode(
    head: Mapping[str, Any],
    relay: Mapping[str, Any],
    spectrum: FloatArray | None = None,
    waveform: FloatArray | None = None,
) -> tuple[dict[str, Any], bytes]:
    """A live message as fields and body of a child's message.

    Args:
        head: All JSON fields but the two arrays; with `type`.
        relay: Fields for the parent only.
        spectrum: Spectrum of a frame.
        waveform: Waveform of a frame.
    """
    parts = [part for array in (spectrum, waveform) if array is not None for part in (array.raw, array.text)]
    return {**relay, "head": head, "n_bytes": [len(part) for part in parts]}, b"".join(parts)


def decode(message: Message) -> LiveMessage:
    """The live message in a message of a child.

    Raises:
        ValueError: The arrays are not as long as the fields say, or no whole number of float32.
    """
    head, n_bytes = message.fields["head"], message.fields["n_bytes"]
    if sum(n_bytes) != len(message.body):
        raise ValueError(f"arrays of {sum(n_bytes)} bytes in a body of {len(message.body)}")
    if not n_bytes:
        return LiveMessage(head["type"], head)
    parts = [message.body[start:end] for start, end in pairwise(accumulate(n_bytes, initial=0))]
    spectrum, waveform = FloatArray(*parts[:2]), FloatArray(*parts[2:])
    return LiveMessage(head["type"], head, spectrum=spectrum, waveform=waveform)
