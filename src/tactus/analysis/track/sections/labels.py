"""Labels of sections: which sections of a piece are repetitions of one another."""

from itertools import pairwise

import numpy as np

from tactus.analysis.track.sections.self_similarity import SelfSimilarity
from tactus.dsp.arrays import Ints, Times

_SAME = 0.5
"""Least mean similarity, bar by bar, of two sections with the same label."""

_OVERLAP = 0.75
"""Least share of the shorter section's bars that are compared."""

_NO_CHANGE = 0.06
"""Largest squared distance between the mean vectors (of length <= 1) of two sections that count as equal."""


def section_numbers(similarities: dict[str, SelfSimilarity], first_bars: Ints) -> list[int]:
    """Number of each section, from 0 on in order of first appearance; similar sections share one.

    Two sections are compared bar by bar at the best alignment, in pitch and sound. Each section is compared with those
    before it, and gets the number of the most similar one.

    Args:
        similarities: Self-similarity by aspect.
        first_bars: First bar of each section, ascending, 0 first.

    Source: Paulus and Klapuri 2009, "Music structure analysis using a probabilistic fitness measure and a greedy
        search algorithm", section III (similarity of two segments).
    """
    vectors = _vectors(similarities)
    last_bars = np.append(first_bars[1:], len(vectors))
    sections = [vectors[first:last] for first, last in zip(first_bars, last_bars, strict=True)]
    numbers: list[int] = []
    for k, section in enumerate(sections):
        to_earlier = [_similarity(section, other) for other in sections[:k]]
        nearest = int(np.argmax(to_earlier)) if k else 0
        numbers.append(numbers[nearest] if k and to_earlier[nearest] >= _SAME else max(numbers, default=-1) + 1)
    return numbers


def merged_sections(similarities: dict[str, SelfSimilarity], first_bars: Ints) -> Ints:
    """First bars of the sections after merging each one that repeats the section before without a change on average.

    Args:
        similarities: Self-similarity by aspect.
        first_bars: First bar of each section, ascending, 0 first.
    """
    vectors = _vectors(similarities)
    numbers = section_numbers(similarities, first_bars)
    bounds = np.append(first_bars, len(vectors))
    means = [vectors[first:last].mean(axis=0) for first, last in pairwise(bounds)]
    merged = [0]
    for k in range(1, len(first_bars)):
        change = float(np.sum((means[k] - means[k - 1]) ** 2))
        if numbers[k] != numbers[k - 1] or change > _NO_CHANGE:
            merged.append(k)
    return first_bars[merged]


def _vectors(similarities: dict[str, SelfSimilarity]) -> Times:
    """Feature vector of each bar over all aspects, of length <= 1, shape `[n_bars, size]`."""
    vectors = np.concatenate([similarity.vectors for similarity in similarities.values()], axis=1)
    normalised: Times = vectors / np.sqrt(len(similarities))
    return normalised


def _similarity(section: Times, other: Times) -> float:
    """Similarity of two sections at the best alignment; 1 where their means are equal."""
    if float(np.sum((section.mean(axis=0) - other.mean(axis=0)) ** 2)) <= _NO_CHANGE:
        return 1.0
    products = section @ other.T
    overlap = int(np.ceil(_OVERLAP * min(products.shape)))
    shifts = range(overlap - len(section), len(other) - overlap + 1)
    return max(float(np.diagonal(products, shift).mean()) for shift in shifts)
