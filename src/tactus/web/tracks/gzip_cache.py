"""Gzip encoding of analyses, for clients that do not accept zstd, with a cache of the most recently used ones."""

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator

import zstandard

CHUNK_BYTES = 1 << 17
_LEVEL = 1
"""Compression level: the fastest. Digits shrink to less than half with it, and hardly more with higher levels."""


class GzipCache:
    """Converts zstd-compressed bodies to gzip, and caches the most recently used results.

    Args:
        max_bytes: Maximum size of all cached results [bytes]; the default holds about ten full analyses of songs.
        max_body_bytes: Maximum size of a cached body before compression [bytes]; larger ones are streamed instead.
    """

    def __init__(self, max_bytes: int = 24 << 20, max_body_bytes: int = 1 << 24) -> None:
        self.max_body_bytes = max_body_bytes
        self._max_bytes = max_bytes
        self._results: OrderedDict[str, bytes] = OrderedDict()
        self._n_bytes = 0
        self._lock = asyncio.Lock()

    async def compress(self, key: str, body: bytes) -> bytes:
        """Compress a body with gzip, or return the cached result.

        Args:
            key: Unique key of the body, such as its ETag.
            body: zstd-compressed as one frame, at most `max_body_bytes` before compression.
        """
        if key not in self._results:
            async with self._lock:  # concurrent requests are mostly for the same body
                if key not in self._results:
                    result = await asyncio.to_thread(lambda: b"".join(_compress(body)))
                    self._add(key, result)
                    return result
        self._results.move_to_end(key)
        return self._results[key]

    async def stream(self, body: bytes) -> AsyncIterator[bytes]:
        """Compress a body of any size with gzip, chunk by chunk, without caching."""
        chunks = _compress(body)
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:  # in a thread: others are served
            yield chunk

    def _add(self, key: str, result: bytes) -> None:
        self._results[key] = result
        self._n_bytes += len(result)
        while self._n_bytes > self._max_bytes:
            _, oldest = self._results.popitem(last=False)
            self._n_bytes -= len(oldest)


def _compress(body: bytes) -> Iterator[bytes]:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for chunk in zstandard.ZstdDecompressor().read_to_iter(body, write_size=CHUNK_BYTES):
        if compressed := compressor.compress(chunk):
            yield compressed
    yield compressor.flush()
