"""What jobs need of the world, as protocols; the rooms below implement them and `app` hands them over."""

from typing import Protocol


class Store(Protocol):
    """Where results are kept: bytes by key, each with a time to live and a rank.

    Keys are `analysis:{file_hash}` (plain JSON of the richest default analysis) and
    `analysis:{file_hash}:{digest}` (one variant, zstd-compressed JSON).
    """

    @property
    def name(self) -> str:
        """What people call it: "redis", "disk"."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None where there is none or it has expired. Never raises for a store that is out of reach."""

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool:
        """Keep a value for `ttl_s` seconds; a living value of a higher rank stays (False). Best effort, never raises."""


class Announcer(Protocol):
    """Tells other programs about live sound."""

    async def announce(self, session: str, message: bytes) -> None:
        """Hand on one live message of a session (JSON). Never waits for long and never raises."""

    async def keep_state(self, session: str, state: bytes) -> None:
        """Keep what a late joiner needs (JSON). Never waits for long and never raises."""
