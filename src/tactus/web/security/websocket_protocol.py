"""WebSocket protocol of the server: uvicorn's, with a bounded send buffer and a deadline for closing.

Both concern clients that do not read: uvicorn would buffer without bound, and wait for their close frame for ever.
"""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SEND_BUFFER_BYTES = 1 << 17
"""Send buffer of one connection in the kernel [bytes]: a larger one would only hold older messages."""
CLOSE_S = 1.5
"""Time for a client to read its close frame [s]; then the connection is aborted."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Limit the send buffer of a new connection; called by asyncio."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    async def send(self, message: Any) -> None:
        """Send a message of the application; a close frame does not wait until the client reads."""
        is_close = message["type"] == "websocket.close"
        if is_close:
            self.writable.set()
        await super().send(message)
        if is_close:
            self.loop.call_later(CLOSE_S, self.transport.abort)

    def shutdown(self) -> None:
        """Close the connection, since the server stops; called by uvicorn."""
        super().shutdown()
        self.loop.call_later(CLOSE_S, self.transport.abort)
