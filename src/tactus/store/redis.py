"""Store of results in Redis, readable by other programs and shared by several instances of Tactus."""

from typing import Literal

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from tactus.store.breaker import OPERATION_BUDGET_S, Breaker, BypassedError

RedisStatus = Literal["off", "ok", "down"]
"""State of Redis: "off" (not configured and not reachable), "ok" (in use), "down" (configured and not reachable)."""

MIN_BYTES_PER_S = 50e6
"""Slowest network: large values get more time by it before an operation counts as failed [bytes/s]."""

PROBE_KEY = "analysis:probe"
"""Key written and read by probes; it has the prefix of all results, so that Redis ACLs need no further rule."""

# One atomic step, or two programs could both find no value of a higher rank, and one replace the value of the other.
_PUT = """
local stored_rank = redis.call('GET', KEYS[2])
if stored_rank and tonumber(stored_rank) > tonumber(ARGV[2]) and redis.call('EXISTS', KEYS[1]) == 1 then
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
    """Create the client of the program, which connects on first use, has short timeouts and never retries.

    Args:
        url: URL of the server: `redis://[user:password@]host[:port][/database]`, `rediss://` or `unix://`.

    Raises:
        ValueError: The URL has another scheme.
    """
    client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        url,
        socket_connect_timeout=OPERATION_BUDGET_S,
        socket_timeout=OPERATION_BUDGET_S,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # needs no HELLO, so connecting takes one round trip less
    )
    return client


def redis_breaker(client: redis.asyncio.Redis, *, is_configured: bool) -> Breaker:
    """Create the circuit breaker shared by all users of `client`. Its probe writes: a read-only replica is useless.

    Args:
        client: Client of the program.
        is_configured: True if the settings name a Redis server, so that its absence is logged as an error.
    """

    async def probe() -> None:
        await _put(client, PROBE_KEY, b"1", ttl_s=1.0, rank=0)
        await client.get(PROBE_KEY)

    return Breaker("redis", probe, is_expected=is_configured)


class RedisStore:
    """Store of results in Redis: a value unchanged under its key, its rank, if not 0, under `{key}:rank`.

    Args:
        client: Client of the program.
        breaker: Circuit breaker shared by all users of the client.
        is_configured: True if the settings name a Redis server.
    """

    def __init__(self, client: redis.asyncio.Redis, breaker: Breaker, *, is_configured: bool) -> None:
        self.name = "redis"
        self._client = client
        self._breaker = breaker
        self._is_configured = is_configured

    @property
    def status(self) -> RedisStatus:
        """State of Redis."""
        return "ok" if self._breaker.is_closed else "down" if self._is_configured else "off"

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None if there is none, it has expired or Redis is unreachable."""
        try:
            return await self._breaker.call(lambda: _get(self._client, key))
        except BypassedError:
            return None

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool:
        """Store a value; return False if one of a higher rank is stored, or Redis is unreachable."""
        budget_s = OPERATION_BUDGET_S + len(value) / MIN_BYTES_PER_S
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
