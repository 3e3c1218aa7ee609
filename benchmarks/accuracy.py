"""`python -m benchmarks.accuracy FOLDER`: how right the rhythm is over annotated music, by group, with intervals.

FOLDER holds `manifest.jsonl`: one object a line, `{"path", "beats", "downbeats", "onsets", "tempo", "group"}`. Beats,
downbeats and onsets name files that begin each line with a moment [s], tempo is in beats per minute, and each may be
null; without a group a track's first folder is its group. Measures are mir_eval's: F of beats and downbeats within
70 ms (beats from 5 s on), continuity CMLt and AMLt, onsets within 50 ms; tempo within 4 % (acc1), or also at x2, x3,
1/2, 1/3 of it (acc2). Intervals are 95 % bootstrap intervals over tracks.
"""

import argparse
import json
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import mir_eval
import numpy as np
from numpy.typing import NDArray

from tactus.analysis.options import AnalysisType, TrackOptions
from tactus.analysis.track.analyzer import TrackAnalyzer
from tactus.analysis.track.result import Analysis
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.signal_pass import Block
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.dsp.arrays import Times
from tactus.errors import TactusError
from tactus.workers.model_files import network_weights

MEASURES = ("beat F", "CMLt", "AMLt", "downbeat F", "acc1", "acc2", "onset F")
RHYTHM_FIELDS = ("beats", "downbeats", "onsets", "tempo")
FIRST_S = 5.0
"""Beats are scored from here on, where enough remain, as is usual."""

N_BOOTSTRAP = 2000


def main() -> int:
    """Analyse, score and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.accuracy", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="groups that begin with this")
    parser.add_argument("--without", nargs="*", default=[], help="groups that are left out")
    parser.add_argument(
        "--worst", type=int, default=0, metavar="N", help="also print the N tracks with the worst beats"
    )
    arguments = parser.parse_args()
    tracks = [
        track
        for track in annotated(arguments.folder)
        if track["group"].startswith(arguments.only) and track["group"] not in arguments.without
    ]
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(_scored, [arguments.folder] * len(tracks), tracks))
    print_by_group(tracks, found, MEASURES)
    by_beats = sorted(
        (one["beat F"], track["path"]) for track, one in zip(tracks, found, strict=True) if "beat F" in one
    )
    for score, path in by_beats[: arguments.worst]:
        print(f"{score:.3f} {path}")
    return 0


def annotated(folder: Path, fields: tuple[str, ...] = RHYTHM_FIELDS) -> Iterator[dict[str, Any]]:
    """The tracks of a folder that have one of these annotations, each with its group.

    Raises:
        SystemExit: The folder has no manifest.
    """
    try:
        manifest = (folder / "manifest.jsonl").read_text()
    except OSError as error:
        sys.exit(f"{folder} is no folder of annotated music: {error.filename}: {error.strerror}")
    for line in manifest.splitlines():
        track = json.loads(line)
        if any(track.get(name) for name in fields):
            yield {**track, "group": track.get("group") or track["path"].split("/")[0]}


def analysis_of(path: Path, analysis_type: AnalysisType = "tempo_only") -> Analysis:
    """The rhythm as the service finds it, with what it was found from; or more.

    Raises:
        OSError: There is no such file.
        TactusError: It is no sound that can be read.
    """

    def blocks() -> Iterator[Block]:
        with open_sound(path, DecodeLimits()) as sound:
            for block in sound.blocks():
                yield Block(block, block)

    return TrackAnalyzer(TrackOptions(analysis_type), network_weights()).analysis(blocks)


def tell_unread(track: dict[str, Any], error: OSError | TactusError) -> None:
    """Says on standard error which track could not be read, and why."""
    print(f"not read: {track['path']}: {error}", file=sys.stderr, flush=True)


def is_right(bpm: float | None, truth_bpm: float) -> bool:
    """Whether a tempo is within 4 % of the annotated one."""
    return bpm is not None and abs(bpm / truth_bpm - 1) <= 0.04


def _scored(folder: Path, track: dict[str, Any]) -> dict[str, float]:
    try:
        rhythm = analysis_of(folder / track["path"]).rhythm
    except (OSError, TactusError) as error:
        tell_unread(track, error)
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(_scores(folder, track, rhythm))


def _scores(folder: Path, track: dict[str, Any], rhythm: Rhythm) -> Iterator[tuple[str, float]]:
    if track.get("beats"):
        yield from beat_scores(moments(folder / track["beats"]), rhythm.beat_times)
    if track.get("downbeats"):
        yield from downbeat_scores(moments(folder / track["downbeats"]), rhythm.downbeat_times)
    if track.get("tempo"):
        yield "acc1", float(is_right(rhythm.bpm, track["tempo"]))
        yield "acc2", float(any(is_right(rhythm.bpm, track["tempo"] * ratio) for ratio in (1, 2, 3, 1 / 2, 1 / 3)))
    if track.get("onsets"):
        truth = moments(folder / track["onsets"])
        truth = truth[np.concatenate(([True], np.diff(truth) > 0.03))]
        yield "onset F", mir_eval.onset.f_measure(truth, rhythm.onset_times)[0] if len(rhythm.onset_times) else 0.0


def beat_scores(truth: Times, found: Times) -> Iterator[tuple[str, float]]:
    """F and continuity of beats [s]; nothing of fewer than four annotated ones."""
    found = found[found <= truth[-1] + 1]
    if (truth > FIRST_S).sum() >= 4:
        truth, found = truth[truth > FIRST_S], found[found > FIRST_S]
    if len(truth) >= 4:
        yield "beat F", mir_eval.beat.f_measure(truth, found) if len(found) else 0.0
        _, correct, _, any_level = mir_eval.beat.continuity(truth, found) if len(found) > 1 else (0.0,) * 4
        yield "CMLt", correct
        yield "AMLt", any_level


def downbeat_scores(truth: Times, found: Times) -> Iterator[tuple[str, float]]:
    """F of the first beats of bars [s]; nothing of fewer than three annotated ones."""
    if len(truth) >= 3:
        yield "downbeat F", mir_eval.beat.f_measure(truth, found) if len(found) else 0.0


def moments(path: Path) -> Times:
    """The first number of each line of a file, ascending [s]."""
    return np.array(sorted(float(line.split()[0]) for line in path.read_text().splitlines() if line.strip()))


def print_by_group(tracks: list[dict[str, Any]], found: list[dict[str, Any]], measures: tuple[str, ...]) -> None:
    """A table of the measures of every group, and of all, each with its interval."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for track, scores in zip(tracks, found, strict=True):
        groups[track["group"]].append(scores)
    groups["all"] = found
    print(f"| group | n | {' | '.join(measures)} |\n|{'---|' * (len(measures) + 2)}")
    for group, members in groups.items():
        cells = (cell([one[name] for one in members if name in one]) for name in measures)
        print(f"| {group} | {len(members)} | {' | '.join(cells)} |", flush=True)


def cell(values: Sequence[float] | NDArray[np.float64]) -> str:
    """Mean and 95 % bootstrap interval, for a table; nothing of nothing."""
    if not len(values):
        return ""
    rng = np.random.default_rng(0)
    means = rng.choice(values, (N_BOOTSTRAP, len(values))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return f"{np.mean(values):.3f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    sys.exit(main())
