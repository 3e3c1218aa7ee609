"""`python -m benchmarks.loudness [FOLDER]`: what the meter reads of the signals of EBU Tech 3341 and 3342.

The signals are made by their formulas, at 44.1 kHz and at 48 kHz, which is resampled as a file of that rate would be.
FOLDER, where there is one, is as for `benchmarks.accuracy`: of its tracks with `loudness_lufs` or `lra_lu` the analysis
of the file is shown beside these.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.accuracy import analysis_of
from tests.analysis.track.test_loudness import readings
from tests.fixtures.ebu_vectors import NAMES, vectors

RATES = (44100, 48000)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.loudness", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    arguments = parser.parse_args()
    print("| case | signals | read | must be | furthest off at 44.1 kHz | at 48 kHz |\n|---|---|---|---|---|---|")
    for name in NAMES:
        first, *others = vectors(name, RATES[0])
        below, above = first.tolerance
        expected = f"{first.expected:.1f} to {others[-1].expected:.1f}" if others else f"{first.expected:.1f}"
        bounds = f"±{below:g}" if below == above else f"-{below:g}, +{above:g}"
        cells = (f"{_furthest(name, rate):+.3f}" for rate in RATES)
        print(f"| {name} | {1 + len(others)} | {first.measure} | {expected} {bounds} | {' | '.join(cells)} |")
    if arguments.folder:
        _print_files(arguments.folder)
    return 0


def _furthest(name: str, rate: int) -> float:
    """The reading that is furthest from what is expected, less that."""
    off = [reading - vector.expected for vector in vectors(name, rate) for reading in readings(vector, rate)]
    return max(off, key=abs)


def _print_files(folder: Path) -> None:
    print("\n| file | LUFS | must be | LU | must be |\n|---|---|---|---|---|")
    for line in (folder / "manifest.jsonl").read_text().splitlines():
        track = json.loads(line)
        wanted = [track.get(name) for name in ("loudness_lufs", "lra_lu")]
        if any(value is not None for value in wanted):
            character = analysis_of(folder / track["path"], "basic").character
            assert character is not None, "basic has a character"
            found = character.loudness
            must = ["" if value is None else f"{value:g}" for value in wanted]
            name = Path(track["path"]).stem
            print(f"| {name} | {found.integrated_lufs:.2f} | {must[0]} | {found.range_lu:.2f} | {must[1]} |")


if __name__ == "__main__":
    sys.exit(main())
