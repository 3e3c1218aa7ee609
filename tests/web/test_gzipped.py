"""gzip made of zstd: the same bytes, remembered within bounds."""

import asyncio
import gzip

import numpy as np
import pytest
import zstandard

from tactus.web.tracks import gzip_cache
from tactus.web.tracks.gzip_cache import Gzipped


def digits(seed: int, n: int) -> bytes:
    return np.random.default_rng(seed).integers(48, 58, n, np.uint8).tobytes()


async def test_what_comes_out_is_what_went_in() -> None:
    plain = digits(1, 1_000_000)
    body, packer = zstandard.compress(plain, 1), Gzipped()
    assert gzip.decompress(await packer.whole("a", body)) == plain
    assert gzip.decompress(b"".join([piece async for piece in packer.pieces(body)])) == plain


async def test_it_is_made_once_for_all_who_ask_at_the_same_time() -> None:
    body, packer = zstandard.compress(digits(1, 500_000), 1), Gzipped()
    first, *others = await asyncio.gather(*(packer.whole("a", body) for _ in range(20)))
    assert all(other is first for other in others)
    assert await packer.whole("a", b"not even looked at") is first


async def test_the_ones_used_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_cache, "REMEMBERED_BYTES", 250_000)  # of about 47,000 each: five
    packer = Gzipped()
    bodies = {str(seed): zstandard.compress(digits(seed, 100_000), 1) for seed in range(8)}
    first = {name: await packer.whole(name, bodies[name]) for name in "01234"}
    await packer.whole("0", bodies["0"])
    await packer.whole("5", bodies["5"])
    assert await packer.whole("0", bodies["0"]) is first["0"], "used again before the sixth came"
    assert await packer.whole("1", bodies["1"]) is not first["1"], "used longest ago"
