"""`python -m benchmarks.mood FOLDER`: what the moods say of music, by group, and whether they order it as they should.

FOLDER is as for `benchmarks.accuracy`, without annotations of the rhythm; `genre` counts beside the group (a track's
first folder). Printed are quartiles by group, means by genre, and for some pairs of groups how often a track of the one
has more of a mood than a track of the other (the area under the curve: 1 always, 0.5 by chance).
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

from benchmarks.accuracy import analysis_of
from tactus.errors import TactusError

Moods = dict[str, float]

MOODS = (
    "energy",
    "valence",
    "danceability",
    "acousticness",
    "instrumentalness",
    "liveness",
    "speechiness",
)
EXPECTED: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("energy", "disco and reggae above jazz", ("disco", "reggae"), ("jazz",)),
    ("energy", "disco above piano", ("disco",), ("asap",)),
    ("danceability", "disco and reggae above jazz", ("disco", "reggae"), ("jazz",)),
    ("danceability", "songs by rules above piano", ("synth",), ("asap",)),
    ("acousticness", "jazz above disco and reggae", ("jazz",), ("disco", "reggae")),
    ("acousticness", "piano and orchestra above drums and loops", ("asap", "orchestral"), ("groove", "sonicpi")),
    ("instrumentalness", "jazz above blues, disco, reggae", ("jazz",), ("blues", "disco", "reggae")),
    (
        "instrumentalness",
        "piano, drums, rendered songs above blues, disco, reggae",
        ("asap", "groove", "pop909", "synth"),
        ("blues", "disco", "reggae"),
    ),
    ("liveness", "through a microphone above the same dry", ("mic",), ("blues", "disco", "jazz", "reggae")),
    ("speechiness", "speech above all music", ("speech",), ()),
    (
        "speechiness",
        "sung blues, disco, reggae above the rest",
        ("blues", "disco", "reggae"),
        ("jazz", "asap", "synth"),
    ),
)
"""A mood, what is expected, and which groups or genres should have more of it than which (none: than all others)."""


def main() -> int:
    """Analyse and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.mood", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--without", nargs="*", default=[], help="groups that are left out")
    arguments = parser.parse_args()
    tracks = [json.loads(line) for line in (arguments.folder / "manifest.jsonl").read_text().splitlines()]
    tracks = [{**track, "group": track.get("group") or track["path"].split("/")[0]} for track in tracks]
    tracks = [track for track in tracks if track["group"] not in arguments.without]
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(_moods, [arguments.folder / track["path"] for track in tracks]))
    named: list[tuple[dict[str, Any], Moods]] = [
        (track, moods) for track, moods in zip(tracks, found, strict=True) if moods is not None
    ]
    _print_spread(named)
    _print_means(named)
    _print_order(named)
    return 0


def _moods(path: Path) -> Moods | None:
    try:
        character = analysis_of(path, "basic").character
    except TactusError:
        return None
    return None if character is None else {**asdict(character.mood), **asdict(character.sound_mood)}


def _print_spread(named: list[tuple[dict[str, Any], Moods]]) -> None:
    groups: dict[str, list[Moods]] = defaultdict(list)
    for track, moods in named:
        groups[track["group"]].append(moods)
        groups["all"].append(moods)
    groups["all"] = groups.pop("all")
    print(f"Least, lower quartile, middle, upper quartile, most:\n\n| group | n | {' | '.join(MOODS)} |")
    print("|---" * (len(MOODS) + 2) + "|")
    for group, moods_of_group in groups.items():
        cells = (_spread([moods[mood] for moods in moods_of_group]) for mood in MOODS)
        print(f"| {group} | {len(moods_of_group)} | {' | '.join(cells)} |")
    print(
        "\nHow many tracks of all lie in each tenth:\n\n| mood |", " | ".join(f"{k / 10:.1f}" for k in range(10)), "|"
    )
    print("|---" * 11 + "|")
    for mood in MOODS:
        counts = np.histogram([moods[mood] for moods in groups["all"]], 10, (0, 1))[0]
        print(f"| {mood} | {' | '.join(map(str, counts))} |")


def _print_means(named: list[tuple[dict[str, Any], Moods]]) -> None:
    genres: dict[str, list[Moods]] = defaultdict(list)
    for track, moods in named:
        if track.get("genre"):
            genres[track["genre"]].append(moods)
    print(f"\nMeans by genre:\n\n| genre | n | {' | '.join(MOODS)} |\n{'|---' * (len(MOODS) + 2)}|")
    for genre, moods_of_genre in sorted(genres.items(), key=lambda item: (-len(item[1]), item[0])):
        cells = (f"{np.mean([moods[mood] for moods in moods_of_genre]):.2f}" for mood in MOODS)
        print(f"| {genre} | {len(moods_of_genre)} | {' | '.join(cells)} |")


def _print_order(named: list[tuple[dict[str, Any], Moods]]) -> None:
    print("\n| mood | expected | so in |\n|---|---|---|")
    for mood, expected, more, less in EXPECTED:
        high = [moods[mood] for track, moods in named if _is_in(track, more)]
        low = [moods[mood] for track, moods in named if (_is_in(track, less) if less else not _is_in(track, more))]
        if high and low:
            print(f"| {mood} | {expected} | {_share_above(high, low):.2f} of {len(high)} x {len(low)} pairs |")


def _is_in(track: dict[str, Any], names: tuple[str, ...]) -> bool:
    """Whether a track's group is named, or its genre where its group is of many genres."""
    return track["group"] in names or (track["group"] != "mic" and track.get("genre") in names)


def _share_above(high: list[float], low: list[float]) -> float:
    """How often one of `high` is above one of `low`, ties half: the area under the receiver's curve."""
    differences = np.subtract.outer(high, low)
    return float((differences > 0).mean() + (differences == 0).mean() / 2)


def _spread(values: list[float]) -> str:
    return " ".join(f"{value:.2f}".removeprefix("0") for value in np.percentile(values, (0, 25, 50, 75, 100)))


if __name__ == "__main__":
    sys.exit(main())
