"""Interfaces through which jobs use storage, network and outputs; lower rooms implement them, `app` passes them in."""

from pathlib import Path
from typing import Protocol

from tactus.hub.message import LiveMessage


class Store(Protocol):
    """Store of results: bytes by key (see `jobs/tracks/cache_keys`), each with a time to live and a rank."""

    @property
    def name(self) -> str:
        """What people call it: "redis", "disk"."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None where there is none or it has expired. Never raises for a store that is out of reach."""

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool:
        """Keep a value for `ttl_s` seconds; a living one of a higher rank stays (False). Best effort, never raises."""


class Downloaded(Protocol):
    """A file that was fetched."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def file_hash(self) -> str:
        """SHA-256 of its bytes, hexadecimal."""

    @property
    def n_bytes(self) -> int:
        """Its length [bytes]."""


class Fetcher(Protocol):
    """Gets files from elsewhere."""

    async def fetch(self, url: str, folder: Path) -> Downloaded:
        """Fetch a file into a folder; bounded in size and time.

        Raises:
            TactusError: Why it could not be had.
            OSError: The folder takes no more.
        """


class Publisher(Protocol):
    """Sends live messages to other programs."""

    def publish(self, session: str, message: LiveMessage) -> None:
        """Send one message of a session. Returns at once and never raises."""

    def keep_state(self, session: str, state: LiveMessage) -> None:
        """Keep the newest `state` message of a session for late joiners. Returns at once and never raises."""
