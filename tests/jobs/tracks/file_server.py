"""An HTTP server of one file, from which jobs download a track."""

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class FileServer:
    """An HTTP server of one file, that can keep its clients waiting."""

    content: bytes
    url: str = ""
    n_requests: int = 0
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    was_requested: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            self.n_requests += 1
            if b"GET /missing" in request:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            else:
                head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.content)
                writer.write(head + self.content[: len(self.content) // 2])
                await writer.drain()
                self.was_requested.set()
                await self.is_open.wait()
                writer.write(self.content[len(self.content) // 2 :])
            await writer.drain()
        writer.close()
