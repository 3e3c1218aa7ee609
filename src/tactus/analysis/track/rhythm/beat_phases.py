"""Where in a beat things happen: what subdivision and swing are read from."""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times


@dataclass(frozen=True, slots=True)
class Phases:
    """Onsets between beats.

    Args:
        beats: In which beat each lies, shape `[n]`.
        phases: How much of the beat has passed, in [0, 1), shape `[n]`.
        strengths: How strong each is, in (0, 1], shape `[n]`.
    """

    beats: Ints
    phases: Times
    strengths: Floats


def onset_phases(beat_times: Times, onset_times: Times, onset_strengths: Floats) -> Phases:
    """Where in their beats onsets lie; those before the first beat and after the last are left out.

    Args:
        beat_times: Beats [s], ascending.
        onset_times: Onsets [s], ascending, shape `[n]`.
        onset_strengths: Their strengths, in (0, 1], shape `[n]`.
    """
    if len(beat_times) < 2:
        return Phases(np.empty(0, np.int64), np.empty(0), np.empty(0, np.float32))
    inside = (onset_times >= beat_times[0]) & (onset_times < beat_times[-1])
    beats = np.searchsorted(beat_times, onset_times[inside], side="right") - 1
    phases = (onset_times[inside] - beat_times[beats]) / np.diff(beat_times)[beats]
    return Phases(beats, phases, onset_strengths[inside])
