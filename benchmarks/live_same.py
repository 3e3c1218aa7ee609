"""`python -m benchmarks.live_same FILE ...`: compare live beats of a microphone with those of the file.

Each file is analysed twice: by the live engine in blocks of 512 samples, as fast as it goes, and played into a virtual
microphone (PulseAudio), captured, analysed and sent to a WebSocket client by the service. Printed are the share of the
first hearing's beats that the second has within 20 ms, once the moment at which playing began is taken off, the share
the other way, and how far the moments spread; from 5 s on. Needs what `make test` installs.
"""

import argparse
import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
from websockets.sync.client import connect

from benchmarks.accuracy import FIRST_S
from benchmarks.live_accuracy import RATE, in_time, live_beats
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.sources.downmix import mono
from tactus.dsp.arrays import Times
from tests.fixtures.service import Service, running_service
from tests.fixtures.virtual_microphone import VirtualMicrophone

SAME_S = 0.02


def main() -> None:
    """Listen twice and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.live_same", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=60.0, help="how much of each is played")
    asked = parser.parse_args()
    print("| file | beats | also from the microphone | and the other way | spread |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as name:
        microphone = VirtualMicrophone(Path(name))
        microphone.start()
        try:
            os.environ.update(microphone.environment)
            with running_service(Path(name)) as service:
                for path in asked.files:
                    fast = live_beats(path).beats
                    _print(
                        path,
                        fast[(fast > FIRST_S) & (fast < asked.seconds - 1)],
                        _through(service, microphone, path, asked.seconds),
                    )
        finally:
            microphone.stop()


def _through(service: Service, microphone: VirtualMicrophone, path: Path, seconds: float) -> Times:
    """Beats that a WebSocket client receives while a file plays into the microphone, in audio time [s]."""
    with open_sound(path, DecodeLimits(), RATE) as sound:
        samples = np.concatenate([mono(block, None) for block in sound.blocks()])[: round(seconds * RATE)]
    events: list[dict[str, Any]] = []
    with service.client() as client:
        client.post("/live/start").raise_for_status()
        with connect(service.websocket_url + "/live/ws", compression=None) as socket:
            player = threading.Thread(target=microphone.play, args=(samples, RATE))
            player.start()
            while player.is_alive():
                message = json.loads(socket.recv(timeout=5))
                events += message.get("events", [])
                if message["type"] == "gap":
                    print(f"{path.name}: a gap of {message['duration_s']} s ({message['reason']})")
        client.post("/live/stop").raise_for_status()
    return in_time(events).beats


def _print(path: Path, fast: Times, captured: Times) -> None:
    began_s = _shift_s(fast, captured)
    away_s = (captured - began_s)[:, None] - fast
    nearest_s = away_s[np.abs(away_s).argmin(axis=0), np.arange(len(fast))]
    same = np.abs(nearest_s) < SAME_S
    inside = captured[(captured > began_s + fast[0] - SAME_S) & (captured < began_s + fast[-1] + SAME_S)] - began_s
    back = np.abs(inside[:, None] - fast).min(axis=1) < SAME_S
    spread_ms = 1000 * nearest_s[same].std()
    print(f"| {path.name} | {len(fast)} | {same.mean():.3f} | {back.mean():.3f} | {spread_ms:.1f} ms |", flush=True)


def _shift_s(fast: Times, captured: Times) -> float:
    """How much later the second hearing began: where most beats of both agree."""
    differences_s = np.sort((captured[:, None] - fast).ravel())
    n_near = np.searchsorted(differences_s, differences_s + SAME_S) - np.arange(len(differences_s))
    best = int(np.argmax(n_near))
    return float(differences_s[best : best + n_near[best]].mean())


if __name__ == "__main__":
    main()
