"""Raw HTTP requests over a socket, which well-behaved clients never send."""

import contextlib
import json
import socket
from dataclasses import dataclass
from typing import Any

from tests.fixtures.service import Service

TIMEOUT_S = 20.0
HANDSHAKE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@dataclass(frozen=True)
class RawAnswer:
    """The response to a raw request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def slug(self) -> str:
        """The problem type's last part."""
        document: dict[str, Any] = json.loads(self.body)
        assert self.headers["content-type"] == "application/problem+json"
        assert document["status"] == self.status
        return str(document["type"]).removeprefix("/problems/")


def connected(service: Service) -> socket.socket:
    """A connection to the service."""
    return socket.create_connection(("127.0.0.1", service.port), TIMEOUT_S)


def answer_to(service: Service, request: bytes) -> RawAnswer:
    """Send bytes and read one answer; a service that stops reading in between is all right."""
    with connected(service) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(request)
        return read_answer(connection)


def read_answer(connection: socket.socket) -> RawAnswer:
    """The next answer on a connection."""
    with connection.makefile("rb") as stream:
        status_line = stream.readline()
        assert status_line.startswith(b"HTTP/1.1 "), f"no answer but {status_line!r}"
        headers = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return RawAnswer(int(status_line.split()[1]), headers, stream.read(int(headers.get("content-length", 0))))
