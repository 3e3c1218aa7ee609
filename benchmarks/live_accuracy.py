"""`python -m benchmarks.live_accuracy FOLDER`: how right the live beat is over annotated music, and how soon.

FOLDER is as for `benchmarks.accuracy`. The live engine analyses each track in blocks of 512 samples, without a clock. A
beat counts as it was last output, but no later than 20 ms after it sounds; a cancellation counts before it sounds.
Measures as there. A track locks at the first annotated beat from which eight in a row are met within 70 ms without
another output between them; the time is counted from its first sound, and printed for tracks with a steady tempo (beats
within 4 % of their median), or from the change for tracks that change it once.
`--picture FILE.svg --of PATH ...` draws tracks: each beat by its output time less its annotated time.
"""

import argparse
import os
import statistics
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

from benchmarks.accuracy import (
    annotated,
    beat_scores,
    downbeat_scores,
    moments,
    print_by_group,
    tell_unread,
)
from benchmarks.beat_picture import Row, picture
from tactus.analysis.live.events import BeatCancelled, BeatPrediction
from tactus.analysis.live.offline_run import live_run
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.sources.downmix import mono
from tactus.audio.sources.paced_player import in_blocks
from tactus.dsp.arrays import Times
from tactus.errors import TactusError
from tactus.workers.model_files import network_weights

RATE = 44100
BLOCK_SAMPLES = 512
LATEST_S = 0.02
"""Latest output of a beat after it sounds [s]; later ones do not count."""

NEAR_S, IN_A_ROW = 0.07, 8
STEADY, CHANGED = 0.04, 0.1


@dataclass(frozen=True, slots=True)
class LiveBeats:
    """Beats and downbeats that were output in time [s], each ascending."""

    beats: Times
    downbeats: Times


def main() -> int:
    """Listen, score and print."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.live_accuracy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="groups that begin with this")
    parser.add_argument("--without", nargs="*", default=[], help="groups that are left out")
    parser.add_argument("--picture", type=Path, help="an SVG file to draw")
    parser.add_argument("--of", nargs="*", default=[], help="tracks that are drawn, by their path in FOLDER")
    asked = parser.parse_args()
    tracks = [
        track
        for track in annotated(asked.folder, ("beats",))
        if track["group"].startswith(asked.only) and track["group"] not in asked.without
    ]
    if asked.picture:
        by_path = {track["path"]: track for track in tracks}
        asked.picture.write_text(picture([_row(asked.folder, by_path[path]) for path in asked.of]))
        return 0
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(_scored, [asked.folder] * len(tracks), tracks))
    print_by_group(tracks, found, ("beat F", "CMLt", "AMLt", "downbeat F"))
    for name in ("locked after", "locked again after"):
        _print_locks(name, tracks, found)
    return 0


def live_beats(path: Path) -> LiveBeats:
    """Beats that the live engine outputs in time for a file.

    Raises:
        OSError: There is no such file.
        TactusError: It is no sound that can be read.
    """
    with open_sound(path, DecodeLimits(), RATE) as sound:
        blocks = in_blocks((mono(block, None) for block in sound.blocks()), BLOCK_SAMPLES)
        return in_time(live_run(network_weights().live_rhythm, blocks))


def in_time(events: Iterable[object]) -> LiveBeats:
    """The beats among events, as they were last output in time."""
    output: dict[int, tuple[float, int]] = {}
    for event in events:
        if isinstance(event, BeatPrediction) and event.known_at_s <= event.audio_time_s + LATEST_S:
            output[event.id] = event.audio_time_s, event.beat_in_bar
        elif isinstance(event, BeatCancelled) and event.known_at_s <= output.get(event.id, (-1.0, 0))[0]:
            del output[event.id]
    beats = sorted(output.values())
    return LiveBeats(
        np.array([moment_s for moment_s, _ in beats]), np.array([moment_s for moment_s, place in beats if place == 1])
    )


def locked_s(truth: Times, output: Times, from_s: float) -> float | None:
    """When a stream is locked to the beat, counted from `from_s` [s]; None: never."""
    truth = truth[truth >= from_s]
    for first in range(len(truth) - IN_A_ROW + 1):
        row = truth[first : first + IN_A_ROW]
        between = output[(output > row[0] - NEAR_S) & (output < row[-1] + NEAR_S)]
        if len(between) == IN_A_ROW and np.all(np.abs(between - row) < NEAR_S):
            return float(row[0] - from_s)
    return None


def _scored(folder: Path, track: dict[str, Any]) -> dict[str, float]:
    try:
        output = live_beats(folder / track["path"])
    except (OSError, TactusError) as error:
        tell_unread(track, error)
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(_scores(folder, track, output))


def _scores(folder: Path, track: dict[str, Any], output: LiveBeats) -> Iterator[tuple[str, float]]:
    truth = moments(folder / track["beats"])
    yield from _locks(truth, output.beats)
    yield from beat_scores(truth, output.beats)
    if track.get("downbeats"):
        yield from downbeat_scores(moments(folder / track["downbeats"]), output.downbeats)


def _locks(truth: Times, output: Times) -> Iterator[tuple[str, float]]:
    """How long it took to lock where the tempo is steady; never is infinitely long."""
    if len(truth) < 2 * IN_A_ROW:
        return
    intervals = np.diff(truth)
    changes = np.flatnonzero(np.abs(intervals[1:] / intervals[:-1] - 1) > CHANGED)
    parts = np.split(intervals, changes + 1)
    if len(parts) > 2 or any(np.any(np.abs(part / np.median(part) - 1) > STEADY) for part in parts):
        return
    starts = [truth[0], *truth[changes + 1]]
    ends = [*truth[changes + 1], np.inf]
    for name, start_s, end_s in zip(("locked after", "locked again after"), starts, ends, strict=False):
        lock_s = locked_s(truth[truth < end_s], output, float(start_s))
        yield name, float("inf") if lock_s is None else lock_s


def _print_locks(name: str, tracks: list[dict[str, Any]], found: list[dict[str, float]]) -> None:
    by_group = defaultdict(list)
    for track, one in zip(tracks, found, strict=True):
        if name in one:
            by_group[track["group"]].append(one[name])
            by_group["all"].append(one[name])
    print(f"\n| {name} [s] | n | median | 9 in 10 | most |\n|---|---|---|---|---|")
    for group, times in sorted(by_group.items(), key=lambda item: item[0] == "all"):
        most_of = sorted(times)[min(len(times) - 1, round(0.9 * len(times)))]
        print(f"| {group} | {len(times)} | {statistics.median(times):.1f} | {most_of:.1f} | {max(times):.1f} |")


def _row(folder: Path, track: dict[str, Any]) -> Row:
    return Row(track["path"], moments(folder / track["beats"]), live_beats(folder / track["path"]).beats)


if __name__ == "__main__":
    sys.exit(main())
