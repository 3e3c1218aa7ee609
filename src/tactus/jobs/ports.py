"""Interfaces through which jobs use storage, network and outputs; lower rooms implement them, `app` passes them in."""

from pathlib import Path
from typing import Protocol

from tactus.hub.message import LiveMessage


class Store(Protocol):
    """Key-value store of results: bytes by key (see `jobs/tracks/cache_keys`), each with a time to live and a rank."""

    @property
    def name(self) -> str:
        """Name for people: "redis", "disk"."""

    async def get(self, key: str) -> bytes | None:
        """Read a value; None where there is none or it has expired. Never raises, even if the store is unreachable."""

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool:
        """Store a value, and return whether it was stored. Best effort: never raises.

        Args:
            key: Key of the value.
            value: The value.
            ttl_s: Time to live [s].
            rank: Rank of the value; an unexpired one of a higher rank is not replaced.
        """


class DownloadedFile(Protocol):
    """A downloaded file."""

    @property
    def path(self) -> Path:
        """Path of the file."""

    @property
    def file_hash(self) -> str:
        """SHA-256 of its bytes, hexadecimal."""

    @property
    def n_bytes(self) -> int:
        """Its size [bytes]."""


class Fetcher(Protocol):
    """Downloads files by URL."""

    async def fetch(self, url: str, folder: Path) -> DownloadedFile:
        """Download a file into a folder; bounded in size and time.

        Raises:
            TactusError: It could not be downloaded; the error names the reason.
            OSError: The file could not be written.
        """


class Publisher(Protocol):
    """Sends live messages to other programs."""

    def publish(self, session: str, message: LiveMessage) -> None:
        """Send one message of a session. Returns at once and never raises."""

    def keep_state(self, session: str, state: LiveMessage) -> None:
        """Keep the newest `state` message of a session for late joiners. Returns at once and never raises."""
