"""Encoding of live messages between a session's child and its parent: scalar fields as JSON, arrays as raw float32."""

from collections.abc import Mapping
from typing import Any

from tactus.hub.float_array import ITEM_BYTES, FloatArray
from tactus.hub.message import LiveMessage
from tactus.workers.messages import Message


def encode(
    head: Mapping[str, Any], relay: Mapping[str, Any], *, spectrum: bytes = b"", waveform: bytes = b""
) -> tuple[dict[str, Any], bytes]:
    """A live message as fields and body of a child's message.

    Args:
        head: All JSON fields but the two arrays; with `type`.
        relay: Fields for the parent only.
        spectrum: float32, little endian; empty where the message has no arrays.
        waveform: The same.
    """
    return {**relay, "head": head, "n_spectrum": len(spectrum) // ITEM_BYTES}, spectrum + waveform


def decode(message: Message) -> LiveMessage:
    """The live message in a message of a child.

    Raises:
        ValueError: The arrays are no whole number of float32.
    """
    head = message.fields["head"]
    if not message.body:
        return LiveMessage(head["type"], head)
    n_bytes = message.fields["n_spectrum"] * ITEM_BYTES
    spectrum, waveform = FloatArray(message.body[:n_bytes]), FloatArray(message.body[n_bytes:])
    return LiveMessage(head["type"], head, spectrum=spectrum, waveform=waveform)
