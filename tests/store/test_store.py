"""Contract of a store, for every implementation."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tactus.jobs.ports import Store
from tactus.store.disk import DiskStore
from tactus.store.layered import LayeredStore
from tactus.store.redis import RedisStore, redis_breaker, redis_client
from tests.fixtures.redis_server import RedisServer

KEY = "analysis:" + "0" * 64


async def redis_store(url: str) -> AsyncIterator[RedisStore]:
    client = redis_client(url)
    async with redis_breaker(client, is_configured=True) as breaker:
        yield RedisStore(client, breaker, is_configured=True)
    await client.aclose()


@pytest.fixture(params=["disk", "redis", "redis+disk"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer) -> AsyncIterator[Store]:
    disk = DiskStore(tmp_path / "data" / "analyses.sqlite")
    async for shared in redis_store(redis_server.url):
        stores: tuple[Store, ...] = (disk, shared, LayeredStore(shared, disk))
        yield next(store for store in stores if store.name == request.param)
    await disk.aclose()


async def test_a_value_is_returned_unchanged(store: Store) -> None:
    value = bytes(range(256)) * 4096
    assert await store.put(KEY, value, ttl_s=60.0)
    assert await store.get(KEY) == value


async def test_an_empty_value_is_a_value(store: Store) -> None:
    assert await store.put(KEY, b"", ttl_s=60.0)
    assert await store.get(KEY) == b""


async def test_a_key_that_was_not_stored_has_no_value(store: Store) -> None:
    assert await store.get(KEY) is None


async def test_a_value_replaces_one_of_the_same_rank(store: Store) -> None:
    for value in (b"first", b"second"):
        assert await store.put(KEY, value, ttl_s=60.0, rank=3)
    assert await store.get(KEY) == b"second"


@pytest.mark.parametrize(("stored_rank", "rank"), [(1, 0), (5, 4), (5, 0)])
async def test_a_value_of_lower_rank_never_replaces_one_of_higher_rank(
    store: Store, stored_rank: int, rank: int
) -> None:
    assert await store.put(KEY, b"higher", ttl_s=60.0, rank=stored_rank)
    assert not await store.put(KEY, b"lower", ttl_s=60.0, rank=rank)
    assert await store.get(KEY) == b"higher"


async def test_a_value_of_higher_rank_replaces_one_of_lower_rank_and_stays(store: Store) -> None:
    assert await store.put(KEY, b"lower", ttl_s=60.0, rank=1)
    assert await store.put(KEY, b"higher", ttl_s=60.0, rank=5)
    assert not await store.put(KEY, b"lower", ttl_s=60.0, rank=4)
    assert await store.get(KEY) == b"higher"


async def test_an_expired_value_is_removed_with_its_rank(store: Store) -> None:
    assert await store.put(KEY, b"higher", ttl_s=0.05, rank=5)
    async with asyncio.timeout(5.0):
        while await store.get(KEY) is not None:
            pass
    assert await store.put(KEY, b"lower", ttl_s=60.0, rank=0)
    assert await store.get(KEY) == b"lower"


async def test_of_concurrent_values_the_one_of_highest_rank_stays(store: Store) -> None:
    ranks = [3, 7, 1, 9, 0, 5, 9, 2, 8, 4] * 2
    await asyncio.gather(*(store.put(KEY, b"rank %d" % rank, ttl_s=60.0, rank=rank) for rank in ranks))
    assert await store.get(KEY) == b"rank 9"


async def test_keys_do_not_mix(store: Store) -> None:
    keys = [f"{KEY}:{number}" for number in range(20)]
    await asyncio.gather(*(store.put(key, key.encode(), ttl_s=60.0) for key in keys))
    assert await asyncio.gather(*(store.get(key) for key in keys)) == [key.encode() for key in keys]
