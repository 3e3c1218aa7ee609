"""Store with two layers: a shared one and a private one."""

import asyncio
from typing import Protocol


class _Store(Protocol):
    @property
    def name(self) -> str: ...

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool: ...


class LayeredStore:
    """Store that reads from the shared layer first, then from the private one, and writes to both.

    So no result of this program is lost with the shared store.

    Args:
        shared: Store that other programs use too.
        private: Store of this program, which is always available.
    """

    def __init__(self, shared: _Store, private: _Store) -> None:
        self.name = f"{shared.name}+{private.name}"
        self._shared = shared
        self._private = private

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None if neither layer has it."""
        value = await self._shared.get(key)
        return value if value is not None else await self._private.get(key)

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool:
        """Store a value; return True if at least one layer has stored it."""
        stored = await asyncio.gather(
            self._shared.put(key, value, ttl_s=ttl_s, rank=rank), self._private.put(key, value, ttl_s=ttl_s, rank=rank)
        )
        return any(stored)
