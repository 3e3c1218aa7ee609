"""Corrections of the beat of tracks: stored without expiry, and followed by every later analysis."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import orjson

from tactus.analysis.beat_hint import NO_HINT, TempoHint, hint_from
from tactus.errors import InsufficientStorageError
from tactus.jobs.ports import Store
from tactus.jobs.tracks import cache_keys
from tactus.logs import log


@dataclass(frozen=True, slots=True)
class Correction:
    """The correction of one track.

    Args:
        hint: Tempo and downbeat according to users.
        revision: Number of changes so far; 0: never corrected.
    """

    hint: TempoHint = NO_HINT
    revision: int = 0


class Corrections:
    """Corrections by track.

    Args:
        store: Store without eviction.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, file_hash: str) -> Correction:
        """Read the correction of a track; the default one where there is none."""
        value = await self._store.get(cache_keys.correction_key(file_hash))
        if value is None:
            return Correction()
        try:
            fields = orjson.loads(value)
            return Correction(hint_from(fields["hint"]), int(fields["revision"]))
        except (ValueError, TypeError, KeyError):
            log.error("correction_not_readable", file_hash=file_hash)
            return Correction()

    def lock(self, file_hash: str) -> asyncio.Lock:
        """Lock to hold while the correction of a track is changed, so that changes follow one another."""
        return self._locks.setdefault(file_hash, asyncio.Lock())

    async def update(self, file_hash: str, change: Callable[[TempoHint], TempoHint]) -> Correction:
        """Change the correction of a track, and return the new one.

        Args:
            file_hash: SHA-256 of the file.
            change: Function from the previous hint to the new one.

        Raises:
            InsufficientStorageError: It could not be stored.
        """
        before = await self.get(file_hash)
        after = Correction(change(before.hint), before.revision + 1)
        if after.hint == before.hint:
            return before
        value = orjson.dumps({"hint": after.hint.to_dict(), "revision": after.revision})
        if not await self._store.put(cache_keys.correction_key(file_hash), value, ttl_s=math.inf, rank=after.revision):
            raise InsufficientStorageError("The correction could not be stored: the data folder takes no more.")
        return after
