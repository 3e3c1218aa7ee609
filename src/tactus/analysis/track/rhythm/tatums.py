"""Tatums: the finest regular pulse, with two, three or four to a beat."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.rhythm.beat_phases import Phases
from tactus.dsp.arrays import Ints, Times

VERSION = 1

SUBDIVISIONS: tuple[tuple[int, float], ...] = ((2, 0.6), (3, 0.2), (4, 0.2))
"""Numbers of tatums per beat, and their prior probabilities."""

SPREAD_S = 0.02
"""Standard deviation of onsets around tatums [s]: accuracy of playing and of onset detection."""

STRAY = 0.1
"""Prior probability of an onset off the tatums."""

REGION_BEATS = 8
"""Length of a region with one subdivision [beats]: subdivisions last for some bars."""

STAY = 0.95
"""Probability that the next region has the same subdivision."""


@dataclass(frozen=True, slots=True)
class Tatums:
    """Tatums of a piece.

    Args:
        times: Tatum times [s], ascending, shape `[n_tatums]`; every beat time is one of them, exactly.
        per_beat: Most frequent number of tatums per beat; None without beats.
    """

    times: Times
    per_beat: int | None


def tatums(beat_times: Times, phases: Phases) -> Tatums:
    """Tatums from the positions of onsets between beats.

    In each region of eight beats, onsets are distributed around the tatums of a subdivision, or uniformly; finer
    subdivisions spread the same probability over more tatums, so that all of these must be played to make them likely.
    The sequence of subdivisions is decoded with the Viterbi algorithm.

    Args:
        beat_times: Beats on whole microseconds [s], ascending, shape `[n_beats]`.
        phases: Positions of onsets within their beats.

    Returns:
        Tatums on whole microseconds, from the first beat to the last; two per beat in the absence of onsets.

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
    """Number of tatums per beat in each region, shape `[n_regions]`."""
    n_regions = -(-(len(beat_times) - 1) // REGION_BEATS)
    spread = np.clip(SPREAD_S / np.diff(beat_times)[phases.beats], 0.01, 0.1)
    between = (phases.phases > 3 * spread) & (phases.phases < 1 - 3 * spread)
    regions = phases.beats[between] // REGION_BEATS
    scores = np.empty((n_regions, len(SUBDIVISIONS)))
    for column, (n, _) in enumerate(SUBDIVISIONS):
        expected = np.arange(1, n) / n
        deviation = (phases.phases[between, None] - expected) / spread[between, None]
        density = np.exp(-0.5 * deviation**2).sum(axis=1) / (np.sqrt(2 * np.pi) * spread[between] * (n - 1))
        log_likelihoods = np.log(STRAY + (1 - STRAY) * density)
        scores[:, column] = np.bincount(regions, log_likelihoods, n_regions)
    return np.array([n for n, _ in SUBDIVISIONS])[_viterbi_path(scores)]


def _viterbi_path(scores: Times) -> Ints:
    """Most likely sequence of subdivisions, from log-likelihoods `[n_regions, n_subdivisions]`."""
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
