"""Chords: which one sounds from when to when."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.networks.harmony import QUALITIES
from tactus.analysis.track.harmony.key import PITCH_CLASSES
from tactus.analysis.track.sound.spans import divided, row_means, span_means, span_rows
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.viterbi import viterbi

VERSION = 3

NO_CHORD = "N"

LABELS = (*(f"{tonic}:{quality}" for quality in ("maj", "min") for tonic in PITCH_CLASSES), NO_CHORD)
"""The 24 major and minor triads and "no chord", as mir_eval spells them."""

_MAJOR, _MINOR = ("maj", "maj7", "7"), ("min", "min7", "dim", "hdim7")
"""Qualities that share a triad's third."""

_CHANGE = float(np.log(0.4 / 0.6 / 24))
"""Logarithm of how likely a change to a certain chord is on a beat, against staying."""

_MIN_PROBABILITY = 1e-4

_SIMILARITY_WEIGHT = 4.0
"""Nats that a perfect likeness to a triad is worth; anything from 1 to 8 does as well."""

_SIMILARITY_OF_NONE = 0.4
"""Correlation with a triad below which "no chord" is the better word."""

_OVERTONE_DECAY, _N_OVERTONES = 0.6, 4
"""Each overtone of a chord's note has this share of the one below (Gómez 2006 and Papadopoulos & Peeters 2007)."""

_SURE = 0.7
"""Share of a chord's belief that a seventh or a diminished fifth needs to be named."""

_SPAN_WITHOUT_BEATS_S = 0.5
_MAX_SPAN_S = 2.0


@dataclass(frozen=True, slots=True)
class Chord:
    """One chord of a piece.

    Args:
        start: Its first moment [s].
        end: The next chord's first moment, or the piece's end [s].
        label: As in `C:maj`, `A:min`, `N`; where it is sure also `7`, `maj7`, `min7`, `dim`, `hdim7`.
        confidence: Belief in its root and third, in [0, 1].
    """

    start: float
    end: float
    label: str
    confidence: float


def chords(
    beliefs: Floats,
    frame_rate_hz: float,
    *,
    first_s: float,
    chroma: Floats,
    chroma_rate_hz: float,
    beat_times: Times,
    duration_s: float,
) -> tuple[Chord, ...]:
    """The chords of a piece, contiguous from 0 to its end, changing on beats.

    Two experts: the network, and the likeness of the sounding pitch classes to triads, which is right also about sounds
    that no instrument makes.
    Beliefs are gathered into major, minor and none, and averaged (as logarithms) between beats; the likeliest sequence
    follows from a hidden Markov model in which chords tend to stay. Sevenths and diminished fifths are named if sure.

    Args:
        beliefs: In each chord at every moment: `HarmonyActivations.chords`, shape `[n_frames, 85]`.
        frame_rate_hz: Rows per second [Hz].
        first_s: The moment that row 0 speaks of [s].
        chroma: Strength of each pitch class, in tune, >= 0, shape `[n_chroma_frames, 12]`, C first.
        chroma_rate_hz: Its rows per second [Hz].
        beat_times: Where chords may change [s], ascending; empty: every half second.
        duration_s: Length of the piece [s], > 0.

    Returns:
        At least one chord; `N` throughout silence and noise.

    Source: Fujishima 1999, "Realtime chord recognition of musical sound" (templates); Sheh and Ellis 2003, "Chord
        segmentation and recognition using EM-trained hidden Markov models".
    """
    bounds = _bounds(beat_times, duration_s)
    rows = span_rows(bounds - first_s, frame_rate_hz, len(beliefs))
    triads = _triads(beliefs)
    heard = row_means(np.log(triads + _MIN_PROBABILITY), rows)
    heard += _SIMILARITY_WEIGHT * _likenesses(span_means(chroma, chroma_rate_hz, bounds))
    path = viterbi(heard, _CHANGE)
    first = np.flatnonzero(np.diff(path, prepend=-1))
    ends = np.append(first[1:], len(path))
    spans = np.stack((rows[first, 0], np.maximum(rows[ends - 1, 1], rows[first, 0] + 1)), axis=1)
    of_chords, of_triads = row_means(beliefs, spans), row_means(triads, spans)
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
    inside = beat_times[(beat_times > 0) & (beat_times < duration_s)]
    return divided(np.concatenate(([0.0], inside, [duration_s])), _MAX_SPAN_S, _SPAN_WITHOUT_BEATS_S)


def _likenesses(classes: Times) -> Times:
    """Correlation of each span's pitch classes with each triad's, and what "no chord" has for one, `[n_spans, 25]`."""
    of_triads = _shapes(classes) @ _TEMPLATES.T
    return np.concatenate((of_triads, np.full((len(classes), 1), _SIMILARITY_OF_NONE)), axis=1)


def _shapes(rows: Times) -> Times:
    """Rows less their mean, of unit length; zero where all values are equal. Their products are correlations."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    shapes: Times = centred / np.maximum(lengths, 1e-9)
    return shapes


def _templates() -> Times:
    """Pitch classes of each triad with its notes' overtones, of mean 0 and unit length, shape `[24, 12]`."""
    note = np.zeros(12)
    for overtone in range(1, _N_OVERTONES + 1):
        note[round(12 * np.log2(overtone)) % 12] += _OVERTONE_DECAY ** (overtone - 1)
    triads = [sum(np.roll(note, degree) for degree in degrees) for degrees in ((0, 4, 7), (0, 3, 7))]
    return _shapes(np.array([np.roll(triad, tonic) for triad in triads for tonic in range(12)]))


_TEMPLATES = _templates()


def _triads(beliefs: Floats) -> Floats:
    """Belief in each of `LABELS`, from that in each chord; a diminished triad speaks for minor."""
    by_quality = beliefs[:, :-1].reshape(len(beliefs), len(QUALITIES), 12)
    of = {name: by_quality[:, number] for number, name in enumerate(QUALITIES)}
    major, minor = (sum(of[name] for name in names) for names in (_MAJOR, _MINOR))
    triads: Floats = np.concatenate((major, minor, beliefs[:, -1:]), axis=1)
    return triads


def _label(triad: int, beliefs: Times) -> str:
    """The triad's name, or that of the richer chord over the same root that is surely meant."""
    label = LABELS[triad]
    if label == NO_CHORD:
        return label
    names, root = (_MAJOR, triad) if triad < 12 else (_MINOR, triad - 12)
    shares = np.array([beliefs[12 * QUALITIES.index(name) + root] for name in names])
    best = int(np.argmax(shares))
    if shares[best] >= _SURE * shares.sum():
        return f"{PITCH_CLASSES[root]}:{names[best]}"
    return label
