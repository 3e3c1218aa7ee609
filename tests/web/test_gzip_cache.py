"""The gzip cache: the same bytes as before compression, and a bounded size."""

import asyncio
import gzip

import numpy as np
import zstandard

from tactus.web.tracks.gzip_cache import GzipCache


def random_digits(seed: int, n_digits: int) -> bytes:
    return np.random.default_rng(seed).integers(48, 58, n_digits, np.uint8).tobytes()


async def test_the_compressed_body_decompresses_to_the_original() -> None:
    plain = random_digits(1, 1_000_000)
    body, cache = zstandard.compress(plain, 1), GzipCache()
    assert gzip.decompress(await cache.compress("a", body)) == plain
    assert gzip.decompress(b"".join([chunk async for chunk in cache.stream(body)])) == plain


async def test_concurrent_and_later_requests_share_one_result() -> None:
    body, cache = zstandard.compress(random_digits(1, 500_000), 1), GzipCache()
    first, *others = await asyncio.gather(*(cache.compress("a", body) for _ in range(20)))
    assert all(other is first for other in others)
    assert await cache.compress("a", b"not read") is first


async def test_the_least_recently_used_results_are_evicted() -> None:
    cache = GzipCache(max_bytes=250_000)  # results have about 47,000 bytes: five fit
    bodies = {str(seed): zstandard.compress(random_digits(seed, 100_000), 1) for seed in range(8)}
    first = {key: await cache.compress(key, bodies[key]) for key in "01234"}
    await cache.compress("0", bodies["0"])
    await cache.compress("5", bodies["5"])
    assert await cache.compress("0", bodies["0"]) is first["0"], "used again before the sixth was added"
    assert await cache.compress("1", bodies["1"]) is not first["1"], "least recently used"
