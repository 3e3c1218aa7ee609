"""Chords: which triad sounds from when to when."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.key import PITCH_CLASSES
from tactus.analysis.track.spans import divided, span_means
from tactus.dsp.arrays import Floats, Ints, Times

VERSION = 1

NO_CHORD = "N"

LABELS = (*(f"{tonic}:{quality}" for quality in ("maj", "min") for tonic in PITCH_CLASSES), NO_CHORD)
"""The 24 major and minor triads and "no chord", as mir_eval spells them."""

_OVERTONE_DECAY = 0.6
"""Each overtone of a chord's note has this share of the one below (Gómez 2006 and Papadopoulos & Peeters 2007)."""

_N_OVERTONES = 4
_SHARPNESS = 16.0
"""Of the softmax over templates; with `_STAY`, fitted on pieces with known chords."""

_STAY = 0.6
"""Probability that a chord lasts from one beat to the next."""

_NO_CHORD_SIMILARITY = 0.4
"""Correlation with a triad below which "no chord" is the better word."""

_QUIET = 1e-3
"""Spans this much quieter than the loudest are silent."""

_SPAN_WITHOUT_BEATS_S = 0.5
_LONGEST_SPAN_S = 2.0


@dataclass(frozen=True, slots=True)
class Chord:
    """One chord of a piece.

    Args:
        start: Its first moment [s].
        end: The next chord's first moment, or the piece's end [s].
        label: As in `C:maj`, `A:min`, `N`.
        confidence: Belief in the label, in [0, 1].
    """

    start: float
    end: float
    label: str
    confidence: float


def chords(chroma: Floats, frame_rate_hz: float, *, beat_times: Times, duration_s: float) -> tuple[Chord, ...]:
    """The chords of a piece, contiguous from 0 to its end, changing on beats.

    Each span between beats has the mean of its pitch classes compared with 24 triads; the likeliest sequence follows
    from a hidden Markov model in which chords tend to stay.

    Args:
        chroma: Strength of each pitch class, in tune, >= 0, shape `[n_frames, 12]`, C first.
        frame_rate_hz: Rows per second [Hz]; row k is centred at `k / frame_rate_hz`.
        beat_times: Where chords may change [s], ascending; empty: every half second.
        duration_s: Length of the piece [s], > 0.

    Returns:
        At least one chord; `N` throughout silence and noise.

    Source: Fujishima 1999 (templates); Sheh and Ellis 2003 (hidden Markov model).
    """
    bounds = _bounds(beat_times, duration_s)
    likelihoods = _log_likelihoods(span_means(chroma, frame_rate_hz, bounds))
    path = _likeliest_path(likelihoods)
    shares = np.exp(likelihoods - likelihoods.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    first = np.flatnonzero(np.diff(path, prepend=-1))
    ends = np.append(first[1:], len(path))
    return tuple(
        Chord(
            start=float(bounds[begin]),
            end=float(bounds[end]),
            label=LABELS[path[begin]],
            confidence=float(shares[begin:end, path[begin]].mean()),
        )
        for begin, end in zip(first, ends, strict=True)
    )


def _bounds(beat_times: Times, duration_s: float) -> Times:
    inside = beat_times[(beat_times > 0) & (beat_times < duration_s)]
    return divided(np.concatenate(([0.0], inside, [duration_s])), _LONGEST_SPAN_S, _SPAN_WITHOUT_BEATS_S)


def _templates() -> Times:
    """Pitch classes of each triad with its notes' overtones, unit length, shape `[24, 12]`."""
    note = np.zeros(12)
    for overtone in range(1, _N_OVERTONES + 1):
        note[round(12 * np.log2(overtone)) % 12] += _OVERTONE_DECAY ** (overtone - 1)
    triads = [sum(np.roll(note, degree) for degree in degrees) for degrees in ((0, 4, 7), (0, 3, 7))]
    templates = np.array([np.roll(triad, tonic) for triad in triads for tonic in range(12)])
    return _shapes(templates)


def _log_likelihoods(means: Times) -> Times:
    """Of each label for each span, up to a constant, shape `[n_spans, 25]`."""
    heard = means.max(axis=1, keepdims=True) > _QUIET * max(float(means.max()), 1e-9)
    similarities = _shapes(np.where(heard, means, 0)) @ _templates().T
    no_chord = np.full((len(means), 1), _NO_CHORD_SIMILARITY)
    return _SHARPNESS * np.concatenate((similarities, no_chord), axis=1)


def _shapes(rows: Times) -> Times:
    """Rows less their mean, of unit length; zero where all values are equal. Their products are correlations."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    shapes: Times = centred / np.maximum(lengths, 1e-9)
    return shapes


def _likeliest_path(log_likelihoods: Times) -> Ints:
    """Viterbi's path where every change is as likely as any other: O(n_labels) a span."""
    n_spans, n_labels = log_likelihoods.shape
    stay, change = np.log(_STAY), np.log((1 - _STAY) / (n_labels - 1))
    scores = log_likelihoods[0]
    came_from = np.empty((n_spans, n_labels), np.int64)
    for span in range(1, n_spans):
        best = int(np.argmax(scores))
        stays = scores + stay >= scores[best] + change
        came_from[span] = np.where(stays, np.arange(n_labels), best)
        scores = np.where(stays, scores + stay, scores[best] + change) + log_likelihoods[span]
    path = np.empty(n_spans, np.int64)
    path[-1] = np.argmax(scores)
    for span in range(n_spans - 1, 0, -1):
        path[span - 1] = came_from[span, path[span]]
    return path
