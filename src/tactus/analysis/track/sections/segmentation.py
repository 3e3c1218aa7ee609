"""Which bars begin parts, weighing all signs and how long parts are at once: a semi-Markov model of a piece.

A way to divide a piece into parts has a score, the sum over its parts of the weighted signs that one begins there, of
the weighted signs that its bars are one part, and of a term for its length in bars; its probability is proportional to
the score's exponential. Weights are fitted so that the ways in which people divided pieces are probable
(`training/sections.py`).

Source: Sarawagi and Cohen 2004, "Semi-Markov conditional random fields for information extraction"; Sargent, Bimbot and
    Vincent 2017, "Estimating the structural segmentation of popular music pieces under regularity constraints".
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Ints, Times

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 20, 21, 24, 26, 32, 34)
"""Where classes of lengths begin [bars]: multiples of four stand alone, as do those with a bar more."""

MAX_END = 16
"""Bars from which the last part's length does not count: an excerpt ends anywhere."""

_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True)
class PartWeights:
    """Of signs by name, and of classes of lengths.

    Args:
        beginnings: Of the signs that a part begins.
        runs: Of the signs that bars are one part.
        lengths: Of each class of `LENGTHS`.
        first_lengths: The same for the first part.
        last_lengths: Of the last part's length, 1 to `MAX_END` bars.
    """

    beginnings: Mapping[str, float]
    runs: Mapping[str, float]
    lengths: tuple[float, ...]
    first_lengths: tuple[float, ...]
    last_lengths: tuple[float, ...]


def run_scores(weights: PartWeights, beginnings: Mapping[str, Times], runs: Mapping[str, Times]) -> Times:
    """The score of each run of bars as a part.

    Args:
        weights: Of all signs.
        beginnings: As `boundary_cues` has them, each shape `[n_bars]`.
        runs: Likewise, each shape `[n_bars, longest]`.

    Returns:
        Shape `[n_bars, longest]`, column n - 1 for n bars; hardly possible where a run leaves the piece.
    """
    begins = sum(weight * beginnings[name] for name, weight in weights.beginnings.items())
    scores = np.asarray(begins)[:, None] + sum(weight * runs[name] for name, weight in weights.runs.items())
    n_bars, longest = scores.shape
    lengths = np.arange(1, longest + 1)
    of_class = np.searchsorted(LENGTHS, lengths, side="right") - 1
    ends = np.arange(n_bars)[:, None] + lengths
    scores += np.asarray(weights.lengths)[of_class]
    scores[0] += (np.asarray(weights.first_lengths) - np.asarray(weights.lengths))[of_class]
    last = (ends == n_bars) & (np.arange(n_bars) > 0)[:, None]
    endings = np.asarray(weights.last_lengths)[np.minimum(lengths, MAX_END) - 1]
    scores = np.where(last, scores - np.asarray(weights.lengths)[of_class] + endings, scores)
    possible: Times = np.where(ends <= n_bars, scores, _IMPOSSIBLE)
    return possible


def best_parts(scores: Times) -> Ints:
    """First bars of the most probable parts, ascending, the first bar included."""
    n_bars, longest = scores.shape
    best = np.full(n_bars + 1, _IMPOSSIBLE * n_bars)
    best[0] = 0.0
    came_from = np.zeros(n_bars + 1, np.int64)
    for end in range(1, n_bars + 1):
        starts = np.arange(max(0, end - longest), end)
        ways = best[starts] + scores[starts, end - starts - 1]
        came_from[end] = starts[np.argmax(ways)]
        best[end] = ways.max()
    found = [int(came_from[n_bars])]
    while found[-1] > 0:
        found.append(int(came_from[found[-1]]))
    return np.array(found[::-1])


def beginning_probabilities(scores: Times) -> Times:
    """How probable it is that a part begins with each bar, over all ways to divide the piece, shape `[n_bars]`."""
    n_bars, longest = scores.shape
    before, after = np.full(n_bars + 1, _IMPOSSIBLE), np.full(n_bars + 1, _IMPOSSIBLE)
    before[0] = after[n_bars] = 0.0
    for end in range(1, n_bars + 1):
        starts = np.arange(max(0, end - longest), end)
        before[end] = _log_sum(before[starts] + scores[starts, end - starts - 1])
    for start in range(n_bars - 1, -1, -1):
        n = min(longest, n_bars - start)
        after[start] = _log_sum(after[start + 1 : start + 1 + n] + scores[start, :n])
    probabilities: Times = np.exp(np.minimum(before + after - before[n_bars], 0))[:n_bars]
    return probabilities


def _log_sum(values: Times) -> float:
    highest = values.max()
    return float(highest + np.log(np.exp(values - highest).sum()))
