"""Redis as an optional cache: its loss, in any way, delays one request briefly and later ones not at all."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tactus.store.disk import DiskStore
from tactus.store.layered import LayeredStore
from tactus.store.redis import RedisStore, redis_breaker, redis_client
from tests.fixtures.redis_server import PASSWORD, Fault, FaultProxy, RedisServer

KEY = "analysis:" + "0" * 64
MAX_FIRST_DELAY_S = 0.25
MAX_LATER_DELAY_S = 0.005
MAX_RECOVERY_S = 5.0


@contextlib.asynccontextmanager
async def connect(url: str, *, is_configured: bool = True) -> AsyncIterator[RedisStore]:
    client = redis_client(url)
    async with redis_breaker(client, is_configured=is_configured) as breaker:
        yield RedisStore(client, breaker, is_configured=is_configured)
    await client.aclose()


def status_of(store: RedisStore) -> str:
    return store.status


async def measure_get_s(store: RedisStore) -> float:
    clock = asyncio.get_running_loop().time
    began_s = clock()
    assert await store.get(KEY) is None
    return clock() - began_s


async def wait_until(is_true: Callable[[], bool], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not is_true():  # noqa: ASYNC110  the state of another program: there is no event to wait for
            await asyncio.sleep(0.01)


async def test_values_are_plain_bytes_with_a_ttl(redis_server: RedisServer) -> None:
    async with connect(redis_server.url) as store:
        assert await store.put(KEY, b'{"bpm":120.0}', ttl_s=3600.0, rank=5)
    value = redis_server.command("GET", KEY)
    assert isinstance(value, bytes)
    assert json.loads(value) == {"bpm": 120.0}
    left_s = redis_server.command("TTL", KEY)
    assert isinstance(left_s, int)
    assert 3590 <= left_s <= 3600
    assert redis_server.command("TTL", f"{KEY}:rank") == left_s


@pytest.mark.parametrize(("is_configured", "status"), [(True, "down"), (False, "off")])
async def test_without_redis_requests_are_bypassed_at_once(
    absent_redis_url: str, is_configured: bool, status: str
) -> None:
    async with connect(absent_redis_url, is_configured=is_configured) as store:
        assert status_of(store) == status
        assert await measure_get_s(store) < MAX_LATER_DELAY_S
        assert not await store.put(KEY, b"value", ttl_s=60.0)


async def test_redis_that_starts_later_is_used(own_redis: RedisServer) -> None:
    own_redis.kill()
    async with connect(own_redis.url) as store:
        assert status_of(store) == "down"
        own_redis.start()
        await wait_until(lambda: store.status == "ok", MAX_RECOVERY_S)
        assert await store.put(KEY, b"value", ttl_s=60.0)
        assert await store.get(KEY) == b"value"


@pytest.mark.parametrize("way", ["killed", "frozen"])
async def test_a_lost_redis_delays_only_the_first_request(own_redis: RedisServer, way: str) -> None:
    async with connect(own_redis.url) as store:
        assert status_of(store) == "ok"
        if way == "killed":
            own_redis.kill()
        else:
            own_redis.send(signal.SIGSTOP)
        assert await measure_get_s(store) < MAX_FIRST_DELAY_S
        assert status_of(store) == "down"
        assert max([await measure_get_s(store) for _ in range(100)]) < MAX_LATER_DELAY_S
        if way == "killed":
            own_redis.start()
        else:
            own_redis.send(signal.SIGCONT)
        await wait_until(lambda: store.status == "ok", MAX_RECOVERY_S)


async def test_concurrent_requests_to_a_frozen_redis_wait_briefly(own_redis: RedisServer) -> None:
    async with connect(own_redis.url) as store:
        own_redis.send(signal.SIGSTOP)
        assert max(await asyncio.gather(*(measure_get_s(store) for _ in range(50)))) < MAX_FIRST_DELAY_S
        own_redis.send(signal.SIGCONT)


@pytest.mark.parametrize("fault", ["slow", "stalled", "garbage", "refused"])
async def test_a_faulty_connection_is_bypassed_and_used_again_later(fault_proxy: FaultProxy, fault: Fault) -> None:
    async with connect(fault_proxy.url) as store:
        assert status_of(store) == "ok"
        fault_proxy.fault, fault_proxy.delay_s = fault, 0.5
        if fault == "refused":
            await store._client.connection_pool.disconnect()
        assert await measure_get_s(store) < MAX_FIRST_DELAY_S
        assert status_of(store) == "down"
        assert await measure_get_s(store) < MAX_LATER_DELAY_S
        fault_proxy.fault = "none"
        await wait_until(lambda: store.status == "ok", MAX_RECOVERY_S)
        assert await store.put(KEY, b"value", ttl_s=60.0)
        assert await store.get(KEY) == b"value"


async def test_probes_run_at_most_once_a_second(fault_proxy: FaultProxy) -> None:
    fault_proxy.fault = "refused"
    clock = asyncio.get_running_loop().time
    async with connect(fault_proxy.url) as store:
        began_s, seen = clock(), fault_proxy.n_connections
        await wait_until(lambda: fault_proxy.n_connections >= seen + 2, 9.0)
        assert clock() - began_s >= 2.0
        assert status_of(store) == "down"


async def test_a_replica_is_not_used(own_redis: RedisServer, redis_server: RedisServer) -> None:
    own_redis.command("REPLICAOF", "127.0.0.1", str(redis_server.port))
    async with connect(own_redis.url) as store:
        assert status_of(store) == "down"
        assert not await store.put(KEY, b"value", ttl_s=60.0)


async def test_a_redis_that_becomes_a_replica_is_bypassed(own_redis: RedisServer, redis_server: RedisServer) -> None:
    async with connect(own_redis.url) as store:
        own_redis.command("REPLICAOF", "127.0.0.1", str(redis_server.port))
        assert not await store.put(KEY, b"value", ttl_s=60.0)
        assert status_of(store) == "down"
        own_redis.command("REPLICAOF", "NO", "ONE")
        await wait_until(lambda: store.status == "ok", MAX_RECOVERY_S)


async def test_a_redis_that_cannot_save_is_bypassed(own_redis: RedisServer) -> None:
    own_redis.command("CONFIG", "SET", "min-replicas-to-write", "1")  # refuses writes as MISCONF does
    async with connect(own_redis.url) as store:
        assert status_of(store) == "down"
    own_redis.command("CONFIG", "SET", "min-replicas-to-write", "0")
    own_redis.command("CONFIG", "SET", "maxmemory", "1")
    async with connect(own_redis.url) as store:
        assert status_of(store) == "down"


@pytest.mark.parametrize("password", [None, "a-wrong-one"])
async def test_a_wrong_password_is_logged_as_an_error_without_the_password(
    own_redis: RedisServer, password: str | None
) -> None:
    own_redis.command("CONFIG", "SET", "requirepass", PASSWORD)
    url = own_redis.url.replace("//", f"//:{password}@") if password else own_redis.url
    with capture_logs() as lines:
        async with connect(url) as store:
            assert status_of(store) == "down"
            assert not await store.put(KEY, b"value", ttl_s=60.0)
    assert [line["log_level"] for line in lines if line["event"] == "redis_bypassed"] == ["error"], "logged once"
    assert "a-wrong-one" not in str(lines)
    assert PASSWORD not in str(lines)
    async with connect(own_redis.url.replace("//", f"//:{PASSWORD}@")) as store:
        assert status_of(store) == "ok"


async def test_acl_rules_for_the_keys_of_tactus_suffice(own_redis: RedisServer) -> None:
    own_redis.command(
        "ACL", "SETUSER", "tactus", "on", f">{PASSWORD}", "~analysis:*", "~audio:*", "&audio:*", "+get", "+set", "+del",
        "+exists", "+eval", "+publish",
    )  # fmt: skip
    async with connect(own_redis.url.replace("//", f"//tactus:{PASSWORD}@")) as store:
        assert status_of(store) == "ok"
        assert await store.put(KEY, b"value", ttl_s=60.0, rank=3)
        assert await store.get(KEY) == b"value"


async def test_after_flushall_values_can_be_stored_again(redis_server: RedisServer) -> None:
    async with connect(redis_server.url) as store:
        await store.put(KEY, b"value", ttl_s=60.0, rank=5)
        redis_server.command("FLUSHALL")
        redis_server.command("SCRIPT", "FLUSH")
        assert await store.get(KEY) is None
        assert await store.put(KEY, b"again", ttl_s=60.0)


async def test_a_cancelled_request_does_not_mix_up_responses_of_others(fault_proxy: FaultProxy) -> None:
    async with connect(fault_proxy.url) as store:
        for number in range(20):
            await store.put(f"{KEY}:{number}", b"%d" % number, ttl_s=60.0)
        fault_proxy.fault, fault_proxy.delay_s = "slow", 0.02
        for number in range(10):
            request = asyncio.create_task(store.get(f"{KEY}:{number}"))
            await asyncio.sleep(0)
            request.cancel()
        fault_proxy.fault = "none"
        values = await asyncio.gather(*(store.get(f"{KEY}:{number}") for number in range(20)))
    assert values == [b"%d" % number for number in range(20)]


async def test_losing_redis_loses_no_result(own_redis: RedisServer, tmp_path: Path) -> None:
    disk = DiskStore(tmp_path / "analyses.sqlite")
    async with connect(own_redis.url) as shared:
        store = LayeredStore(shared, disk)
        assert await store.put(KEY, b"value", ttl_s=60.0)
        own_redis.kill()
        assert await store.get(KEY) == b"value"
        assert await store.put(KEY, b"newer", ttl_s=60.0)
        assert await store.get(KEY) == b"newer"
    await disk.aclose()
