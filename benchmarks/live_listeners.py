"""`python -m benchmarks.live_listeners`: what many listeners get of a live session, for how long, and how late.

A virtual microphone (PulseAudio) records the demo's music; every listener is a WebSocket that asks for levels, beats
and 64 bands, about 1 KB a message. Printed are messages lost (numbers that are missing), how many of these were
announced, how late frames come after the end of the captured block, CPU time of the processes, and how much their
memory has grown since the second minute. `--load` keeps two analyses running and four slow uploads arriving meanwhile.
Needs what `make test` installs.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import httpx
import numpy as np
import orjson
import psutil
from websockets.asyncio.client import connect

from benchmarks.song import write_song
from tactus.audio.sources.demo import Demo
from tests.fixtures.service import Service, running_service
from tests.fixtures.virtual_microphone import VirtualMicrophone

RATE = 44100
WANTED = "/live/ws?fields=levels,beat_detected,beat,frequency_data&bins=64&scale=log"
SETTLED_S = 60.0
"""Memory is compared with what it was after so long, or after a third of the time."""

N_ANALYSES, N_UPLOADS = 2, 4
SLOW_BYTES, SLOW_S = 65536, 0.1


@dataclass(slots=True)
class Received:
    """Results of all listeners: latency of each frame [ms], and numbers of messages lost with and without notice."""

    late_ms: list[float] = field(default_factory=list)
    n_lost: int = 0
    n_dropped: int = 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.live_listeners", description=__doc__)
    parser.add_argument("--listeners", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--load", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as name:
        microphone = VirtualMicrophone(Path(name))
        microphone.start()
        try:
            os.environ.update(microphone.environment)
            music = np.concatenate(list(islice(Demo(RATE).beats(), 64)))
            with running_service(Path(name)) as service, microphone.playing(music, RATE):
                processes = _processes(service)
                with service.client() as client:
                    client.post("/live/start").raise_for_status()
                (live,) = set(_processes(service)) - set(processes)
                load = _load(service, Path(name)) if asked.load else contextlib.nullcontext()
                with load:
                    _measure(service, live, asked.listeners, 60 * asked.minutes)
        finally:
            microphone.stop()


def _measure(service: Service, live: psutil.Process, n_listeners: int, duration_s: float) -> None:
    received, memory = Received(), []
    watched = {"API process": psutil.Process(service.process.pid), "live child": live}

    def watch() -> None:
        time.sleep(min(SETTLED_S, duration_s / 3))
        memory.append({name: process.memory_info().rss for name, process in watched.items()})

    watcher = threading.Thread(target=watch)
    watcher.start()
    cpu_s = {name: sum(process.cpu_times()[:2]) for name, process in watched.items()}
    began_s = time.monotonic()
    asyncio.run(_listen(service.websocket_url + WANTED, n_listeners, duration_s, received))
    took_s = time.monotonic() - began_s
    watcher.join()
    after = {name: process.memory_info().rss for name, process in watched.items()}
    spent_s = {name: sum(process.cpu_times()[:2]) - cpu_s[name] for name, process in watched.items()}
    late_ms = np.array(received.late_ms)
    p50, p99 = np.percentile(late_ms, (50, 99))
    print("| listeners | time | frames | lost | published | p50 | p99 | max |\n|---|---|---|---|---|---|---|---|")
    print(
        f"| {n_listeners} | {took_s / 60:.1f} min | {len(late_ms)} | {received.n_lost} | {received.n_dropped} "
        f"| {p50:.1f} ms | {p99:.1f} ms | {late_ms.max():.1f} ms |"
    )
    for name in watched:
        print(
            f"{name}: {100 * spent_s[name] / took_s:.1f} % of a core, {after[name] / 1e6:.1f} MB, "
            f"{(after[name] - memory[0][name]) / 1e6:+.2f} MB since it had settled"
        )


def _processes(service: Service) -> list[psutil.Process]:
    return psutil.Process(service.process.pid).children(recursive=True)


async def _listen(address: str, n_listeners: int, duration_s: float, received: Received) -> None:
    async with asyncio.TaskGroup() as listeners:
        for _ in range(n_listeners):
            listeners.create_task(_one(address, duration_s, received))


async def _one(address: str, duration_s: float, received: Received) -> None:
    last = None
    async with connect(address, compression=None) as socket:
        until_s = time.monotonic() + duration_s
        async for message in socket:
            wall_s = time.time()
            fields = orjson.loads(message)
            if last is not None:
                received.n_lost += fields.get("sequence", last + 1) - last - 1
            last = fields.get("sequence", last)
            received.n_dropped += fields.get("dropped", 0)
            if fields["type"] == "frame":
                received.late_ms.append(1000 * (wall_s - fields["timestamp"]))
            if time.monotonic() > until_s:
                return


@contextlib.contextmanager
def _load(service: Service, folder: Path) -> Iterator[None]:
    """Analyses and uploads from another process, from when the first analysis has been answered."""
    song = folder / "song.mp3"
    write_song(song, 4.0)
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    loader = context.Process(target=_keep_busy, args=(service.url, song, ready), daemon=True)
    loader.start()
    ready.wait(120)
    try:
        yield
    finally:
        loader.kill()
        loader.join()


def _keep_busy(url: str, song: Path, ready: threading.Event) -> None:
    content = song.read_bytes()

    def analyse(number: int) -> None:
        with httpx.Client(base_url=url, timeout=120.0, trust_env=False) as client:
            for round_number in range(10**6):
                file = content + bytes(1 + number + N_ANALYSES * round_number)  # other bytes: nothing is stored yet
                client.post("/analyze-upload", files={"file": file}).raise_for_status()
                ready.set()

    def upload() -> None:
        def slowly() -> Iterator[bytes]:
            for first in range(0, len(content), SLOW_BYTES):
                yield content[first : first + SLOW_BYTES]
                time.sleep(SLOW_S)

        with httpx.Client(base_url=url, timeout=120.0, trust_env=False) as client:
            while True:
                client.post("/analyze-upload", content=slowly(), headers={"content-type": "audio/mpeg"})

    threads = [threading.Thread(target=analyse, args=(number,)) for number in range(N_ANALYSES)]
    threads += [threading.Thread(target=upload) for _ in range(N_UPLOADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
