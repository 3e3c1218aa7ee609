"""What people have said of the beat of tracks: kept for good, and before everything that is heard."""

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
    """What is said of one track.

    Args:
        hint: What is known of its beat.
        revision: How often that has changed; 0: nobody ever said anything.
    """

    hint: TempoHint = NO_HINT
    revision: int = 0


class Corrections:
    """Corrections by track.

    Args:
        store: Where they are kept; it forgets nothing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, file_hash: str) -> Correction:
        """What is said of a track."""
        kept = await self._store.get(cache_keys.correction_key(file_hash))
        if kept is None:
            return Correction()
        try:
            fields = orjson.loads(kept)
            return Correction(hint_from(fields["hint"]), int(fields["revision"]))
        except (ValueError, TypeError, KeyError):
            log.error("correction_not_readable", file_hash=file_hash)
            return Correction()

    def changing(self, file_hash: str) -> asyncio.Lock:
        """Held by whoever changes what is said of the track, so that changes follow one another."""
        return self._changing.setdefault(file_hash, asyncio.Lock())

    async def change(self, file_hash: str, changed: Callable[[TempoHint], TempoHint]) -> Correction:
        """What is said of a track from now on.

        Args:
            file_hash: SHA-256 of the file.
            changed: What was said before, changed.

        Raises:
            InsufficientStorageError: It could not be kept.
        """
        before = await self.of(file_hash)
        after = Correction(changed(before.hint), before.revision + 1)
        if after.hint == before.hint:
            return before
        kept = orjson.dumps({"hint": after.hint.to_dict(), "revision": after.revision})
        if not await self._store.put(cache_keys.correction_key(file_hash), kept, ttl_s=math.inf, rank=after.revision):
            raise InsufficientStorageError("The correction could not be kept: the data folder takes no more.")
        return after
