"""Plain JSON of the most complete analyses, in the store that other programs read."""

import asyncio

import zstandard

from tactus.jobs.ports import Store
from tactus.jobs.tracks import cache_keys
from tactus.logs import log

MAX_PLAIN_BYTES = 1 << 26
"""Maximum size of an analysis that is published as plain JSON [bytes]: a larger one would block Redis."""

PUBLISH_TIMEOUT_S = 0.2
"""Time for which a response waits for the publication [s]; the publication then continues in the background."""

REMOVAL_TTL_S = 0.001
"""Time to live of the value that replaces a removed one [s]: stores have no operation that deletes by rank."""


class PlainJson:
    """Publishes analyses as plain JSON. Call `aclose` at the end.

    Args:
        store: Store that other programs read; None: none, all methods do nothing.
        expiry_s: Time to live of the values [s].
    """

    def __init__(self, store: Store | None, expiry_s: float) -> None:
        self._store = store
        self._expiry_s = expiry_s
        self._publications: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()

    async def get(self, file_hash: str) -> bytes | None:
        """Read the published JSON of a file, or None."""
        return await self._store.get(cache_keys.plain_key(file_hash)) if self._store else None

    async def publish(self, file_hash: str, body: bytes, rank: int) -> None:
        """Publish an analysis; waits for at most `PUBLISH_TIMEOUT_S`.

        Args:
            file_hash: SHA-256 of the file, hexadecimal.
            body: The analysis as JSON, zstd-compressed.
            rank: Rank of the value; one of a higher rank is not replaced.
        """
        if self._store:
            publication = asyncio.create_task(self._put(self._store, file_hash, body, rank))
            self._publications.add(publication)
            publication.add_done_callback(self._publications.discard)
            await asyncio.wait({publication}, timeout=PUBLISH_TIMEOUT_S)

    async def remove(self, file_hash: str, rank: int) -> None:
        """Remove the published JSON of a file, unless it has a higher rank."""
        if self._store:
            await self._store.put(cache_keys.plain_key(file_hash), b"null", ttl_s=REMOVAL_TTL_S, rank=rank)

    async def aclose(self) -> None:
        """Cancel what is still being published."""
        publications = tuple(self._publications)
        for publication in publications:
            publication.cancel()
        await asyncio.gather(*publications, return_exceptions=True)

    async def _put(self, store: Store, file_hash: str, body: bytes, rank: int) -> None:
        async with self._lock:  # plain JSON is about ten times as large: one at a time in memory
            plain = await asyncio.to_thread(_decompress, body)
            if plain is None:
                log.warning("analysis_not_published", file_hash=file_hash, reason="it is too large or damaged")
            else:
                await store.put(cache_keys.plain_key(file_hash), plain, ttl_s=self._expiry_s, rank=rank)


def _decompress(body: bytes) -> bytes | None:
    """The decompressed bytes; None where they are too many or damaged, since child processes are not trusted."""
    try:
        plain = zstandard.ZstdDecompressor().stream_reader(body).read(MAX_PLAIN_BYTES + 1)
    except zstandard.ZstdError:
        return None
    return plain if len(plain) <= MAX_PLAIN_BYTES else None
