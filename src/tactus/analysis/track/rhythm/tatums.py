"""Tatums: the finest regular pulse, two, three or four to a beat."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.rhythm.beat_phases import Phases
from tactus.dsp.arrays import Ints, Times

VERSION = 1

SUBDIVISIONS: tuple[tuple[int, float], ...] = ((2, 0.6), (3, 0.2), (4, 0.2))
"""Tatums in a beat, and how likely that is before anything is heard."""

SPREAD_S = 0.02
"""How exactly people play [s], and how exactly onsets are found."""

STRAY = 0.1
"""Share of onsets that lie anywhere."""

REGION_BEATS = 8
"""A subdivision lasts for some bars: that of a region follows from the onsets of so many beats."""

STAY = 0.95
"""Probability that the next region is divided as the last one."""


@dataclass(frozen=True, slots=True)
class Tatums:
    """The finest pulse of a piece.

    Args:
        times: Moments [s], ascending; every beat is one of them, to the bit, shape `[n_tatums]`.
        per_beat: How many most beats have; None without beats.
    """

    times: Times
    per_beat: int | None


def tatums(beat_times: Times, phases: Phases) -> Tatums:
    """The pulse that explains where onsets lie between beats.

    In each region of eight beats, onsets lie on one of the divisions of a beat, or astray; a division into many parts
    expects less on each of them, so it has to be filled to be believed. The sequence of divisions is the likeliest of
    a hidden Markov model in which they tend to stay.

    Args:
        beat_times: Beats on whole microseconds [s], ascending, shape `[n_beats]`.
        phases: Where in their beats onsets lie.

    Returns:
        Tatums on whole microseconds, from the first beat to the last; a beat in which nothing says otherwise has two.

    Source: J. Bilmes, "Timing is of the essence", 1993 (the tatum); A. Klapuri, A. Eronen, J. Astola, "Analysis of the
        meter of acoustic musical signals", IEEE TASLP 14(1), 2006 (tatum, beat and bar as one structure).
    """
    n_parts = len(beat_times) - 1
    if n_parts < 1:
        return Tatums(beat_times.copy(), 2 if n_parts == 0 else None)
    parts = np.repeat(_divisions(beat_times, phases), REGION_BEATS)[:n_parts]
    starts, lengths = np.repeat(beat_times[:-1], parts), np.repeat(np.diff(beat_times), parts)
    place = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    inner = np.round(starts + lengths * place / np.repeat(parts, parts), 6)
    times = np.append(np.where(place == 0, starts, inner), beat_times[-1])
    return Tatums(times, int(np.bincount(parts).argmax()))


def _divisions(beat_times: Times, phases: Phases) -> Ints:
    """Tatums in a beat of each region, shape `[n_regions]`."""
    n_regions = -(-(len(beat_times) - 1) // REGION_BEATS)
    spread = np.clip(SPREAD_S / np.diff(beat_times)[phases.beats], 0.01, 0.1)
    between = (phases.phases > 3 * spread) & (phases.phases < 1 - 3 * spread)
    regions = phases.beats[between] // REGION_BEATS
    scores = np.empty((n_regions, len(SUBDIVISIONS)))
    for column, (n, _) in enumerate(SUBDIVISIONS):
        expected = np.arange(1, n) / n
        away = (phases.phases[between, None] - expected) / spread[between, None]
        peaks = np.exp(-0.5 * away**2).sum(axis=1) / (np.sqrt(2 * np.pi) * spread[between] * (n - 1))
        told = np.log(STRAY + (1 - STRAY) * peaks)
        scores[:, column] = np.bincount(regions, told, n_regions)
    return np.array([n for n, _ in SUBDIVISIONS])[_likeliest(scores)]


def _likeliest(scores: Times) -> Ints:
    """Viterbi's path through the divisions of regions, from log-likelihoods `[n_regions, n_divisions]`."""
    priors = np.log([prior for _, prior in SUBDIVISIONS])
    n = len(SUBDIVISIONS)
    moves = np.where(np.eye(n, dtype=bool), np.log(STAY), np.log((1 - STAY) / (n - 1)))
    score, came_from = priors + scores[0], []
    for row in scores[1:]:
        through = score[:, None] + moves
        came_from.append(through.argmax(axis=0))
        score = through.max(axis=0) + row
    path = [int(score.argmax())]
    for back in reversed(came_from):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1])
