"""`python -m benchmarks.harmony FOLDER`: how right keys and chords are over annotated music, and their confidences.

FOLDER is as for `benchmarks.accuracy`; tracks have a `key` ("C# minor") or `chords`, a file that begins each line with
start and end [s] and a label. Measures are mir_eval's: the weighted key score of MIREX and the share of exact keys;
chords by weighted overlap of major and minor. Intervals are 95 % bootstrap intervals over tracks. Below stand, of as
many tracks (keys) or seconds (chords) each, how sure the analysis was and how often it was right.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import mir_eval
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy import analysis_of, annotated, print_by_group, tell_unread
from tactus.analysis.track.result import Character
from tactus.errors import TactusError

MEASURES = ("key", "exact key", "chords")
N_BINS = 5


def main() -> int:
    """Analyse, score and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.harmony", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--without", nargs="*", default=[], help="groups that are left out")
    parser.add_argument("--wrong", action="store_true", help="also print the tracks whose key is wrong")
    arguments = parser.parse_args()
    tracks = [
        track for track in annotated(arguments.folder, ("key", "chords")) if track["group"] not in arguments.without
    ]
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(_judged, [arguments.folder] * len(tracks), tracks))
    print_by_group(tracks, found, MEASURES)
    _print_reliability("keys", np.array([(*one["key confidence"], 1.0) for one in found if "key confidence" in one]))
    _print_reliability(
        "chords", np.concatenate([one["chord confidences"] for one in found if "chord confidences" in one])
    )
    for track, one in zip(tracks, found, strict=True):
        if arguments.wrong and one.get("exact key") == 0:
            print(f"{track['path']}: {track['key']}, not {one['name']}")
    return 0


def _judged(folder: Path, track: dict[str, Any]) -> dict[str, Any]:
    try:
        character = analysis_of(folder / track["path"], "basic").character
    except (OSError, TactusError) as error:
        tell_unread(track, error)
        return {}
    if character is None:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(_of_key(track, character)) | dict(_of_chords(folder, track, character))


def _of_key(track: dict[str, Any], character: Character) -> Iterator[tuple[str, Any]]:
    best = character.key.best
    if not track.get("key"):
        return
    name = f"{best.tonic} {best.mode}" if best else "none"
    score = mir_eval.key.weighted_score(track["key"], name) if best else 0.0
    yield "key", score
    yield "exact key", float(score == 1)
    yield "name", name
    if best:
        yield "key confidence", (best.confidence, float(score == 1))


def _of_chords(folder: Path, track: dict[str, Any], character: Character) -> Iterator[tuple[str, Any]]:
    if not track.get("chords"):
        return
    rows = [line.split(None, 2) for line in (folder / track["chords"]).read_text().splitlines() if line.strip()]
    truth = np.array([(float(start), float(end)) for start, end, _ in rows])
    spans = np.array([(chord.start, chord.end) for chord in character.chords])
    numbers = [str(number) for number in range(len(spans))]
    spans, numbers = mir_eval.util.adjust_intervals(spans, numbers, truth.min(), truth.max(), "-1", "-1")
    pieces, labels, numbers = mir_eval.util.merge_labeled_intervals(truth, [row[2] for row in rows], spans, numbers)
    chords = [character.chords[int(number)] if number != "-1" else None for number in numbers]
    right = mir_eval.chord.majmin(labels, [chord.label if chord else "N" for chord in chords])
    durations = mir_eval.util.intervals_to_durations(pieces)
    yield "chords", mir_eval.chord.weighted_accuracy(right, durations)
    confidences = np.array([chord.confidence if chord else 0.0 for chord in chords])
    yield "chord confidences", np.stack((confidences, right, durations), axis=1)[right >= 0]


def _print_reliability(what: str, cases: NDArray[np.float64]) -> None:
    """Print the calibration of confidences, from rows of confidence, right, weight."""
    confidences, right, weight = cases[np.argsort(cases[:, 0])].T
    bins = np.minimum((np.cumsum(weight) / weight.sum() * N_BINS).astype(int), N_BINS - 1)
    rows = [(np.average(confidences[b], weights=weight[b]), np.average(right[b], weights=weight[b]), weight[b].sum())
            for b in (bins == number for number in range(N_BINS)) if b.any()]  # fmt: skip
    error = sum(n * abs(a - b) for a, b, n in rows) / weight.sum()
    print(f"\n{what}: expected calibration error {error:.3f}\n\n| confidence | right | n |\n|---|---|---|")
    for a, b, n in rows:
        print(f"| {a:.2f} | {b:.2f} | {n:.0f} |")


if __name__ == "__main__":
    sys.exit(main())
