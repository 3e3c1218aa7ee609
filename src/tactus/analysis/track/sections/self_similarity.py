"""How like one another the bars of a piece are, in pitch (harmony and melody) and in sound (timbre and rhythm)."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.sections.bars import Bars
from tactus.dsp.arrays import Times

FARTHEST = 128
"""Bars further apart are not compared, so that cost grows with the piece and not with its square."""

_MELODY = slice(14, 48)
"""Of the 64 mel bands: from about 350 Hz to 5 kHz, where melodies lie."""

_CHANGES = {"levels": 1.0, "harmony": 0.02, "onsets": 0.03}
"""Deviation [dB; of a quarter's vector; of the mean strength] from which bars of a piece differ at all."""


@dataclass(frozen=True, slots=True)
class SelfSimilarity:
    """One aspect of the bars.

    Args:
        vectors: At most of length 1, their inner product is how like two bars are, shape `[n_bars, size]`.
        products: Likeness in [-1, 1] of bar k and the bar l before it in row l, 0 where there is none, shape
            `[n_lags, n_bars]`; row 0 is not used.
    """

    vectors: Times
    products: Times


def likenesses(bars: Bars) -> dict[str, SelfSimilarity]:
    """Pitch and sound, each of two halves that count alike."""
    melody = bars.levels_db[:, :, _MELODY]
    aspects = {
        "pitch": (
            _directions(bars.harmony, _CHANGES["harmony"]),
            _directions(melody - melody.mean(axis=2, keepdims=True), _CHANGES["levels"]),
        ),
        "sound": (
            _directions(_broad(bars.levels_db), _CHANGES["levels"]),
            _directions(bars.onsets, _CHANGES["onsets"]),
        ),
    }
    return {name: _likeness(np.concatenate(halves, axis=1) / np.sqrt(2)) for name, halves in aspects.items()}


def _broad(levels_db: Times) -> Times:
    n_bands = levels_db.shape[2] // 8
    broad: Times = levels_db[:, :, : n_bands * 8].reshape(*levels_db.shape[:2], n_bands, 8).mean(axis=3)
    return broad


def _directions(quarters: Times, change: float) -> Times:
    """Which way each bar departs from the mean of all; short vectors where no bar departs by `change`."""
    away = quarters - quarters.mean(axis=(0, 1))
    share = min(1.0, float(away.std()) / change)
    flat = away.reshape(len(away), -1)
    directions: Times = share * flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    return directions


def _likeness(vectors: Times) -> SelfSimilarity:
    n_bars = len(vectors)
    products = np.zeros((min(FARTHEST, n_bars - 1) + 1, n_bars))
    for lag in range(1, len(products)):
        products[lag, lag:] = np.einsum("ij,ij->i", vectors[lag:], vectors[:-lag])
    return SelfSimilarity(vectors, products)
