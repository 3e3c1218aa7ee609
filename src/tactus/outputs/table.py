"""The outputs of the service: one line here for each protocol, beside its own file and its settings."""

from dataclasses import dataclass, field

import redis.asyncio

from tactus.outputs.output import Output
from tactus.outputs.redis_pubsub import RedisOutput, RedisOutputConfig
from tactus.store.breaker import Breaker


@dataclass(frozen=True, slots=True)
class OutputsConfig:
    """Settings of all outputs, made by `settings.Settings.outputs`.

    Args:
        redis: Settings of Redis publish/subscribe, which is always tried.
    """

    redis: RedisOutputConfig = field(default_factory=RedisOutputConfig)


def configured_outputs(config: OutputsConfig, client: redis.asyncio.Redis, breaker: Breaker) -> tuple[Output, ...]:
    """All outputs that are switched on, not opened yet.

    Args:
        config: Settings of all outputs.
        client: The program's one Redis client.
        breaker: The circuit breaker of that client.
    """
    return (RedisOutput(client, breaker, config.redis),)
