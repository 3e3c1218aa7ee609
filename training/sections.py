"""Fit the weights of the segmentation model to annotated sections.

    python -m training.sections FOLDER

FOLDER holds `manifest.jsonl`: one object a line, `{"path", "sections", "weight"}`, sections naming a file of
lines `start end label` [s]. Adjacent sections with the same label are merged; the default weight of a track is 1.
Prints `src/tactus/analysis/track/sections/cue_weights.py`.

The weights maximise the likelihood of the annotated segmentations with an L2 penalty; it is concave, so there is one
maximum (Sarawagi and Cohen 2004, section 3).
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
from tactus.analysis.track.analyzer import TrackAnalyzer
from tactus.analysis.track.retained_features import RetainedFeatures
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.sections.bars import bar_bounds, bar_features
from tactus.analysis.track.sections.boundary_cues import MAX_BARS, all_cues
from tactus.analysis.track.sections.segmentation import LENGTHS, MAX_END, CueWeights
from tactus.analysis.track.signal_pass import Block
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.sampled import Sampled
from tactus.workers.model_files import network_weights

PENALTY = 1.0
"""Factor of the L2 penalty: half the sum of the squared weights."""

READINESS = 0.6
"""Added to the score of every section: the most probable segmentations then have as many sections as annotated."""

MAX_DISTANCE_S = 3.0
"""Largest distance of an annotated boundary from a bar [s]; boundaries further away are ignored."""

_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True)
class Piece:
    """Training example: the cues of one piece and its annotated sections.

    Args:
        boundary_cues: Boundary cues, stacked, shape `[n_bars, n_cues]`.
        span_cues: Span cues, stacked, shape `[n_bars, max_length, n_cues]`.
        first_bars: First bars of the annotated sections, 0 first.
        weight: Weight in the loss.
    """

    boundary_cues: Floats
    span_cues: Floats
    first_bars: tuple[int, ...]
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
    """Training example of a piece.

    Args:
        retained: Retained features of its analysis.
        rhythm: Rhythm of its analysis.
        starts_s: Beginnings of the annotated sections [s], ascending.

    Raises:
        ValueError: The retained features are those of rhythm only.
    """
    if retained.character is None:
        raise ValueError("sections need the retained features of the type basic")
    bounds = bar_bounds(rhythm.beat_times, rhythm.downbeat_times, retained.duration_s)
    bars = bar_features(bounds, retained.character.slow_levels_db, retained.onset_strengths, retained.chroma)
    boundary_cues, span_cues = all_cues(bars)
    nearest = [int(np.argmin(np.abs(bounds[:-1] - start_s))) for start_s in starts_s]
    first_bars = {
        bar for bar, start_s in zip(nearest, starts_s, strict=True) if abs(bounds[bar] - start_s) < MAX_DISTANCE_S
    }
    return Piece(
        np.stack(list(boundary_cues.values()), axis=1).astype(np.float32),
        np.stack(list(span_cues.values()), axis=2).astype(np.float32),
        tuple(sorted({0, *first_bars})),
    )


def fitted(pieces: Sequence[Piece]) -> CueWeights:
    """Weights fitted to pieces; those with a section longer than `MAX_BARS` are left out."""
    batch = _Batch([one for one in pieces if max(np.diff([*one.first_bars, len(one.boundary_cues)])) <= MAX_BARS])
    solution = minimize(batch.loss, np.zeros(batch.size), jac=True, method="L-BFGS-B", options={"maxiter": 150}).x
    boundary_names, span_names = cue_names()
    n_boundary, n_classes = len(boundary_names), len(LENGTHS)
    spans, tables = np.split(solution[n_boundary:], [len(span_names)])
    boundaries = dict(zip(boundary_names, solution[:n_boundary].tolist(), strict=True))
    boundaries["section"] += READINESS
    return CueWeights(
        boundaries,
        dict(zip(span_names, spans.tolist(), strict=True)),
        tuple(tables[:n_classes].tolist()),
        tuple(tables[n_classes : 2 * n_classes].tolist()),
        tuple(tables[2 * n_classes :].tolist()),
    )


def cue_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the boundary cues and of the span cues, in their order."""
    onset_strengths, chroma = Sampled(np.zeros((2, 6), np.float32), 1.0), Sampled(np.zeros((2, 12), np.float32), 1.0)
    silence = bar_features(np.arange(3.0), np.zeros((2, 64), np.float16), onset_strengths, chroma)
    boundary_cues, span_cues = all_cues(silence)
    return tuple(boundary_cues), tuple(span_cues)


def module_text(weights: CueWeights) -> str:
    """Source text of the module with these weights."""

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
            '"""Weights of the segmentation model, as `python -m training.sections` prints them."""\n\n',
            "from tactus.analysis.track.sections.segmentation import CueWeights\n\n",
            "CUE_WEIGHTS = CueWeights(\n    boundaries={\n",
            *mapping(dict(weights.boundaries)),
            "    },\n    spans={\n",
            *mapping(dict(weights.spans)),
            "    },\n",
            *table("lengths", weights.lengths),
            *table("first_lengths", weights.first_lengths),
            *table("last_lengths", weights.last_lengths),
            ")\n",
        )
    )


