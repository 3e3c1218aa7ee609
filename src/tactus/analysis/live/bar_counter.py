"""Bar counter: position of each beat of a stream in its bar, and the meter, by forward filtering over beats."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.rhythm.downbeats import EVENNESS, MIN_SPREAD
from tactus.dsp.arrays import Times

METERS = (4, 3)
"""Beats in a bar that are tracked live."""

PRIORS = (0.85, 0.15)
"""Prior probability of each meter."""

STAY = 0.99
"""Probability that a bar continues as counted; otherwise position and meter are drawn anew."""

MEMORY_BEATS, MIN_BARS = 12, 2
"""A metronome is looked for in this many beats, once this many of its bars have passed."""

METRONOME = 20.0
"""Likelihood ratio of the position that the bright click of a metronome marks."""

UNCERTAINTY = 0.15
"""The network's downbeat activation is limited to this distance from 0 and 1."""


@dataclass(frozen=True, slots=True)
class BarCount:
    """Position of the last beat in its bar.

    Args:
        posterior: Probability of each position of each meter, meter by meter, shape `[sum of METERS]`.
        brightness: Brightness of the onsets of the last beats (natural logarithm), newest last.
    """

    posterior: Times
    brightness: tuple[float, ...] = ()


def start() -> BarCount:
    """The prior: any position in any bar."""
    return BarCount(np.concatenate([np.full(n, p / n) for n, p in zip(METERS, PRIORS, strict=True)]))


def counted(count: BarCount, downbeat: float, brightness: float) -> BarCount:
    """The count after one more beat.

    Args:
        count: The count before it.
        downbeat: The network's activation of a downbeat at this beat, in [0, 1].
        brightness: Brightness of its onset (natural logarithm).
    """
    downbeat = min(max(downbeat, UNCERTAINTY), 1 - UNCERTAINTY)
    posterior = _after_transition(count.posterior) * np.where(_POSITIONS == 1, downbeat, 1 - downbeat)
    recent = (*count.brightness[1 - MEMORY_BEATS :], brightness)
    for meter, begin in zip(METERS, _FIRSTS, strict=True):
        place = metronome_place(recent, meter)
        if place is not None:
            posterior[begin + place] *= METRONOME
    return BarCount(posterior / posterior.sum(), recent)


def next_beat_in_bar(count: BarCount) -> int:
    """Most probable position of the coming beat in its bar, from 1."""
    return int(_POSITIONS[np.argmax(_after_transition(count.posterior))])


def meter(count: BarCount) -> int:
    """Most probable number of beats in a bar."""
    return METERS[int(np.argmax([part.sum() for part in np.split(count.posterior, _FIRSTS[1:])]))]


def metronome_place(brightness: tuple[float, ...], meter: int) -> int | None:
    """Position of the newest beat in a metronome's bar, from 0; None where the beats are not a metronome.

    Music marks the downbeat with bass and harmony; a metronome makes it bright and all other beats alike.

    Args:
        brightness: Brightness of the last beats (natural logarithm), newest last.
        meter: Beats in a bar of the metronome.
    """
    if len(brightness) < MIN_BARS * meter:
        return None
    newest_first = np.array(brightness[::-1])
    spread = float(newest_first.var())
    for place in range(meter):
        are_downbeats = np.arange(len(newest_first)) % meter == place
        on, off = newest_first[are_downbeats], newest_first[~are_downbeats]
        unexplained = (on.var() * len(on) + off.var() * len(off)) / len(newest_first)
        if on.mean() - off.mean() > MIN_SPREAD and unexplained < EVENNESS**2 * spread:
            return place
    return None


def _after_transition(posterior: Times) -> Times:
    moved = np.concatenate([np.roll(part, 1) for part in np.split(posterior, _FIRSTS[1:])])
    return STAY * moved + (1 - STAY) * start().posterior


_FIRSTS = np.cumsum((0, *METERS[:-1]))
_POSITIONS = np.concatenate([np.arange(1, n + 1) for n in METERS])
