"""Positions of onsets within beats, from which subdivision and swing are estimated."""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times


@dataclass(frozen=True, slots=True)
class Phases:
    """Onsets between beats.

    Args:
        beats: Index of the beat before each onset, shape `[n]`.
        phases: Position of each onset in its beat, in [0, 1), shape `[n]`.
        strengths: Strength of each onset, in (0, 1], shape `[n]`.
    """

    beats: Ints
    phases: Times
    strengths: Floats


def onset_phases(beat_times: Times, onset_times: Times, onset_strengths: Floats) -> Phases:
    """Positions of onsets within their beats; onsets before the first and after the last beat are left out.

    Args:
        beat_times: Beats [s], ascending.
        onset_times: Onsets [s], ascending, shape `[n]`.
        onset_strengths: Strength of each onset, in (0, 1], shape `[n]`.
    """
    if len(beat_times) < 2:
        return Phases(np.empty(0, np.int64), np.empty(0), np.empty(0, np.float32))
    inside = (onset_times >= beat_times[0]) & (onset_times < beat_times[-1])
    beats = np.searchsorted(beat_times, onset_times[inside], side="right") - 1
    phases = (onset_times[inside] - beat_times[beats]) / np.diff(beat_times)[beats]
    return Phases(beats, phases, onset_strengths[inside])
