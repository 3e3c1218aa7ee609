"""`python -m benchmarks.live`: how late live messages are, from a virtual microphone to a WebSocket client.

Needs what `make test` installs (PulseAudio).
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from websockets.sync.client import connect

from tests.fixtures.service import Service, running_service
from tests.fixtures.virtual_microphone import VirtualMicrophone

CLICK_RATE = 44100
LOUD = 0.2
SPACING_S = 0.31
LEAD_S = 0.02
"""Silence before a click [s]: a new stream's first samples may be swallowed by the audio server."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.live", description=__doc__)
    parser.add_argument("--clicks", type=int, default=100)
    n_clicks = parser.parse_args().clicks
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as name:
        folder = Path(name)
        microphone = VirtualMicrophone(folder)
        microphone.start()
        try:
            os.environ.update(microphone.environment)
            with running_service(folder) as service:
                _measure(service, microphone, n_clicks)
        finally:
            microphone.stop()


def _measure(service: Service, microphone: VirtualMicrophone, n_clicks: int) -> None:
    with service.client() as client:
        client.post("/live/start").raise_for_status()
        to_client, clicks = [], []
        with connect(service.websocket_url + "/live/ws", compression=None) as socket:
            frames = _frames(socket)
            sounded: list[float] = []
            player = threading.Thread(target=_play, args=(microphone, n_clicks, sounded))
            player.start()
            began_cpu_s, began_s = _live_cpu_s(service), time.monotonic()
            loud_at_s = 0.0
            while player.is_alive():
                frame, arrived_s, wall_s = next(frames)
                to_client.append(1000 * (wall_s - frame["timestamp"]))
                if max(map(abs, frame["time_domain_data"])) > LOUD and arrived_s - loud_at_s > SPACING_S / 2:
                    loud_at_s = arrived_s
                    clicks.append(arrived_s)
            cpu = (_live_cpu_s(service) - began_cpu_s) / (time.monotonic() - began_s)
        late = [1000 * (click - at) for at in sounded for click in clicks if abs(click - at) < SPACING_S / 3]
        client.post("/live/stop").raise_for_status()
    print("| measure | p50 | p99 | n |\n|---|---|---|---|")
    print(_row("click in the microphone to its message at a WebSocket client", late))
    print(_row("end of the captured chunk to its message at a WebSocket client", to_client))
    print(f"\nheard {len(late)} of {n_clicks} clicks; the live child took {100 * cpu:.1f} % of a core")


def _frames(socket: Any) -> Iterator[tuple[dict[str, Any], float, float]]:
    for message in socket:
        arrived_s, wall_s = time.monotonic(), time.time()
        frame = json.loads(message)
        if frame["type"] == "frame":
            yield frame, arrived_s, wall_s


def _play(microphone: VirtualMicrophone, n_clicks: int, sounded: list[float]) -> None:
    """Clicks at uneven distances, so that they fall anywhere within the messages' chunks."""
    uneven = np.random.default_rng(0)
    time.sleep(1.0)
    for _ in range(n_clicks):
        click = np.zeros(round(0.05 * CLICK_RATE), np.float32)
        first = round(LEAD_S * CLICK_RATE)
        click[first : first + 44] = 0.9
        sounded.append(microphone.play(click, CLICK_RATE) + LEAD_S)
        time.sleep(SPACING_S - 0.05 + uneven.uniform(0, 0.05))


def _live_cpu_s(service: Service) -> float:
    """CPU time of the live child: the youngest of the fork server's."""
    children = psutil.Process(service.process.pid).children(recursive=True)
    times = max(children, key=lambda child: child.create_time()).cpu_times()
    return times.user + times.system


def _row(name: str, values_ms: list[float]) -> str:
    percentiles = statistics.quantiles(values_ms, n=100)
    return f"| {name} | {percentiles[49]:.1f} ms | {percentiles[98]:.1f} ms | {len(values_ms)} |"


if __name__ == "__main__":
    main()
