"""A service that is running, and the piece that is uploaded to it again and again."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.song import write_song
from tests.fixtures.service import Service, running_service

MINUTES = 4.0


@dataclass(frozen=True, slots=True)
class Uploader:
    """Uploads one piece; safe to use from several threads.

    Args:
        service: Where to.
        client: Of the service.
        song: An MP3 file.
    """

    service: Service
    client: httpx.Client
    song: bytes
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def upload(self) -> None:
        """Upload and wait for the whole answer; other bytes behind the same music each time, so none is stored yet."""
        content = self.song + bytes(next(self._numbers))
        self.client.post("/analyze-upload", files={"file": content}).raise_for_status()


@contextmanager
def uploader() -> Iterator[Uploader]:
    """A new service and four minutes of music for it; both are gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as name:
        folder = Path(name)
        write_song(folder / "song.mp3", MINUTES)
        song = (folder / "song.mp3").read_bytes()
        with running_service(folder) as service, service.client() as client:
            yield Uploader(service, client, song)
