"""`python -m benchmarks.live_states [FOLDER]`: how true key, drum strokes and passages of live sound are.

FOLDER is as for `benchmarks.accuracy`, where tracks may have a `key`: the output after 30 s and at the end is
compared with it (MIREX's weighted score; no key scores 0), and builds, drops and breaks are counted, of which music
that is no dance music has few. Then, and without a folder only, music that is made by formula is analysed: songs whose
drums are known, and dance tracks whose builds, drops and breaks are. Intervals are 95 % bootstrap intervals over
tracks.
"""

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import mir_eval
import numpy as np

from benchmarks.accuracy import annotated, cell, print_by_group, tell_unread
from benchmarks.dance import DanceTrack, dance_tracks
from tactus.analysis.live.analyzer import LiveAnalyzer
from tactus.analysis.live.drums import DrumHits
from tactus.analysis.live.frame import LiveFrame
from tactus.analysis.track.harmony.key import KeyCandidate
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.sources.downmix import mono
from tactus.audio.sources.paced_player import in_blocks
from tactus.dsp.arrays import Floats, Times
from tactus.errors import TactusError
from tactus.workers.model_files import network_weights
from training.drum_songs import DrumSong, drum_songs

RATE, CHUNK = 44100, 512

MEASURES = (
    "key after 30 s",
    "key at the end",
    "exact at the end",
    "no key",
    "builds / min",
    "drops / min",
    "breaks / min",
)

PASSAGES = ("build", "drop", "break")

KEY_AT_S = 30.0

DELAY_S = 0.035
"""Delay of a drum hit in the output [s]: half a window of the onset strength, and a frame."""

TOLERANCE_S = 0.05

FIRST_S = 3.0
"""Before this the drums of a song are not known [s]."""

STRONG = 64
"""Least MIDI velocity of hits that must be detected; softer ones may be [of 127]."""


def main() -> int:
    """Listen, score and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.live_states", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", default="", help="groups that begin with this")
    parser.add_argument("--without", nargs="*", default=[], help="groups that are left out")
    parser.add_argument("--songs", type=int, default=20, help="songs and dance tracks that are made by formula")
    asked = parser.parse_args()
    if asked.folder:
        tracks = [
            track
            for track in annotated(asked.folder, ("path",))
            if track["group"].startswith(asked.only) and track["group"] not in asked.without
        ]
        print_by_group(tracks, [_of_track(asked.folder, track) for track in tracks], MEASURES)
    if asked.songs:
        _print_drums(asked.songs)
        _print_passages(asked.songs)
    return 0


def frames_of(blocks: Iterable[Floats]) -> Iterator[LiveFrame]:
    """Frames of the live analysis of a stream at 44.1 kHz."""
    analyzer = LiveAnalyzer(network_weights().live_rhythm, RATE, CHUNK)
    state = analyzer.start()
    for block in in_blocks(blocks, CHUNK):
        state, frames, _ = analyzer.step(state, block)
        yield from frames


def _of_track(folder: Path, track: dict[str, Any]) -> dict[str, float]:
    try:
        with open_sound(folder / track["path"], DecodeLimits(), RATE) as sound:
            output = [
                (frame.audio_time_s, frame.key, frame.build_drop)
                for frame in frames_of(mono(block, None) for block in sound.blocks())
            ]
    except (OSError, TactusError) as error:
        tell_unread(track, error)
        return {}
    return dict(_judged(track, output))


def _judged(
    track: dict[str, Any], output: Sequence[tuple[float, KeyCandidate | None, str | None]]
) -> Iterator[tuple[str, float]]:
    if not output:
        return
    if track.get("key"):
        early = [key for at_s, key, _ in output if at_s <= KEY_AT_S]
        if len(early) < len(output):
            yield "key after 30 s", _key_score(track["key"], early[-1])
        score = _key_score(track["key"], output[-1][1])
        yield "key at the end", score
        yield "exact at the end", float(score == 1)
    yield "no key", float(output[-1][1] is None)
    begun = Counter(passage for passage, _ in groupby(passage for _, _, passage in output))
    for passage in PASSAGES:
        yield f"{passage}s / min", begun[passage] / (output[-1][0] / 60)


def _key_score(truth: str, key: KeyCandidate | None) -> float:
    return float(mir_eval.key.weighted_score(truth, f"{key.tonic} {key.mode}")) if key else 0.0


def _print_drums(n_songs: int) -> None:
    """Precision over all strokes, recall over strong ones, and F of the two, song by song."""
    print("\n| drums | detected | n | F | precision | recall |\n|---|---|---|---|---|---|")
    for with_band in (False, True):
        scores: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        for song in drum_songs(n_songs, with_band=with_band):
            frames = list(frames_of([song.samples]))
            for drum in DrumHits._fields:
                detected = [frame.audio_time_s - DELAY_S for frame in frames if getattr(frame.drums, drum)]
                scores[drum].append(_stroke_scores(song, drum, np.array(detected)))
        for drum, rows in scores.items():
            cells = " | ".join(cell(column) for column in zip(*rows, strict=True))
            print(f"| {'with a band' if with_band else 'alone'} | {drum} | {len(rows)} | {cells} |", flush=True)


def _stroke_scores(song: DrumSong, drum: str, told_s: Times) -> tuple[float, float, float]:
    hits = song.hits[drum]
    hits, told_s = hits[hits[:, 0] > FIRST_S - TOLERANCE_S], told_s[told_s > FIRST_S]
    strong = hits[(hits[:, 1] >= STRONG) & (hits[:, 0] > FIRST_S)]
    right, found = (
        len(mir_eval.util.match_events(moments, told_s, TOLERANCE_S)) for moments in (hits[:, 0], strong[:, 0])
    )
    precision, recall = right / max(len(told_s), 1), found / max(len(strong), 1)
    return 2 * precision * recall / max(precision + recall, 1e-9), precision, recall


def _print_passages(n_tracks: int) -> None:
    """Output for each kind of section, as shares of its time, and its delay."""
    shares: dict[str, list[Counter[str | None]]] = defaultdict(list)
    late_s: dict[str, list[float]] = defaultdict(list)
    for track in dance_tracks(n_tracks):
        _hear_parts(track, shares, late_s)
    print(f"\n| part | n | {' | '.join(f'share {one}' for one in PASSAGES)} | detected | after |")
    print(f"|{'---|' * (len(PASSAGES) + 4)}")
    for role, parts in shares.items():
        cells = [f"{np.mean([part[passage] / part.total() for part in parts]):.2f}" for passage in PASSAGES]
        after = f"{np.median(late_s[role]):.1f} s" if late_s[role] else ""
        print(f"| {role} | {len(parts)} | {' | '.join(cells)} | {len(late_s[role])} | {after} |", flush=True)


def _hear_parts(
    track: DanceTrack, shares: dict[str, list[Counter[str | None]]], late_s: dict[str, list[float]]
) -> None:
    output = [(frame.audio_time_s, frame.build_drop) for frame in frames_of([track.samples])]
    for role, start_s, end_s in track.parts:
        inside = [(at_s, passage) for at_s, passage in output if start_s < at_s <= end_s]
        shares[role].append(Counter(passage for _, passage in inside))
        late_s[role] += [at_s - start_s for at_s, passage in inside if passage == role][:1]


if __name__ == "__main__":
    sys.exit(main())
