"""`python -m benchmarks.memory`: what the running service takes, at rest and after ten uploads."""

import time
from concurrent.futures import ThreadPoolExecutor

import psutil

from benchmarks.uploader import uploader
from tests.fixtures.service import Service

N_UPLOADS = 10
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
    with uploader() as here:
        print("| | API process, RSS | all processes, PSS |\n|---|---|---|")
        print("| at rest | {:.0f} MB | {:.0f} MB |".format(*tree_mb(here.service)))
        with ThreadPoolExecutor(2) as two:
            uploads = [two.submit(here.upload) for _ in range(N_UPLOADS)]
        for upload in uploads:
            upload.result()
        print("| after ten full analyses, two at a time | {:.0f} MB | {:.0f} MB |".format(*tree_mb(here.service)))


if __name__ == "__main__":
    main()
