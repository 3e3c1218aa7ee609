"""`python -m benchmarks.memory`: what the running service takes, at rest and after ten uploads."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from benchmarks.song import write_song
from tests.fixtures.service import Service, running_service

SETTLED_S = 5.0
"""Until the fork server has loaded everything [s]."""


def tree_mb(service: Service) -> tuple[float, float]:
    """The API process (RSS), and it with all its children (PSS, shared pages counted once) [MB]."""
    time.sleep(SETTLED_S)
    api = psutil.Process(service.process.pid)
    tree = [api, *api.children(recursive=True)]
    return api.memory_info().rss / 1e6, sum(process.memory_full_info().pss for process in tree) / 1e6


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as name:
        folder = Path(name)
        write_song(folder / "song.mp3", 4.0)
        song = (folder / "song.mp3").read_bytes()
        with running_service(folder) as service, service.client() as client:
            print("| | API process, RSS | all processes, PSS |\n|---|---|---|")
            print("| at rest | {:.0f} MB | {:.0f} MB |".format(*tree_mb(service)))

            def upload(k: int) -> None:
                another = song + bytes(k)  # other bytes, so no cached result; the same music
                client.post("/analyze-upload", files={"file": another}).raise_for_status()

            with ThreadPoolExecutor(2) as two:
                list(two.map(upload, range(10)))
            print("| after ten full analyses, two at a time | {:.0f} MB | {:.0f} MB |".format(*tree_mb(service)))


if __name__ == "__main__":
    main()
