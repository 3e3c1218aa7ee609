"""`python -m benchmarks.live_cost`: CPU time of a live session, by how many listen and in which format.

A demo session, with a Redis server and without one; listeners connect by WebSocket from this process, which is not
counted. Printed is the CPU time of the session's child process and of the API process, in per cent of a core.
Needs what `make test` installs.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from websockets.asyncio.client import connect

from tests.fixtures.redis_server import RedisServer
from tests.fixtures.service import Service, running_service

REDUCED = "&fields=levels,beat_detected,beat,frequency_data&bins=64&scale=log"
MIXES = {
    "none": (0, ""),
    "1 JSON": (1, ""),
    "20 JSON": (20, ""),
    "1 binary": (1, "&format=binary"),
    "20 binary": (20, "&format=binary"),
    "1 reduced": (1, REDUCED),
    "20 reduced": (20, REDUCED),
    "1 reduced binary": (1, f"{REDUCED}&format=binary"),
}
"""Listeners by name: how many, and their query. "Reduced" are levels, beats and 64 logarithmic bands."""
WARM_S = 1.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.live_cost", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--mix", choices=MIXES, action="append")
    asked = parser.parse_args()
    print("| Redis | listeners | child | API process | both |\n|---|---|---|---|---|")
    for has_redis in (False, True):
        with tempfile.TemporaryDirectory(prefix="tactus-bench-") as name, _service(Path(name), has_redis) as service:
            api = psutil.Process(service.process.pid)
            before = set(api.children(recursive=True))
            with service.client() as client:
                client.post("/live/start", json={"source": "demo"}).raise_for_status()
            (child,) = set(api.children(recursive=True)) - before
            for mix in asked.mix or MIXES:
                child_share, api_share = asyncio.run(_shares(service, (child, api), *MIXES[mix], asked.seconds))
                print(
                    f"| {'yes' if has_redis else 'no'} | {mix} | {child_share:.2f} % | {api_share:.2f} % "
                    f"| {child_share + api_share:.2f} % |",
                    flush=True,
                )


@contextlib.contextmanager
def _service(folder: Path, has_redis: bool) -> Iterator[Service]:
    with contextlib.ExitStack() as stack:
        environment = {"REDIS_URL": "redis://127.0.0.1:1"}
        if has_redis:
            redis = RedisServer(folder)
            redis.start()
            stack.callback(redis.kill)
            environment["REDIS_URL"] = redis.url
        yield stack.enter_context(running_service(folder, **environment))


async def _shares(
    service: Service, processes: tuple[psutil.Process, ...], n_listeners: int, query: str, seconds: float
) -> list[float]:
    """CPU time of processes while listeners are connected [per cent of a core]."""
    address = f"{service.websocket_url}/live/ws?session=default_user{query}"
    listeners = [asyncio.create_task(_receive(address)) for _ in range(n_listeners)]
    await asyncio.sleep(WARM_S)
    began_s, spent_s = time.monotonic(), [_cpu_s(process) for process in processes]
    await asyncio.sleep(seconds)
    took_s = time.monotonic() - began_s
    shares = [100 * (_cpu_s(process) - before) / took_s for process, before in zip(processes, spent_s, strict=True)]
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    return shares


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _receive(address: str) -> None:
    async with connect(address, compression=None) as socket:
        async for _ in socket:
            pass


if __name__ == "__main__":
    main()
