"""Segmentation of a piece into sections by a semi-Markov conditional random field over its bars.

The score of a segmentation is the sum over its sections of the weighted boundary cues of the first bar, of the weighted
cues of the span of bars, and of a weight for the length in bars; its probability is proportional to the exponential of
the score. Weights are fitted by maximum likelihood to annotated segmentations (`training/sections.py`).

Source: Sarawagi and Cohen 2004, "Semi-Markov conditional random fields for information extraction"; Sargent, Bimbot and
    Vincent 2017, "Estimating the structural segmentation of popular music pieces under regularity constraints".
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Ints, Times

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 20, 21, 24, 26, 32, 34)
"""First length of each class of section lengths [bars]: multiples of four have classes of their own, as have most of
those with a bar more."""

MAX_END = 16
"""Length from which the length of the last section has no influence [bars]: an excerpt ends anywhere."""

_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True)
class CueWeights:
    """Weights of the model.

    Args:
        boundaries: Weight of each boundary cue, by name.
        spans: Weight of each span cue, by name.
        lengths: Weight of each class of `LENGTHS`.
        first_lengths: Weight of each class of `LENGTHS` for the first section.
        last_lengths: Weight of each length of the last section, 1 to `MAX_END` bars.
    """

    boundaries: Mapping[str, float]
    spans: Mapping[str, float]
    lengths: tuple[float, ...]
    first_lengths: tuple[float, ...]
    last_lengths: tuple[float, ...]


def span_scores(weights: CueWeights, boundary_cues: Mapping[str, Times], span_cues: Mapping[str, Times]) -> Times:
    """Score of each span of bars as a section.

    Args:
        weights: Weights of the model.
        boundary_cues: Boundary cues by name, each of shape `[n_bars]`.
        span_cues: Span cues by name, each of shape `[n_bars, max_length]`.

    Returns:
        Scores, shape `[n_bars, max_length]`, column n - 1 for n bars; very low where a span leaves the piece.
    """
    boundaries = sum(weight * boundary_cues[name] for name, weight in weights.boundaries.items())
    spans = sum(weight * span_cues[name] for name, weight in weights.spans.items())
    scores = np.asarray(boundaries)[:, None] + spans
    n_bars, max_length = scores.shape
    lengths = np.arange(1, max_length + 1)
    of_class = np.searchsorted(LENGTHS, lengths, side="right") - 1
    ends = np.arange(n_bars)[:, None] + lengths
    scores += np.asarray(weights.lengths)[of_class]
    scores[0] += (np.asarray(weights.first_lengths) - np.asarray(weights.lengths))[of_class]
    last = (ends == n_bars) & (np.arange(n_bars) > 0)[:, None]
    endings = np.asarray(weights.last_lengths)[np.minimum(lengths, MAX_END) - 1]
    scores = np.where(last, scores - np.asarray(weights.lengths)[of_class] + endings, scores)
    possible: Times = np.where(ends <= n_bars, scores, _IMPOSSIBLE)
    return possible


def best_segmentation(scores: Times) -> Ints:
    """First bars of the sections of the most probable segmentation, ascending, the first bar of the piece included."""
    n_bars, max_length = scores.shape
    best = np.full(n_bars + 1, _IMPOSSIBLE * n_bars)
    best[0] = 0.0
    came_from = np.zeros(n_bars + 1, np.int64)
    for end in range(1, n_bars + 1):
        starts = np.arange(max(0, end - max_length), end)
        totals = best[starts] + scores[starts, end - starts - 1]
        came_from[end] = starts[np.argmax(totals)]
        best[end] = totals.max()
    first_bars = [int(came_from[n_bars])]
    while first_bars[-1] > 0:
        first_bars.append(int(came_from[first_bars[-1]]))
    return np.array(first_bars[::-1])


def boundary_probabilities(scores: Times) -> Times:
    """Probability that a section begins at each bar, over all segmentations (forward-backward), shape `[n_bars]`."""
    n_bars, max_length = scores.shape
    before, after = np.full(n_bars + 1, _IMPOSSIBLE), np.full(n_bars + 1, _IMPOSSIBLE)
    before[0] = after[n_bars] = 0.0
    for end in range(1, n_bars + 1):
        starts = np.arange(max(0, end - max_length), end)
        before[end] = _log_sum(before[starts] + scores[starts, end - starts - 1])
    for start in range(n_bars - 1, -1, -1):
        n = min(max_length, n_bars - start)
        after[start] = _log_sum(after[start + 1 : start + 1 + n] + scores[start, :n])
    probabilities: Times = np.exp(np.minimum(before + after - before[n_bars], 0))[:n_bars]
    return probabilities


def _log_sum(values: Times) -> float:
    highest = values.max()
    return float(highest + np.log(np.exp(values - highest).sum()))
