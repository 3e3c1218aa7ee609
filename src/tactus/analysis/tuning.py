"""Tuning: deviation of a piece from A = 440 Hz, and pitch spectrum and chroma with the deviation undone."""

import numpy as np

from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import THIRDS

VERSION = 1


def tuning_cents(fine_chroma: Floats) -> float:
    """Deviation of the tuning of a piece from A = 440 Hz [cents]; positive: sharp.

    The circular mean of the fine chroma over the semitone: a full circle is a semitone.

    Args:
        fine_chroma: Strength of each fraction of a semitone, >= 0, shape `[n_frames, 12 * n_fractions]`; column
            `p * n_fractions` is pitch class p exactly in tune.

    Returns:
        Cents in [-50, 50); 0 for silence.

    Source: Dressler and Streich 2007, "Tuning frequency estimation using circular statistics", equations 3-5.
    """
    strengths = fine_chroma.sum(axis=0, dtype=np.float64)
    n_fractions = len(strengths) // 12
    direction = np.sum(strengths * np.exp(2j * np.pi * np.arange(len(strengths)) / n_fractions))
    if abs(direction) <= 1e-9 * strengths.sum():
        return 0.0
    cents = float(np.angle(direction)) * 100 / (2 * np.pi)
    return cents if cents < 50 else -50.0


def tuned_pitches(pitches: Floats, cents: float) -> Floats:
    """Strength of each semitone of a piece, its tuning undone.

    Args:
        pitches: Strength of each third of a semitone, >= 0, shape `[n_frames, n]`; column 3 p is the p-th semitone
            exactly in tune.
        cents: Tuning of the piece, from `tuning_cents` [cents].

    Returns:
        Strength of each semitone, >= 0, shape `[n_frames, n / 3]`.
    """
    n_pitches = pitches.shape[1]
    away = np.arange(n_pitches)[:, None] / THIRDS - cents / 100 - np.arange(n_pitches // THIRDS)
    semitones: Floats = pitches @ np.maximum(0, 1 - np.abs(away) * 2).astype(np.float32)
    return semitones


def tuned_chroma(fine_chroma: Floats, cents: float) -> Floats:
    """Chroma of a piece, its tuning undone.

    Args:
        fine_chroma: Strength of each fraction of a semitone, >= 0, shape `[n_frames, 12 * n_fractions]`.
        cents: Tuning of the piece, from `tuning_cents` [cents].

    Returns:
        Strength of each pitch class, >= 0, shape `[n_frames, 12]`, C first.
    """
    n_fine = fine_chroma.shape[1]
    away = (np.arange(n_fine)[:, None] * (12 / n_fine) - cents / 100 - np.arange(12) + 6) % 12 - 6
    weights = np.maximum(0, 1 - np.abs(away) * 2).astype(np.float32)
    chroma: Floats = fine_chroma @ weights
    return chroma
