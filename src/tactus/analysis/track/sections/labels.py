"""Which parts of a piece are the same again."""

from itertools import pairwise

import numpy as np

from tactus.analysis.track.sections.self_similarity import SelfSimilarity
from tactus.dsp.arrays import Ints, Times

_SAME = 0.5
"""Mean likeness, bar by bar, from which two parts are one."""

_SHARED = 0.75
"""Of the shorter part's bars: as much has to lie beside the other's."""

_NO_CHANGE = 0.06
"""Squared distance of two parts' mean vectors, of which each is at most of length 1, up to which nothing changes."""


def part_numbers(alike: dict[str, SelfSimilarity], first_bars: Ints) -> list[int]:
    """A number for each part, from 0 on in the order of first hearing; parts that are alike share one.

    Two parts are alike where one, moved along the other, is like it bar by bar, in pitch and sound alike. Each part is
    compared with those before it, and takes the number of the one that is most like it.

    Args:
        alike: Aspects of the bars.
        first_bars: Where parts begin, ascending, 0 first.

    Source: Paulus and Klapuri 2009, "Music structure analysis using a probabilistic fitness measure and a greedy
        search algorithm", section III (the likeness of two segments).
    """
    vectors = np.concatenate([self_similarity.vectors for self_similarity in alike.values()], axis=1) / np.sqrt(
        len(alike)
    )
    last_bars = np.append(first_bars[1:], len(vectors))
    parts = [vectors[first:last] for first, last in zip(first_bars, last_bars, strict=True)]
    numbers: list[int] = []
    for k, part in enumerate(parts):
        self_similarity = [_likeness(part, other) for other in parts[:k]]
        same = int(np.argmax(self_similarity)) if k else 0
        numbers.append(numbers[same] if k and self_similarity[same] >= _SAME else max(numbers, default=-1) + 1)
    return numbers


def without_repeats(alike: dict[str, SelfSimilarity], first_bars: Ints) -> Ints:
    """The parts, those joined to the one before them that are alike and change nothing on average."""
    vectors = np.concatenate([self_similarity.vectors for self_similarity in alike.values()], axis=1) / np.sqrt(
        len(alike)
    )
    numbers = part_numbers(alike, first_bars)
    bounds = np.append(first_bars, len(vectors))
    means = [vectors[first:last].mean(axis=0) for first, last in pairwise(bounds)]
    kept = [0]
    for k in range(1, len(first_bars)):
        change = float(np.sum((means[k] - means[k - 1]) ** 2))
        if numbers[k] != numbers[k - 1] or change > _NO_CHANGE:
            kept.append(k)
    return first_bars[kept]


def _likeness(part: Times, other: Times) -> float:
    """Of two parts, where one lies best beside the other; 1 where there is no difference to speak of."""
    if float(np.sum((part.mean(axis=0) - other.mean(axis=0)) ** 2)) <= _NO_CHANGE:
        return 1.0
    products = part @ other.T
    shared = int(np.ceil(_SHARED * min(products.shape)))
    shifts = range(shared - len(part), len(other) - shared + 1)
    return max(float(np.diagonal(products, shift).mean()) for shift in shifts)
