"""`python -m benchmarks.digests FILE ... [--source FOLDER]`: digests of all results, to compare versions of the code.

For each file: SHA-256 of its full analysis (JSON of `tactus analyze --json`, without the time at which it was made and
the version of the program) and of its live events (`tactus live --source file --pace none --events`). Equal digests
mean results that are equal to the bit. `--source` names the `src` folder of another checkout; by default this one runs.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_VARYING = ("analysis_timestamp", "analyzer_version")


def main() -> None:
    """Print two digests for each file, then those of all."""
    parser = argparse.ArgumentParser(prog="benchmarks.digests", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--source", type=Path, default=Path(__file__).parents[1] / "src", help="a folder `src`")
    arguments = parser.parse_args()
    everything = hashlib.sha256()
    with tempfile.TemporaryDirectory(prefix="tactus-digests-") as folder:
        environment = {**os.environ, "TACTUS_DATA_FOLDER": folder, "PYTHONPATH": str(arguments.source.resolve())}
        for path in arguments.files:
            analysis = json.loads(_output(["analyze", str(path), "--json"], environment))
            kept = {name: value for name, value in analysis.items() if name not in _VARYING}
            live = ["live", "--source", "file", "--file", str(path), "--pace", "none", "--events"]
            events = _output(live, environment)
            digests = [hashlib.sha256(text).hexdigest() for text in (json.dumps(kept, sort_keys=True).encode(), events)]
            everything.update("".join(digests).encode())
            print(f"{digests[0][:16]}  {digests[1][:16]}  {path.name}", flush=True)
    print(f"{everything.hexdigest()[:32]}  all")


def _output(words: list[str], environment: dict[str, str]) -> bytes:
    done = subprocess.run([sys.executable, "-m", "tactus", *words], env=environment, capture_output=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
