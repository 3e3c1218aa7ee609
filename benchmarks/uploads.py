"""`python -m benchmarks.uploads`: how long a four-minute upload takes by itself, and ten at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.uploader import Uploader, uploader

N_ALONE, N_AT_ONCE = 5, 10


def main() -> None:
    """Measure and print."""
    with uploader() as here:
        here.upload()  # the first waits for the fork server to load everything
        alone_s = [_took_s(here) for _ in range(N_ALONE)]
        began_s = time.monotonic()
        with ThreadPoolExecutor(N_AT_ONCE) as ten:
            each_s = sorted(ten.map(_took_s, [here] * N_AT_ONCE))
        wall_s = time.monotonic() - began_s
    print("| a full analysis of four minutes, upload to answer | wall time |\n|---|---|")
    print(f"| alone, median of {N_ALONE} | {np.median(alone_s):.2f} s ({min(alone_s):.2f} to {max(alone_s):.2f}) |")
    first_s, middle_s, last_s = each_s[0], np.median(each_s), each_s[-1]
    print(f"| {N_AT_ONCE} at once: first, median, last | {first_s:.2f}, {middle_s:.2f}, {last_s:.2f} s |")
    print(f"| {N_AT_ONCE} at once: all of them | {wall_s:.2f} s, {wall_s / np.median(alone_s):.1f} times one alone |")


def _took_s(here: Uploader) -> float:
    """Until the whole answer has come [s]."""
    began_s = time.monotonic()
    here.upload()
    return time.monotonic() - began_s


if __name__ == "__main__":
    main()
