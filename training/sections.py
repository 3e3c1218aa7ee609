"""How the weights of sections were made: fitted to pieces that people divided into parts.

    python -m training.sections FOLDER

FOLDER holds `manifest.jsonl`: one object a line, `{"path", "sections", "weight"}`, sections naming a file of
lines `start end label` [s]. Neighbouring parts with the same label are one; a track without a weight counts as 1.
Prints `src/tactus/analysis/track/sections/cue_weights.py`.

Weights are those that make the annotated ways to divide the pieces most probable, less half their square: the model's
likelihood is concave, so there is one best answer (Sarawagi and Cohen 2004, section 3).
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tactus.analysis.options import TrackOptions
from tactus.analysis.track.analyzer import Block, TrackAnalyzer
from tactus.analysis.track.retained_features import RetainedFeatures
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.sections.bars import bar_bounds, bars
from tactus.analysis.track.sections.boundary_cues import MAX_BARS, all_boundary_cues
from tactus.analysis.track.sections.segmentation import LENGTHS, MAX_END, PartWeights
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.dsp.arrays import Floats, Times
from tactus.workers.model_files import rhythm_weights

PENALTY = 1.0
"""Of half the weights' squares."""

READINESS = 0.6
"""Added to every part's score: with it the most probable parts are as many as the annotated ones."""

FARTHEST_S = 3.0
"""An annotated boundary with no bar this near is not learned."""

_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece to learn from.

    Args:
        beginnings: As `boundary_cues` has them, stacked, shape `[n_bars, n_signs]`.
        runs: Likewise, shape `[n_bars, longest, n_signs]`.
        parts: Where annotated parts begin, as numbers of bars, 0 first.
        weight: How much it counts.
    """

    beginnings: Floats
    runs: Floats
    parts: tuple[int, ...]
    weight: float = 1.0


def main() -> int:
    """Analyse, fit, print."""
    parser = argparse.ArgumentParser(prog="training.sections", description=__doc__)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    tracks = [json.loads(line) for line in (arguments.folder / "manifest.jsonl").read_text().splitlines()]
    tracks = [track for track in tracks if track.get("sections")]
    with ProcessPoolExecutor() as pool:
        pieces = list(pool.map(_read, [arguments.folder] * len(tracks), tracks))
    sys.stdout.write(module_text(fitted(pieces)))
    return 0


def piece(retained: RetainedFeatures, rhythm: Rhythm, starts_s: Sequence[float]) -> Piece:
    """What is learned from a piece whose parts begin at these moments [s], ascending.

    Raises:
        ValueError: The evidence has no character.
    """
    heard = retained.character
    if heard is None:
        raise ValueError("sections need the character's evidence")
    bounds = bar_bounds(rhythm.beat_times, rhythm.downbeat_times, retained.duration_s)
    sounding = bars(
        bounds,
        heard.slow_levels_db,
        retained.onset_strengths,
        retained.frame_rate_hz,
        chroma=retained.chroma,
        chroma_rate_hz=retained.chroma_rate_hz,
    )
    beginnings, runs = all_boundary_cues(sounding)
    nearest = [int(np.argmin(np.abs(bounds[:-1] - start_s))) for start_s in starts_s]
    parts = {at for at, start_s in zip(nearest, starts_s, strict=True) if abs(bounds[at] - start_s) < FARTHEST_S}
    return Piece(
        np.stack(list(beginnings.values()), axis=1).astype(np.float32),
        np.stack(list(runs.values()), axis=2).astype(np.float32),
        tuple(sorted({0, *parts})),
    )


def fitted(pieces: Sequence[Piece]) -> PartWeights:
    """The best weights for these pieces; those with a part that is too long to be found as one are left out."""
    batch = _Batch([one for one in pieces if max(np.diff([*one.parts, len(one.beginnings)])) <= MAX_BARS])
    answer = minimize(batch.loss, np.zeros(batch.size), jac=True, method="L-BFGS-B", options={"maxiter": 150}).x
    begin_names, run_names = sign_names()
    n_begin, n_classes = len(begin_names), len(LENGTHS)
    of_runs, tables = answer[n_begin : n_begin + len(run_names)], answer[n_begin + len(run_names) :]
    beginnings = dict(zip(begin_names, answer[:n_begin].tolist(), strict=True))
    beginnings["part"] += READINESS
    return PartWeights(
        beginnings,
        dict(zip(run_names, of_runs.tolist(), strict=True)),
        tuple(tables[:n_classes].tolist()),
        tuple(tables[n_classes : 2 * n_classes].tolist()),
        tuple(tables[2 * n_classes :].tolist()),
    )


def sign_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the signs of beginnings and of runs, in their order."""
    silence = bars(
        np.arange(3.0), np.zeros((2, 64), np.float16), np.zeros((2, 6)), 1.0, chroma=np.zeros((2, 12)), chroma_rate_hz=1
    )
    beginnings, runs = all_boundary_cues(silence)
    return tuple(beginnings), tuple(runs)


def module_text(weights: PartWeights) -> str:
    """The module that holds these weights."""

    def mapping(values: dict[str, float]) -> Iterator[str]:
        yield from (f'        "{name}": {value:.3f},\n' for name, value in values.items())

    def table(name: str, values: tuple[float, ...]) -> Iterator[str]:
        yield f"    {name}=(\n"
        yield from (
            "        " + " ".join(f"{value:.3f}," for value in values[at : at + 11]) + "\n"
            for at in range(0, len(values), 11)
        )
        yield "    ),\n"

    return "".join(
        (
            '"""Weights of the signs by which sections are found, as `python -m training.sections` prints them."""\n\n',
            "from tactus.analysis.track.sections.segmentation import PartWeights\n\n",
            "PART_WEIGHTS = PartWeights(\n    beginnings={\n",
            *mapping(dict(weights.beginnings)),
            "    },\n    runs={\n",
            *mapping(dict(weights.runs)),
            "    },\n",
            *table("lengths", weights.lengths),
            *table("first_lengths", weights.first_lengths),
            *table("last_lengths", weights.last_lengths),
            ")\n",
        )
    )


