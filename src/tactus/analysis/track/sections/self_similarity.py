"""Self-similarity of the bars of a piece, in pitch (harmony and melody) and in sound (timbre and rhythm)."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.sections.bars import BarFeatures
from tactus.dsp.arrays import Times

MAX_LAG = 128
"""Largest distance of compared bars, so that cost grows with the piece and not with its square."""

_MELODY = slice(14, 48)
"""Mel bands (of 64) of melodies: about 350 Hz to 5 kHz."""

_MIN_SPREAD = {"levels": 1.0, "harmony": 0.02, "onsets": 0.03}
"""Standard deviation [dB; length of a quarter's vector; mean strength] below which bars count as equal."""


@dataclass(frozen=True, slots=True)
class SelfSimilarity:
    """Self-similarity of the bars in one aspect, as a time-lag matrix.

    Args:
        vectors: Feature vector of each bar, of length <= 1, shape `[n_bars, size]`; inner products are similarities.
        products: Similarity of bar k and bar k - l in row l, column k, in [-1, 1]; 0 where there is no such bar; shape
            `[n_lags, n_bars]`; row 0 is unused.
    """

    vectors: Times
    products: Times


def self_similarities(bars: BarFeatures) -> dict[str, SelfSimilarity]:
    """Self-similarity in "pitch" (harmony, melody) and "sound" (timbre, rhythm), each of two equal halves."""
    melody = bars.levels_db[:, :, _MELODY]
    aspects = {
        "pitch": (
            _directions(bars.harmony, _MIN_SPREAD["harmony"]),
            _directions(melody - melody.mean(axis=2, keepdims=True), _MIN_SPREAD["levels"]),
        ),
        "sound": (
            _directions(_broad(bars.levels_db), _MIN_SPREAD["levels"]),
            _directions(bars.onsets, _MIN_SPREAD["onsets"]),
        ),
    }
    return {name: _self_similarity(np.concatenate(halves, axis=1) / np.sqrt(2)) for name, halves in aspects.items()}


def _broad(levels_db: Times) -> Times:
    """Levels of bands eight times as wide, `[..., n_bands // 8]`."""
    n_bands = levels_db.shape[2] // 8
    broad: Times = levels_db[:, :, : n_bands * 8].reshape(*levels_db.shape[:2], n_bands, 8).mean(axis=3)
    return broad


def _directions(quarters: Times, min_spread: float) -> Times:
    """Unit vector of each bar's deviation from the mean of all; shorter where the spread is below `min_spread`."""
    deviation = quarters - quarters.mean(axis=(0, 1))
    share = min(1.0, float(deviation.std()) / min_spread)
    flat = deviation.reshape(len(deviation), -1)
    directions: Times = share * flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    return directions


def _self_similarity(vectors: Times) -> SelfSimilarity:
    n_bars = len(vectors)
    products = np.zeros((min(MAX_LAG, n_bars - 1) + 1, n_bars))
    for lag in range(1, len(products)):
        products[lag, lag:] = np.einsum("ij,ij->i", vectors[lag:], vectors[:-lag])
    return SelfSimilarity(vectors, products)
