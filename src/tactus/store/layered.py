"""A store that others share, with one of our own beside it."""

import asyncio
from typing import Protocol


class _Store(Protocol):
    @property
    def name(self) -> str: ...

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool: ...


class LayeredStore:
    """Asks the shared store first and our own where that has nothing; keeps everything in both.

    So losing the shared store loses no result that this program made.

    Args:
        shared: That others use too.
        own: That is always there.
    """

    def __init__(self, shared: _Store, own: _Store) -> None:
        self.name = f"{shared.name}+{own.name}"
        self._shared = shared
        self._own = own

    async def get(self, key: str) -> bytes | None:
        """The value, or None where neither has it."""
        value = await self._shared.get(key)
        return value if value is not None else await self._own.get(key)

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool:
        """Keep a value; whether at least one of them did."""
        kept = await asyncio.gather(
            self._shared.put(key, value, ttl_s=ttl_s, rank=rank), self._own.put(key, value, ttl_s=ttl_s, rank=rank)
        )
        return any(kept)
