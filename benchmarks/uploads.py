"""`python -m benchmarks.uploads`: how long a four-minute upload takes by itself, and ten at the same time."""

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np

from benchmarks.song import write_song
from tests.fixtures.service import running_service

N_ALONE, N_AT_ONCE = 5, 10
WARM_S = 5.0
"""Until the fork server has loaded everything [s]."""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as name:
        folder = Path(name)
        write_song(folder / "song.mp3", 4.0)
        song = (folder / "song.mp3").read_bytes()
        with running_service(folder) as service, service.client() as client:
            time.sleep(WARM_S)
            alone_s = [_took_s(client, song + bytes(k)) for k in range(N_ALONE)]
            before, began_s = os.times(), time.monotonic()
            with ThreadPoolExecutor(N_AT_ONCE) as ten:
                each_s = sorted(ten.map(lambda k: _took_s(client, song + bytes(k)), range(100, 100 + N_AT_ONCE)))
            wall_s = time.monotonic() - began_s
            ours = os.times()
    print("| a full analysis of four minutes, upload to answer | wall time |\n|---|---|")
    print(f"| alone, median of {N_ALONE} | {np.median(alone_s):.2f} s ({min(alone_s):.2f} to {max(alone_s):.2f}) |")
    first_s, middle_s, last_s = each_s[0], np.median(each_s), each_s[-1]
    print(f"| {N_AT_ONCE} at once: first, median, last | {first_s:.2f}, {middle_s:.2f}, {last_s:.2f} s |")
    print(f"| {N_AT_ONCE} at once: all of them | {wall_s:.2f} s, {wall_s / np.median(alone_s):.1f} times one alone |")
    client_s = ours.user + ours.system - before.user - before.system
    print(f"\nThe client itself took {client_s:.2f} s of processor time while ten were under way.")


def _took_s(client: httpx.Client, content: bytes) -> float:
    """Until the whole answer has come [s]; other bytes behind the same music, so that no result is stored."""
    began_s = time.monotonic()
    client.post("/analyze-upload", files={"file": content}).raise_for_status()
    return time.monotonic() - began_s


if __name__ == "__main__":
    main()