class _Batch:
    """All pieces in padded arrays."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        n_bars = max(len(one.boundary_cues) for one in pieces)
        max_length = max(one.span_cues.shape[1] for one in pieces)
        n_classes = len(LENGTHS)
        n_pieces, n_boundary, n_span = len(pieces), pieces[0].boundary_cues.shape[1], pieces[0].span_cues.shape[2]
        self._boundary_cues = np.zeros((n_pieces, n_bars, n_boundary), np.float32)
        self._span_cues = np.zeros((n_pieces, n_bars, max_length, n_span), np.float32)
        self._possible = np.zeros((n_pieces, n_bars, max_length), bool)
        self._true = np.zeros((n_pieces, n_bars, max_length), np.float32)
        self._classes = np.zeros((n_pieces, n_bars, max_length), np.int64)
        self._weights = np.array([one.weight for one in pieces])
        self._n_bars = np.array([len(one.boundary_cues) for one in pieces])
        self._n_tables = 2 * n_classes + MAX_END
        self.size = n_boundary + n_span + self._n_tables
        for k, one in enumerate(pieces):
            n, width = one.span_cues.shape[:2]
            self._boundary_cues[k, :n], self._span_cues[k, :n, :width] = one.boundary_cues, one.span_cues
            lengths, at = np.arange(1, width + 1), np.arange(n)[:, None]
            of_class = np.searchsorted(LENGTHS, lengths, side="right") - 1
            self._possible[k, :n, :width] = at + lengths <= n
            classes = np.where(at == 0, n_classes + of_class, of_class)
            is_last = (at + lengths == n) & (at > 0)
            self._classes[k, :n, :width] = np.where(is_last, 2 * n_classes + np.minimum(lengths, MAX_END) - 1, classes)
            for start, end in pairwise((*one.first_bars, n)):
                self._true[k, start, end - start - 1] = 1

    def loss(self, weights: Times) -> tuple[float, Times]:
        """Negative log-likelihood of the annotations with the penalty, and its gradient."""
        n_boundary, n_span = self._boundary_cues.shape[2], self._span_cues.shape[3]
        boundary, span, table = np.split(weights, [n_boundary, n_boundary + n_span])
        scores = (
            self._span_cues @ span.astype(np.float32) + (self._boundary_cues @ boundary.astype(np.float32))[:, :, None]
        )
        scores = np.where(self._possible, scores + table[self._classes], _IMPOSSIBLE)
        before, after = self._passes(scores)
        total = before[np.arange(len(scores)), self._n_bars]
        n_bars, max_length = scores.shape[1:]
        at = np.arange(n_bars)[:, None]
        ends = np.minimum(at + np.arange(1, max_length + 1), n_bars)
        probabilities = np.exp(np.minimum(before[:, at] + scores + after[:, ends] - total[:, None, None], 0))
        excess = (np.where(self._possible, probabilities, 0) - self._true) * self._weights[:, None, None]
        excess = excess.astype(np.float32)
        gradient = np.concatenate(
            (
                np.tensordot(excess.sum(axis=2), self._boundary_cues, ((0, 1), (0, 1))),
                np.tensordot(excess, self._span_cues, ((0, 1, 2), (0, 1, 2))),
                np.bincount(self._classes.ravel(), excess.ravel(), self._n_tables),
            )
        )
        losses = total - (scores * self._true).sum(axis=(1, 2))
        loss = losses @ self._weights + 0.5 * PENALTY * weights @ weights
        return float(loss), gradient + PENALTY * weights

    def _passes(self, scores: Times) -> tuple[Times, Times]:
        n_pieces, n_bars, max_length = scores.shape
        before = np.full((n_pieces, n_bars + 1), _IMPOSSIBLE)
        after = before.copy()
        before[:, 0] = 0
        after[np.arange(n_pieces), self._n_bars] = 0
        for end in range(1, n_bars + 1):
            starts = np.arange(max(0, end - max_length), end)
            before[:, end] = _log_sums(before[:, starts] + scores[:, starts, end - starts - 1])
        for start in range(n_bars - 1, -1, -1):
            n = min(max_length, n_bars - start)
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

    analysis = TrackAnalyzer(TrackOptions("basic"), network_weights()).analysis(blocks)
    if analysis.retained is None:
        raise ValueError("an analysis without retained features")
    rows = [line.split(None, 2) for line in (folder / track["sections"]).read_text().splitlines() if line.strip()]
    starts = [float(row[0]) for before, row in pairwise([["", "", ""], *rows]) if before[2] != row[2]]
    return replace(piece(analysis.retained, analysis.rhythm, starts), weight=float(track.get("weight", 1.0)))


if __name__ == "__main__":
    sys.exit(main())
