"""Swing ratio: length of the first half of the beat divided by the length of the second."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.rhythm.beat_phases import Phases
from tactus.dsp.arrays import Times

VERSION = 1

MIN_PHASE, MAX_PHASE = 0.42, 0.8
"""Phases of an off-beat: from a little early to a ratio of 4 (Friberg and Sundström 2002: drummers swing by up to 3.5
at slow tempi)."""

WIDTH = 0.035
"""Off-beats within this phase difference of one another are the same one."""

QUARTER = 0.25
"""Phase of the first sixteenth: where sixteenths put an onset at 3/4, which looks like a late off-beat, they put one
here, too."""

MIN_OFFBEATS, MIN_SHARE = 8, 0.25
"""Least number of off-beats, and least share of beats with one."""

CLEAR = 0.6
"""Least share of the onsets between beats on the off-beat; with less, the position of the off-beat is ambiguous."""


@dataclass(frozen=True, slots=True)
class Swing:
    """Timing of eighth notes.

    Args:
        ratio: Length of the first half of a beat divided by that of the second: 1 straight, 2 triplets; None: unknown.
        confidence: Share of the beats that have such an off-beat, in [0, 1]; 0 with None. Not calibrated.
    """

    ratio: float | None
    confidence: float


NO_SWING = Swing(None, 0.0)
"""Unknown swing ratio."""


def swing(n_beats: int, phases: Phases) -> Swing:
    """Swing ratio of a piece in which most beats have one off-beat at the same phase.

    Args:
        n_beats: Number of beats of the piece.
        phases: Positions of onsets within their beats.

    Returns:
        Ratio 1.0 for straight eighths; `NO_SWING` where there are few eighths, or sixteenths between them.

    Source: U. Marchand, G. Peeters, "Swing ratio estimation", DAFx 2015 (the place of the off-beat in the beat, over
        the whole piece); A. Friberg, A. Sundström, "Swing ratios and ensemble timing in jazz performance", Music
        Perception 19(3), 2002.
    """
    possible = (phases.phases > MIN_PHASE) & (phases.phases < MAX_PHASE)
    if n_beats < MIN_OFFBEATS or possible.sum() < MIN_OFFBEATS:
        return NO_SWING
    center = _mode(phases.phases[possible], phases.strengths[possible].astype(np.float64))
    is_offbeat = np.abs(phases.phases - center) <= WIDTH
    between = (phases.phases > QUARTER - WIDTH) & (phases.phases < 1 - 3 * WIDTH)
    share = len(np.unique(phases.beats[is_offbeat])) / (n_beats - 1)
    if is_offbeat.sum() < MIN_OFFBEATS or share < MIN_SHARE or is_offbeat.sum() < CLEAR * between.sum():
        return NO_SWING
    phase = float(np.median(phases.phases[is_offbeat]))
    return Swing(phase / (1 - phase), min(1.0, share))


def _mode(values: Times, weights: Times) -> float:
    """Mode of a weighted kernel density estimate, between `MIN_PHASE` and `MAX_PHASE`."""
    phases = np.linspace(MIN_PHASE, MAX_PHASE, 77)
    density = np.exp(-0.5 * ((phases[:, None] - values) / (WIDTH / 2)) ** 2) @ weights
    return float(phases[int(np.argmax(density))])
