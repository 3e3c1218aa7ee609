"""What every store promises, of each that there is."""

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


async def test_a_value_comes_back_as_it_was(store: Store) -> None:
    value = bytes(range(256)) * 4096
    assert await store.put(KEY, value, ttl_s=60.0)
    assert await store.get(KEY) == value


async def test_an_empty_value_is_a_value(store: Store) -> None:
    assert await store.put(KEY, b"", ttl_s=60.0)
    assert await store.get(KEY) == b""


async def test_what_was_not_kept_is_not_there(store: Store) -> None:
    assert await store.get(KEY) is None


async def test_a_value_replaces_one_of_the_same_rank(store: Store) -> None:
    for value in (b"first", b"second"):
        assert await store.put(KEY, value, ttl_s=60.0, rank=3)
    assert await store.get(KEY) == b"second"


@pytest.mark.parametrize(("held", "offered"), [(1, 0), (5, 4), (5, 0)])
async def test_a_poorer_value_never_replaces_a_richer_one(store: Store, held: int, offered: int) -> None:
    assert await store.put(KEY, b"rich", ttl_s=60.0, rank=held)
    assert not await store.put(KEY, b"poor", ttl_s=60.0, rank=offered)
    assert await store.get(KEY) == b"rich"


async def test_a_richer_value_replaces_a_poorer_one_and_holds(store: Store) -> None:
    assert await store.put(KEY, b"poor", ttl_s=60.0, rank=1)
    assert await store.put(KEY, b"rich", ttl_s=60.0, rank=5)
    assert not await store.put(KEY, b"poor", ttl_s=60.0, rank=4)
    assert await store.get(KEY) == b"rich"


async def test_an_expired_value_is_gone_and_its_rank_with_it(store: Store) -> None:
    assert await store.put(KEY, b"rich", ttl_s=0.05, rank=5)
    async with asyncio.timeout(5.0):
        while await store.get(KEY) is not None:
            pass
    assert await store.put(KEY, b"poor", ttl_s=60.0, rank=0)
    assert await store.get(KEY) == b"poor"


async def test_of_many_at_once_the_richest_stays(store: Store) -> None:
    ranks = [3, 7, 1, 9, 0, 5, 9, 2, 8, 4] * 2
    await asyncio.gather(*(store.put(KEY, b"rank %d" % rank, ttl_s=60.0, rank=rank) for rank in ranks))
    assert await store.get(KEY) == b"rank 9"


async def test_keys_do_not_mix(store: Store) -> None:
    keys = [f"{KEY}:{number}" for number in range(20)]
    await asyncio.gather(*(store.put(key, key.encode(), ttl_s=60.0) for key in keys))
    assert await asyncio.gather(*(store.get(key) for key in keys)) == [key.encode() for key in keys]
