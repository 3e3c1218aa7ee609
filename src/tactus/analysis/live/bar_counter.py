"""Counts the beats of a stream in bars: where the one is, as far as can be told by now."""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Times

METRES = (4, 3)
"""Beats in a bar that are followed live."""

PRIORS = (0.85, 0.15)
"""How likely each is before anything is heard."""

STAY = 0.98
"""Probability that a bar goes on as counted; else the count, or the metre, starts anew."""

SHARPNESS = 0.5
"""How much one standard deviation of accent tells (natural logarithm of odds)."""

MEMORY_BEATS = 32
"""Over so many beats the mean accent is remembered."""


@dataclass(frozen=True, slots=True)
class BarCount:
    """Where in the bar the last beat was.

    Args:
        belief: Probability of each beat of a bar, metre by metre, shape `[sum of METRES]`.
        n_beats: Beats counted so far.
        mean: Mean accent.
        square: Mean squared accent.
    """

    belief: Times
    n_beats: int = 0
    mean: float = 0.0
    square: float = 0.0


def start() -> BarCount:
    """Before the first beat: any place in any bar."""
    return BarCount(np.concatenate([np.full(n, p / n) for n, p in zip(METRES, PRIORS, strict=True)]))


def counted(count: BarCount, accent: float) -> BarCount:
    """After one more beat.

    Args:
        count: Before it.
        accent: How strongly the bass entered on it, any scale.
    """
    n_beats = count.n_beats + 1
    share = max(1 / n_beats, 1 / MEMORY_BEATS)
    mean = count.mean + share * (accent - count.mean)
    square = count.square + share * (accent**2 - count.square)
    spread = np.sqrt(max(square - mean**2, 0.0))
    excess = float(np.clip((accent - mean) / spread, -2, 2)) if spread > 1e-6 else 0.0
    moved = _moved_on(count.belief)
    moved[_FIRSTS] *= np.exp(SHARPNESS * excess)
    return BarCount(moved / moved.sum(), n_beats, mean, square)


def next_beat_in_bar(count: BarCount) -> int:
    """The place of the coming beat in its bar, from 1."""
    return int(_PLACES[np.argmax(_moved_on(count.belief))])


def metre(count: BarCount) -> int:
    """How many beats a bar has, most likely."""
    return METRES[int(np.argmax([part.sum() for part in np.split(count.belief, _FIRSTS[1:])]))]


def _moved_on(belief: Times) -> Times:
    moved = np.concatenate([np.roll(part, 1) for part in np.split(belief, _FIRSTS[1:])])
    return STAY * moved + (1 - STAY) * start().belief


_FIRSTS = np.cumsum((0, *METRES[:-1]))
_PLACES = np.concatenate([np.arange(1, n + 1) for n in METRES])
