"""Chords of a piece over time."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.networks.harmony import QUALITIES
from tactus.analysis.track.harmony.key import PITCH_CLASSES
from tactus.analysis.track.sound.spans import divided, row_means, span_means, span_rows
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.sampled import Sampled
from tactus.dsp.viterbi import viterbi

VERSION = 3

NO_CHORD = "N"

LABELS = (*(f"{tonic}:{quality}" for quality in ("maj", "min") for tonic in PITCH_CLASSES), NO_CHORD)
"""The 24 major and minor triads and "no chord", as mir_eval spells them."""

_MAJOR, _MINOR = ("maj", "maj7", "7"), ("min", "min7", "dim", "hdim7")
"""Qualities that count as major, and as minor: those with the same third."""

_CHANGE = float(np.log(0.4 / 0.6 / 24))
"""Log-odds of a change to a given chord on a beat against no change."""

_MIN_PROBABILITY = 1e-4
"""Added to chord probabilities before the logarithm."""

_TEMPLATE_WEIGHT = 4.0
"""Weight of the correlation with a triad template [nats]; results are about equal from 1 to 8."""

_NO_CHORD_CORRELATION = 0.4
"""Correlation of "no chord": a triad needs a higher one to be preferred."""

_OVERTONE_DECAY, _N_OVERTONES = 0.6, 4
"""Strength of each partial of a note relative to the one below, and number of partials (Gómez 2006 and Papadopoulos &
Peeters 2007)."""

_MIN_SHARE = 0.7
"""Least share of a seventh or diminished chord in the probability of its triad, to be named."""

_SPAN_WITHOUT_BEATS_S = 0.5
"""Length of spans without beats [s]."""

_MAX_SPAN_S = 2.0
"""Longest span between beats before it is divided [s]."""


@dataclass(frozen=True, slots=True)
class Chord:
    """One chord of a piece.

    Args:
        start: Beginning [s].
        end: Beginning of the next chord, or end of the piece [s].
        label: Label in the syntax of mir_eval: `C:maj`, `A:min`, `N`; if probable enough also `7`, `maj7`, `min7`,
            `dim`, `hdim7`.
        confidence: Probability of its root and third, in [0, 1].
    """

    start: float
    end: float
    label: str
    confidence: float


def chords(
    probabilities: Sampled[Floats],
    *,
    first_s: float,
    chroma: Sampled[Floats],
    beat_times: Times,
    duration_s: float,
) -> tuple[Chord, ...]:
    """Chords of a piece, contiguous from 0 to its end, with changes on beats.

    Probabilities of the network are summed into major, minor and no chord, and their logarithms averaged between beats.
    The correlation of the chroma with triad templates is added, which holds also for sounds unlike any instrument. The
    sequence is decoded by a hidden Markov model in which chords tend to stay.

    Args:
        probabilities: Probability of each chord: `HarmonyActivations.chords`, shape `[n_frames, 85]`.
        first_s: Time of row 0 of `probabilities` [s].
        chroma: Strength of each pitch class, corrected for tuning, >= 0, shape `[n_chroma_frames, 12]`, C first.
        beat_times: Times at which chords may change [s], ascending; empty: every half second.
        duration_s: Duration of the piece [s], > 0.

    Returns:
        At least one chord; `N` throughout silence and noise.

    Source: Fujishima 1999, "Realtime chord recognition of musical sound" (templates); Sheh and Ellis 2003, "Chord
        segmentation and recognition using EM-trained hidden Markov models".
    """
    bounds = _bounds(beat_times, duration_s)
    rows = span_rows(bounds - first_s, probabilities.rate_hz, len(probabilities))
    triads = _triads(probabilities.values)
    scores = row_means(np.log(triads + _MIN_PROBABILITY), rows)
    scores += _TEMPLATE_WEIGHT * _template_correlations(span_means(chroma, bounds))
    path = viterbi(scores, _CHANGE)
    first = np.flatnonzero(np.diff(path, prepend=-1))
    ends = np.append(first[1:], len(path))
    spans = np.stack((rows[first, 0], np.maximum(rows[ends - 1, 1], rows[first, 0] + 1)), axis=1)
    of_chords, of_triads = row_means(probabilities.values, spans), row_means(triads, spans)
    return tuple(
        Chord(
            start=float(bounds[begin]),
            end=float(bounds[end]),
            label=_label(path[begin], each),
            confidence=float(min(1.0, triad[path[begin]])),
        )
        for begin, end, each, triad in zip(first, ends, of_chords, of_triads, strict=True)
    )


def _bounds(beat_times: Times, duration_s: float) -> Times:
    """Bounds of the spans between which chords may change [s]."""
    inside = beat_times[(beat_times > 0) & (beat_times < duration_s)]
    return divided(np.concatenate(([0.0], inside, [duration_s])), _MAX_SPAN_S, _SPAN_WITHOUT_BEATS_S)


def _template_correlations(classes: Times) -> Times:
    """Correlation of each span's chroma with each triad template, and that of "no chord", shape `[n_spans, 25]`."""
    correlations = _standardised(classes) @ _TEMPLATES.T
    return np.concatenate((correlations, np.full((len(classes), 1), _NO_CHORD_CORRELATION)), axis=1)


def _standardised(rows: Times) -> Times:
    """Rows with mean 0 and length 1 (0 where all values are equal), whose inner products are correlations."""
    centered = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centered, axis=1, keepdims=True)
    standardised: Times = centered / np.maximum(lengths, 1e-9)
    return standardised


def _templates() -> Times:
    """Chroma templates of all triads, overtones included, with mean 0 and length 1, shape `[24, 12]`."""
    note = np.zeros(12)
    for overtone in range(1, _N_OVERTONES + 1):
        note[round(12 * np.log2(overtone)) % 12] += _OVERTONE_DECAY ** (overtone - 1)
    triads = [sum(np.roll(note, degree) for degree in degrees) for degrees in ((0, 4, 7), (0, 3, 7))]
    return _standardised(np.array([np.roll(triad, tonic) for triad in triads for tonic in range(12)]))


_TEMPLATES = _templates()


def _triads(probabilities: Floats) -> Floats:
    """Probability of each of `LABELS`, from that of each chord; diminished triads count as minor."""
    by_quality = probabilities[:, :-1].reshape(len(probabilities), len(QUALITIES), 12)
    of = {name: by_quality[:, number] for number, name in enumerate(QUALITIES)}
    major, minor = (sum(of[name] for name in names) for names in (_MAJOR, _MINOR))
    triads: Floats = np.concatenate((major, minor, probabilities[:, -1:]), axis=1)
    return triads


def _label(triad: int, probabilities: Times) -> str:
    """Label of a triad, or of the seventh or diminished chord over the same root that makes up most of it."""
    label = LABELS[triad]
    if label == NO_CHORD:
        return label
    names, root = (_MAJOR, triad) if triad < 12 else (_MINOR, triad - 12)
    shares = np.array([probabilities[12 * QUALITIES.index(name) + root] for name in names])
    best = int(np.argmax(shares))
    if shares[best] >= _MIN_SHARE * shares.sum():
        return f"{PITCH_CLASSES[root]}:{names[best]}"
    return label
