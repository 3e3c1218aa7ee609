"""Counts the beats of a stream in bars: where the one is, as far as can be told by now."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.rhythm.downbeats import EVENNESS, LEAST_SPREAD
from tactus.dsp.arrays import Times

METRES = (4, 3)
"""Beats in a bar that are followed live."""

PRIORS = (0.85, 0.15)
"""How likely each is before anything is heard."""

STAY = 0.99
"""Probability that a bar goes on as counted; else the count, or the metre, starts anew."""

MEMORY_BEATS, FEWEST_BARS = 12, 2
"""Over so many beats a metronome is looked for, when so many bars of its have been heard."""

METRONOME = 20.0
"""How much likelier the place is that a metronome's beats show."""

UNSURE = 0.15
"""The network is never surer than this that a beat is, or is not, the first of a bar."""


@dataclass(frozen=True, slots=True)
class BarCount:
    """Where in the bar the last beat was.

    Args:
        belief: Probability of each beat of a bar, metre by metre, shape `[sum of METRES]`.
        brightness: How brightly each of the last beats began (natural logarithm), newest last.
    """

    belief: Times
    brightness: tuple[float, ...] = ()


def start() -> BarCount:
    """Before the first beat: any place in any bar."""
    return BarCount(np.concatenate([np.full(n, p / n) for n, p in zip(METRES, PRIORS, strict=True)]))


def counted(count: BarCount, first: float, brightness: float) -> BarCount:
    """After one more beat.

    Args:
        count: Before it.
        first: How likely it is the first of a bar, as the network hears it, in [0, 1].
        brightness: How brightly it began (natural logarithm).
    """
    first = min(max(first, UNSURE), 1 - UNSURE)
    belief = _moved_on(count.belief) * np.where(_PLACES == 1, first, 1 - first)
    heard = (*count.brightness[1 - MEMORY_BEATS :], brightness)
    for metre, begin in zip(METRES, _FIRSTS, strict=True):
        place = _metronome_place(heard, metre)
        if place is not None:
            belief[begin + place] *= METRONOME
    return BarCount(belief / belief.sum(), heard)


def next_beat_in_bar(count: BarCount) -> int:
    """The place of the coming beat in its bar, from 1."""
    return int(_PLACES[np.argmax(_moved_on(count.belief))])


def metre(count: BarCount) -> int:
    """How many beats a bar has, most likely."""
    return METRES[int(np.argmax([part.sum() for part in np.split(count.belief, _FIRSTS[1:])]))]


def _metronome_place(brightness: tuple[float, ...], metre: int) -> int | None:
    """The newest beat's place in a metronome's bar, from 0; None: that is no metronome.

    Music marks the first beat with bass and harmony; a metronome makes it bright and all others alike.
    """
    if len(brightness) < FEWEST_BARS * metre:
        return None
    heard = np.array(brightness[::-1])  # newest first
    spread = float(heard.var())
    for place in range(metre):
        are_first = np.arange(len(heard)) % metre == place
        on, off = heard[are_first], heard[~are_first]
        unexplained = (on.var() * len(on) + off.var() * len(off)) / len(heard)
        if on.mean() - off.mean() > LEAST_SPREAD and unexplained < EVENNESS**2 * spread:
            return place
    return None


def _moved_on(belief: Times) -> Times:
    moved = np.concatenate([np.roll(part, 1) for part in np.split(belief, _FIRSTS[1:])])
    return STAY * moved + (1 - STAY) * start().belief


_FIRSTS = np.cumsum((0, *METRES[:-1]))
_PLACES = np.concatenate([np.arange(1, n + 1) for n in METRES])