class _Batch:
    """All pieces side by side, the shorter ones filled up."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        n_bars = max(len(one.beginnings) for one in pieces)
        longest = max(one.runs.shape[1] for one in pieces)
        n_classes = len(LENGTHS)
        n_pieces, n_begin, n_run = len(pieces), pieces[0].beginnings.shape[1], pieces[0].runs.shape[2]
        self._beginnings = np.zeros((n_pieces, n_bars, n_begin), np.float32)
        self._runs = np.zeros((n_pieces, n_bars, longest, n_run), np.float32)
        self._possible = np.zeros((n_pieces, n_bars, longest), bool)
        self._true = np.zeros((n_pieces, n_bars, longest), np.float32)
        self._classes = np.zeros((n_pieces, n_bars, longest), np.int64)
        self._weights = np.array([one.weight for one in pieces])
        self._n_bars = np.array([len(one.beginnings) for one in pieces])
        self._n_tables = 2 * n_classes + MAX_END
        self.size = n_begin + n_run + self._n_tables
        for k, one in enumerate(pieces):
            n, width = one.runs.shape[:2]
            self._beginnings[k, :n], self._runs[k, :n, :width] = one.beginnings, one.runs
            lengths, at = np.arange(1, width + 1), np.arange(n)[:, None]
            of_class = np.searchsorted(LENGTHS, lengths, side="right") - 1
            self._possible[k, :n, :width] = at + lengths <= n
            classes = np.where(at == 0, n_classes + of_class, of_class)
            is_last = (at + lengths == n) & (at > 0)
            self._classes[k, :n, :width] = np.where(is_last, 2 * n_classes + np.minimum(lengths, MAX_END) - 1, classes)
            for start, end in pairwise((*one.parts, n)):
                self._true[k, start, end - start - 1] = 1

    def loss(self, weights: Times) -> tuple[float, Times]:
        """How improbable the annotations are, the penalty included, and its gradient."""
        n_begin, n_run = self._beginnings.shape[2], self._runs.shape[3]
        begin, run, table = np.split(weights, [n_begin, n_begin + n_run])
        scores = self._runs @ run.astype(np.float32) + (self._beginnings @ begin.astype(np.float32))[:, :, None]
        scores = np.where(self._possible, scores + table[self._classes], _IMPOSSIBLE)
        before, after = self._passes(scores)
        total = before[np.arange(len(scores)), self._n_bars]
        n_bars, longest = scores.shape[1:]
        at = np.arange(n_bars)[:, None]
        ends = np.minimum(at + np.arange(1, longest + 1), n_bars)
        chances = np.exp(np.minimum(before[:, at] + scores + after[:, ends] - total[:, None, None], 0))
        excess = (np.where(self._possible, chances, 0) - self._true) * self._weights[:, None, None]
        excess = excess.astype(np.float32)
        gradient = np.concatenate(
            (
                np.tensordot(excess.sum(axis=2), self._beginnings, ((0, 1), (0, 1))),
                np.tensordot(excess, self._runs, ((0, 1, 2), (0, 1, 2))),
                np.bincount(self._classes.ravel(), excess.ravel(), self._n_tables),
            )
        )
        losses = total - (scores * self._true).sum(axis=(1, 2))
        loss = losses @ self._weights + 0.5 * PENALTY * weights @ weights
        return float(loss), gradient + PENALTY * weights

    def _passes(self, scores: Times) -> tuple[Times, Times]:
        n_pieces, n_bars, longest = scores.shape
        before = np.full((n_pieces, n_bars + 1), _IMPOSSIBLE)
        after = before.copy()
        before[:, 0] = 0
        after[np.arange(n_pieces), self._n_bars] = 0
        for end in range(1, n_bars + 1):
            starts = np.arange(max(0, end - longest), end)
            before[:, end] = _log_sums(before[:, starts] + scores[:, starts, end - starts - 1])
        for start in range(n_bars - 1, -1, -1):
            n = min(longest, n_bars - start)
            sums = _log_sums(after[:, start + 1 : start + 1 + n] + scores[:, start, :n])
            after[:, start] = np.where(start < self._n_bars, sums, after[:, start])
        return before, after


def _log_sums(values: NDArray[np.float64]) -> Times:
    highest = values.max(axis=1)
    sums: Times = highest + np.log(np.exp(values - highest[:, None]).sum(axis=1))
    return sums


def _read(folder: Path, track: dict[str, Any]) -> Piece:
    def blocks() -> Iterator[Block]:
        with open_sound(folder / track["path"], DecodeLimits()) as sound:
            for block in sound.blocks():
                yield Block(block, block)

    found = TrackAnalyzer(TrackOptions("basic"), rhythm_weights()).analysis(blocks)
    if found.retained is None:
        raise ValueError("an analysis keeps its evidence")
    rows = [line.split(None, 2) for line in (folder / track["sections"]).read_text().splitlines() if line.strip()]
    starts = [float(row[0]) for before, row in pairwise([["", "", ""], *rows]) if before[2] != row[2]]
    return replace(piece(found.retained, found.rhythm, starts), weight=float(track.get("weight", 1.0)))


if __name__ == "__main__":
    sys.exit(main())
