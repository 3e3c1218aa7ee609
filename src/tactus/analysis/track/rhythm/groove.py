"""Groove: subdivision of the beat, tempo over time, and swing."""

from dataclasses import dataclass

from tactus.analysis.track.rhythm.beat_phases import onset_phases
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.rhythm.swing import Swing, swing
from tactus.analysis.track.rhythm.tatums import Tatums, tatums
from tactus.analysis.track.rhythm.tempo_curve import TempoCurve, tempo_curve


@dataclass(frozen=True, slots=True)
class Groove:
    """Results derived from beats and onsets: tatums, tempo curve and swing."""

    tatums: Tatums
    tempo_curve: TempoCurve
    swing: Swing


def groove(rhythm: Rhythm) -> Groove:
    """Groove of a piece. Its times are on whole microseconds if those of the rhythm are."""
    phases = onset_phases(rhythm.beat_times, rhythm.onset_times, rhythm.onset_strengths)
    return Groove(
        tatums(rhythm.beat_times, phases), tempo_curve(rhythm.beat_times), swing(len(rhythm.beat_times), phases)
    )
