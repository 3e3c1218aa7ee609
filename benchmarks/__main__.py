"""`make bench`: prints what an analysis costs, as a Markdown table of CPU times and ratios from one run."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # one core each: ratios of CPU time, not of cores

from benchmarks import floor, librosa_features, ours
from benchmarks.clock import costs, spent
from benchmarks.song import write_song

PEERS_PYTHON = Path(__file__).resolve().parent.parent / ".venv-peers" / "bin" / "python"

EVERYTHING = "Tactus, everything: every feature of the catalogue, file to compressed JSON"
FULL = "Tactus, full: file to compressed JSON"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0, help="length of the measured piece")
    parser.add_argument(
        "--growth", type=float, nargs="*", default=[1.0, 10.0, 60.0], help="lengths for the growth table"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as folder:
        path = Path(folder) / "song.mp3"
        write_song(path, arguments.minutes)
        _ratios(path, arguments.minutes)
        _stages(path)
        if arguments.growth:
            _growth(Path(folder), arguments.growth)
    return 0


def _ratios(path: Path, minutes: float) -> None:
    samples = floor.decode_only(path)
    works: dict[str, Callable[[], float]] = {
        EVERYTHING: lambda: spent(lambda: ours.whole(path, timelines=ours.everything())),
        "Tactus, the same as Arrow": lambda: spent(lambda: ours.whole(path, timelines=ours.everything("arrow"))),
        FULL: lambda: spent(lambda: ours.whole(path)),
        "Tactus, basic": lambda: spent(lambda: ours.whole(path, "basic")),
        "Tactus, tempo_only": lambda: spent(lambda: ours.whole(path, "tempo_only")),
        "floor: decode only (PyAV, soxr, mono)": lambda: spent(lambda: floor.decode_only(path)),
        "floor: power spectra only": lambda: spent(lambda: floor.spectrum_only(samples)),
        "librosa, the seed's features, without decoding": lambda: spent(
            lambda: librosa_features.seed_features(samples)
        ),
    }
    if PEERS_PYTHON.exists():
        works["essentia MusicExtractor"] = lambda: _essentia(path)
    print(f"\n## {minutes:g} minutes of 44.1 kHz stereo MP3, CPU seconds, one core, warm: median (least to most)\n")
    print("| | CPU | everything / this | full / this |\n|---|---|---|---|")
    found = costs(works)
    for name, one in found.items():
        print(f"| {name} | {one} | {found[EVERYTHING].over(one):.3f} | {found[FULL].over(one):.3f} |")
    if not PEERS_PYTHON.exists():
        print("| essentia MusicExtractor | not installed: `make bench-peers` | | |")


def _essentia(path: Path) -> float:
    command = [str(PEERS_PYTHON), "-m", "benchmarks.peers.essentia_cost", str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _stages(path: Path) -> None:
    print("\n## By stage\n\n| stage | CPU |\n|---|---|")
    for name, found in ours.stages(path):
        print(f"| {name} | {found} |")


def _growth(folder: Path, lengths: list[float]) -> None:
    print("\n## Growth (basic and full, one run each, in a process of its own)\n")
    print(
        "| minutes | basic: CPU | per minute | peak memory | full: CPU | per minute | peak memory |\n"
        + "|---" * 7
        + "|"
    )
    for minutes in lengths:
        path = folder / "long.mp3"
        write_song(path, minutes)
        cells = []
        for kind in ("basic", "full"):
            command = [sys.executable, "-m", "benchmarks.once", str(path), kind]
            cpu, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            cells.append(f"{float(cpu):.2f} s | {float(cpu) / minutes:.3f} s | {float(peak):.0f} MB")
        print(f"| {minutes:g} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
