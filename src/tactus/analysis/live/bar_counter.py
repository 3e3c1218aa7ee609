"""Counts the beats of a stream in bars: where the one is, as far as can be told by now."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.rhythm.downbeats import EVENNESS, MIN_SPREAD
from tactus.dsp.arrays import Times

METERS = (4, 3)
"""Beats in a bar that are followed live."""

PRIORS = (0.85, 0.15)
"""How likely each is before anything is heard."""

STAY = 0.99
"""Probability that a bar goes on as counted; else the count, or the metre, starts anew."""

MEMORY_BEATS, MIN_BARS = 12, 2
"""Over so many beats a metronome is looked for, when so many bars of its have been heard."""

METRONOME = 20.0
"""How much likelier the place is that a metronome's beats show."""

UNSURE = 0.15
"""The network is never surer than this that a beat is, or is not, the first of a bar."""


@dataclass(frozen=True, slots=True)
class BarCount:
    """Where in the bar the last beat was.

    Args:
        posterior: Probability of each beat of a bar, metre by metre, shape `[sum of METERS]`.
        brightness: How brightly each of the last beats began (natural logarithm), newest last.
    """

    posterior: Times
    brightness: tuple[float, ...] = ()


def start() -> BarCount:
    """Before the first beat: any place in any bar."""
    return BarCount(np.concatenate([np.full(n, p / n) for n, p in zip(METERS, PRIORS, strict=True)]))


def counted(count: BarCount, first: float, brightness: float) -> BarCount:
    """After one more beat.

    Args:
        count: Before it.
        first: How likely it is the first of a bar, as the network hears it, in [0, 1].
        brightness: How brightly it began (natural logarithm).
    """
    first = min(max(first, UNSURE), 1 - UNSURE)
    posterior = _moved_on(count.posterior) * np.where(_PLACES == 1, first, 1 - first)
    heard = (*count.brightness[1 - MEMORY_BEATS :], brightness)
    for meter, begin in zip(METERS, _FIRSTS, strict=True):
        place = _metronome_place(heard, meter)
        if place is not None:
            posterior[begin + place] *= METRONOME
    return BarCount(posterior / posterior.sum(), heard)


def next_beat_in_bar(count: BarCount) -> int:
    """The place of the coming beat in its bar, from 1."""
    return int(_PLACES[np.argmax(_moved_on(count.posterior))])


def meter(count: BarCount) -> int:
    """How many beats a bar has, most likely."""
    return METERS[int(np.argmax([part.sum() for part in np.split(count.posterior, _FIRSTS[1:])]))]


def _metronome_place(brightness: tuple[float, ...], meter: int) -> int | None:
    """The newest beat's place in a metronome's bar, from 0; None: that is no metronome.

    Music marks the first beat with bass and harmony; a metronome makes it bright and all others alike.
    """
    if len(brightness) < MIN_BARS * meter:
        return None
    heard = np.array(brightness[::-1])  # newest first
    spread = float(heard.var())
    for place in range(meter):
        are_first = np.arange(len(heard)) % meter == place
        on, off = heard[are_first], heard[~are_first]
        unexplained = (on.var() * len(on) + off.var() * len(off)) / len(heard)
        if on.mean() - off.mean() > MIN_SPREAD and unexplained < EVENNESS**2 * spread:
            return place
    return None


def _moved_on(posterior: Times) -> Times:
    moved = np.concatenate([np.roll(part, 1) for part in np.split(posterior, _FIRSTS[1:])])
    return STAY * moved + (1 - STAY) * start().posterior


_FIRSTS = np.cumsum((0, *METERS[:-1]))
_PLACES = np.concatenate([np.arange(1, n + 1) for n in METERS])
