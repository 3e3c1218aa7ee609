"""One analysis in a fresh process: `python -m benchmarks.once FILE TYPE` prints CPU seconds and peak memory [MB]."""

import re
import sys
import time
from pathlib import Path

from benchmarks import ours
from tactus.workers import preload  # noqa: F401  what the fork server has loaded before a child begins

began = time.process_time()
ours.whole(Path(sys.argv[1]), sys.argv[2])  # type: ignore[arg-type]
took_s = time.process_time() - began
status = Path("/proc/self/status").read_text()  # ru_maxrss would begin with the size of the parent process
print(took_s, int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024)
