"""What tests of jobs share: small tracks, and looking at the children that analyse them."""

import asyncio
import contextlib
import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import zstandard

from tactus.analysis.options import TrackOptions
from tactus.jobs.analyse_track import Answer

FULL, BASIC, TEMPO_ONLY = (TrackOptions(analysis_type=kind) for kind in ("full", "basic", "tempo_only"))
SOON_S = 10.0


@dataclass(frozen=True)
class Track:
    """A file, and the name of its bytes."""

    path: Path
    file_hash: str

    def copy(self, name: str) -> "Track":
        path = self.path.with_name(name)
        path.write_bytes(self.path.read_bytes())
        return replace(self, path=path)


def track_of(content: bytes, path: Path) -> Track:
    path.write_bytes(content)
    return Track(path, hashlib.sha256(content).hexdigest())


def read(answer: Answer | None) -> dict[str, Any]:
    assert answer is not None
    analysis: dict[str, Any] = json.loads(zstandard.ZstdDecompressor().stream_reader(answer.body).read())
    assert analysis["file_hash"] == answer.file_hash
    return analysis


def children() -> list[psutil.Process]:
    """The children of the fork server."""
    servers = [child for child in psutil.Process().children() if "fork_server" in " ".join(child.cmdline())]
    return [child for server in servers for child in server.children()]


async def children_once(n: int) -> list[psutil.Process]:
    async with asyncio.timeout(SOON_S):
        while len(found := children()) != n:  # noqa: ASYNC110  no event tells a grandparent
            await asyncio.sleep(0.005)
    return found


async def frozen_child() -> psutil.Process:
    """The one child that runs, stopped before it can finish."""
    (child,) = await children_once(1)
    child.suspend()
    return child


def n_analysed(lines: list[Any]) -> int:
    return sum(line["event"] == "track_analysed" for line in lines)


@dataclass
class FileServer:
    """An HTTP server of one file, that can keep its clients waiting."""

    content: bytes
    url: str = ""
    n_requests: int = 0
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

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
                self.asked.set()
                await self.is_open.wait()
                writer.write(self.content[len(self.content) // 2 :])
            await writer.drain()
        writer.close()
