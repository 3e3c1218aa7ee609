"""Tempo, phase and position in the bar: where the music is at a moment."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class BeatPosition:
    """Tempo, phase and position in the bar at one moment.

    Args:
        bpm: Tempo [beats per minute].
        confidence: How certain the time of the next beat is, in [0, 1]. Not calibrated.
        phase: Phase of the beat, in [0, 1): 0 on a beat, rising to 1 just before the next.
        beat_in_bar: Position of the last beat in its bar, from 1 (the downbeat).
        bar: Number of the bar of the last beat, from 0.
    """

    bpm: float
    confidence: float
    phase: float
    beat_in_bar: int
    bar: int


class TempoCandidate(NamedTuple):
    """A tempo that the beat may have [beats per minute], and its probability, in [0, 1]."""

    bpm: float
    probability: float
