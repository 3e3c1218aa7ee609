"""Fixtures of the whole suite; each file of `tests/fixtures` brings a real thing: a server, a microphone, a browser."""

pytest_plugins = [
    "tests.fixtures.signals",
    "tests.fixtures.redis_server",
    "tests.fixtures.service",
    "tests.fixtures.hostile_server",
    "tests.fixtures.virtual_microphone",
    "tests.fixtures.browser",
]
