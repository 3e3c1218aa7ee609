"""Results in Redis, where other programs can read them and several Tactus share them."""

from typing import Literal

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from tactus.store.breaker import OPERATION_BUDGET_S, Breaker, BypassedError

RedisStatus = Literal["off", "ok", "down"]
"""Not set and not reachable; in use; set and not reachable."""

SLOWEST_BYTES_PER_S = 50e6
"""How slow a network may be for large values before it counts as failed [bytes/s]."""

PROBE_KEY = "analysis:probe"
"""Written and read by probes; below the prefix of all results, so that access rules need no other."""

# One step for Redis, or two programs could each find nothing of a higher rank and then replace one another's value.
_PUT = """
local held = redis.call('GET', KEYS[2])
if held and tonumber(held) > tonumber(ARGV[2]) and redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[2])
else
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
end
return 1
"""


def redis_client(url: str) -> redis.asyncio.Redis:
    """The program's one client; connects when it is first used, waits briefly and never tries twice.

    Args:
        url: `redis://[user:password@]host[:port][/database]`, `rediss://` or `unix://`.

    Raises:
        ValueError: It is none of these.
    """
    client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        url,
        socket_connect_timeout=OPERATION_BUDGET_S,
        socket_timeout=OPERATION_BUDGET_S,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # needs no greeting, so connecting costs one round trip less
    )
    return client


def redis_breaker(client: redis.asyncio.Redis, *, is_configured: bool) -> Breaker:
    """The breaker that everything which uses `client` shares. Its probe writes: a replica that only reads is no use.

    Args:
        client: The program's one client.
        is_configured: Whether somebody asked for Redis, and so has to hear that it is gone.
    """

    async def probe() -> None:
        await _put(client, PROBE_KEY, b"1", ttl_s=1.0, rank=0)
        await client.get(PROBE_KEY)

    return Breaker("redis", probe, is_expected=is_configured)


class RedisStore:
    """Keeps results in Redis. A value lies plain under its key; its rank, where it has one, under `{key}:rank`.

    Args:
        client: The program's one client.
        breaker: Shared by everything that uses the client.
        is_configured: Whether somebody asked for Redis.
    """

    def __init__(self, client: redis.asyncio.Redis, breaker: Breaker, *, is_configured: bool) -> None:
        self.name = "redis"
        self._client = client
        self._breaker = breaker
        self._is_configured = is_configured

    @property
    def status(self) -> RedisStatus:
        """How Redis is doing."""
        return "ok" if self._breaker.is_closed else "down" if self._is_configured else "off"

    async def get(self, key: str) -> bytes | None:
        """The value, or None where there is none, it has expired or Redis is out of reach."""
        try:
            return await self._breaker.call(lambda: _get(self._client, key))
        except BypassedError:
            return None

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool:
        """Keep a value; False where a living one of a higher rank stays or Redis is out of reach."""
        budget_s = OPERATION_BUDGET_S + len(value) / SLOWEST_BYTES_PER_S
        try:
            return await self._breaker.call(
                lambda: _put(self._client, key, value, ttl_s=ttl_s, rank=rank), budget_s=budget_s
            )
        except BypassedError:
            return False


async def _get(client: redis.asyncio.Redis, key: str) -> bytes | None:
    value = await client.get(key)
    return value.encode() if isinstance(value, str) else value


async def _put(client: redis.asyncio.Redis, key: str, value: bytes, *, ttl_s: float, rank: int) -> bool:
    return bool(await client.eval(_PUT, 2, key, f"{key}:rank", value, rank, max(1, round(1000 * ttl_s))))
