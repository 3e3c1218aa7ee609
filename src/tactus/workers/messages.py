"""Messages between a child process and its parent, over a socket whose end of file means a crash.

Messages of a child are never unpickled: the file that it decodes may have taken it over. A message is a
kind, a small JSON object and raw bytes: `u32 fields_length, u32 body_length, fields, body`, big endian, where the
fields have the kind under `kind`.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

import orjson

_LENGTHS = struct.Struct(">II")

MAX_FIELDS_BYTES = 1 << 20
"""Longest JSON object of a message [bytes]."""

MAX_BODY_BYTES = 1 << 28
"""Longest body of a message [bytes]."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, in either direction.

    Args:
        kind: Type of the message: "progress", "result", "error", or another that both sides know.
        fields: Small values, JSON-serializable.
        body: Raw bytes.
    """

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    body: bytes = b""

    def encoded(self) -> bytes:
        """The message as bytes for the socket."""
        fields = orjson.dumps({**self.fields, "kind": self.kind})
        return b"".join((_LENGTHS.pack(len(fields), len(self.body)), fields, self.body))


def _lengths(header: bytes) -> tuple[int, int]:
    n_fields, n_body = _LENGTHS.unpack(header)
    if n_fields > MAX_FIELDS_BYTES or n_body > MAX_BODY_BYTES:
        raise ValueError("a message is longer than any that Tactus sends")
    return n_fields, n_body


def _decoded(fields: bytes, body: bytes) -> Message:
    values = orjson.loads(fields)
    if not isinstance(values, dict) or not isinstance(kind := values.pop("kind", None), str):
        raise ValueError("a message is not an object with a kind")
    return Message(kind, values, body)


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Read the next message; None if the other side has ended or sends something else."""
    try:
        n_fields, n_body = _lengths(await reader.readexactly(_LENGTHS.size))
        return _decoded(await reader.readexactly(n_fields), await reader.readexactly(n_body))
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        return None


class Channel:
    """Child's end of the socket: blocking, used by one thread for sending and one for receiving.

    Args:
        connection: Socket to the parent.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, kind: str, fields: dict[str, Any] | None = None, body: bytes = b"") -> None:
        """Send a message; blocks while the parent does not read.

        Raises:
            OSError: The parent has ended.
        """
        self._connection.sendall(Message(kind, fields or {}, body).encoded())

    def receive(self) -> Message | None:
        """Receive the next message; None if the parent has ended."""
        header = self._receive_exactly(_LENGTHS.size)
        if header is None:
            return None
        n_fields, n_body = _lengths(header)
        fields, body = self._receive_exactly(n_fields), self._receive_exactly(n_body)
        return None if fields is None or body is None else _decoded(fields, body)

    def _receive_exactly(self, n_bytes: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < n_bytes:
            try:
                part = self._connection.recv(n_bytes - len(parts))
            except OSError:
                return None
            if not part:
                return None
            parts += part
        return bytes(parts)
