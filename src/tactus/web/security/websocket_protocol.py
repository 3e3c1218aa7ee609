"""WebSocket as it is spoken at the door: uvicorn's protocol, for clients that do not read."""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SEND_BUFFER_BYTES = 1 << 17
"""What the system may keep for one listener: more would only be older sound [bytes]."""
CLOSE_S = 1.5
"""How long a client may take to read its close frame [s]; then the connection is cut."""


class GuardedWebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection of a client."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    async def send(self, message: Any) -> None:
        """Send what the application says; a close frame does not wait for a client that does not read."""
        is_close = message["type"] == "websocket.close"
        if is_close:
            self.writable.set()
        await super().send(message)
        if is_close:
            self.loop.call_later(CLOSE_S, self.transport.abort)

    def shutdown(self) -> None:
        """The server stops."""
        super().shutdown()
        self.loop.call_later(CLOSE_S, self.transport.abort)
