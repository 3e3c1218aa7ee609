"""Swing: how long the first half of a beat is against the second."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.rhythm.beat_phases import Phases
from tactus.dsp.arrays import Times

VERSION = 1

EARLIEST, LATEST = 0.42, 0.8
"""Where in a beat its second half may begin: from a little early to a ratio of 4 (Friberg and Sundström 2002: drummers
swing by up to 3.5 at slow tempi)."""

WIDTH = 0.035
"""Off-beats within this part of a beat on either side are the same ones."""

QUARTER = 0.25
"""Where four even parts of a beat put what looks like a late off-beat at 3/4, they put something here, too."""

FEWEST, MIN_SHARE = 8, 0.25
"""Nothing is said with fewer off-beats, or where fewer of the beats have one."""

CLEAR = 0.6
"""This part of the onsets between beats must lie on the off-beat: else there is no telling which ones swing."""


@dataclass(frozen=True, slots=True)
class Swing:
    """How eighths are played.

    Args:
        ratio: Length of the first half of a beat by that of the second: 1 straight, 2 as triplets; None: not said.
        confidence: Share of the beats that have such an off-beat, in [0, 1]; 0 with None. Not calibrated.
    """

    ratio: float | None
    confidence: float


NOT_SAID = Swing(None, 0.0)


def swing(n_beats: int, phases: Phases) -> Swing:
    """The swing ratio, where most beats have one off-beat that falls at the same place.

    Args:
        n_beats: How many beats the piece has.
        phases: Where in their beats onsets lie.

    Returns:
        1.0 where eighths are straight; nothing where there are hardly any, or sixteenths between them.

    Source: U. Marchand, G. Peeters, "Swing ratio estimation", DAFx 2015 (the place of the off-beat in the beat, over
        the whole piece); A. Friberg, A. Sundström, "Swing ratios and ensemble timing in jazz performance", Music
        Perception 19(3), 2002.
    """
    possible = (phases.phases > EARLIEST) & (phases.phases < LATEST)
    if n_beats < FEWEST or possible.sum() < FEWEST:
        return NOT_SAID
    middle = _densest(phases.phases[possible], phases.strengths[possible].astype(np.float64))
    there = np.abs(phases.phases - middle) <= WIDTH
    between = (phases.phases > QUARTER - WIDTH) & (phases.phases < 1 - 3 * WIDTH)
    share = len(np.unique(phases.beats[there])) / (n_beats - 1)
    if there.sum() < FEWEST or share < MIN_SHARE or there.sum() < CLEAR * between.sum():
        return NOT_SAID
    phase = float(np.median(phases.phases[there]))
    return Swing(phase / (1 - phase), min(1.0, share))


def _densest(values: Times, weights: Times) -> float:
    """Where most of the weight lies together."""
    places = np.linspace(EARLIEST, LATEST, 77)
    density = np.exp(-0.5 * ((places[:, None] - values) / (WIDTH / 2)) ** 2) @ weights
    return float(places[int(np.argmax(density))])
