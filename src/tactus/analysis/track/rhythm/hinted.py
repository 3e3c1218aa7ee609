"""Rhythm under a beat hint: the hint as a tempo range and taps for the rhythm estimator."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tactus.analysis.beat_hint import MAX_BPM, MIN_BPM, RATIOS, TempoHint, tapped_bpm
from tactus.analysis.ranges import TRACKED_BPM_RANGE
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.rhythm.taps import aligned_taps, nearest
from tactus.dsp.arrays import Times

VERSION = 1

BPM_TOLERANCE = 0.08
"""Half-width of the tempo range around a given tempo, as a ratio: how far it may be off and vary."""

MAX_WANDER = 1.4
"""Largest ratio of local to global tempo (and of global to local) that widens the range around a multiple."""


def hinted_rhythm(estimate: Callable[[tuple[float, float], Times, bool], Rhythm], hint: TempoHint) -> Rhythm:
    """Rhythm of a track under a beat hint.

    A multiple ("x2") refers to the tempo without any hint, so giving it twice changes nothing.

    Args:
        estimate: Rhythm estimator: takes a tempo range [beats per minute], taps [s] (empty: none), and whether the
            existence of a beat is given rather than tested.
        hint: What is known of the beat.

    Returns:
        Rhythm in the narrowest tempo range that the hint allows; without a tempo where the sound has no beat. A
        multiple outside `MIN_BPM` to `MAX_BPM` is ignored.
    """
    no_taps = np.empty(0)
    allowed = bpm_range(hint)
    if hint.correction is not None:
        rhythm = estimate(TRACKED_BPM_RANGE, no_taps, False)
        multiple = _multiple_range(rhythm, RATIOS[hint.correction])
        if multiple is not None:
            rhythm = estimate(multiple, no_taps, True)
    elif hint.taps:
        taps = np.array(hint.taps, np.float64)
        without_taps = estimate(allowed, no_taps, True)
        rhythm = estimate(allowed, aligned_taps(taps, without_taps.beat_times), True)
    else:
        rhythm = estimate(allowed, no_taps, hint.bpm is not None)
    return rhythm if hint.downbeat_at is None else with_downbeat(rhythm, hint.downbeat_at)


def bpm_range(hint: TempoHint) -> tuple[float, float]:
    """Tempo range that a hint allows [beats per minute]; multiples aside, which need a first estimate.

    A bound that is not given is that of `TRACKED_BPM_RANGE`, and at least an octave away from the other.
    """
    if hint.bpm is not None:
        return _with_tolerance(hint.bpm, hint.bpm)
    if hint.taps:
        return _with_tolerance(tapped_bpm(hint.taps), tapped_bpm(hint.taps))
    low, high = hint.bpm_min, hint.bpm_max
    if low is None:
        low = TRACKED_BPM_RANGE[0] if high is None else min(TRACKED_BPM_RANGE[0], high / 2)
    if high is None:
        high = max(TRACKED_BPM_RANGE[1], low * 2)
    return max(low, MIN_BPM), min(high, MAX_BPM)


def with_downbeat(rhythm: Rhythm, moment_s: float) -> Rhythm:
    """Rhythm with its downbeats shifted so that the beat nearest to a given time is one.

    Bars keep their lengths, irregular ones included.

    Args:
        rhythm: Rhythm with or without downbeats; without, as in short pieces, bars of four beats are counted.
        moment_s: Time of the downbeat [s].
    """
    n_beats = len(rhythm.beat_times)
    if n_beats == 0:
        return rhythm
    first = int(nearest(rhythm.beat_times, np.array([moment_s]))[0])
    meter = rhythm.time_signature or 4
    starts = np.flatnonzero(np.isin(rhythm.beat_times, rhythm.downbeat_times))
    if len(starts):
        before = starts[starts <= first]
        starts = starts + first - (before[-1] if len(before) else starts[0])
    else:
        starts = np.array([first])
    upbeats = np.arange(starts[0] - meter, -1, -meter)[::-1]
    rest = np.arange(starts[-1] + meter, n_beats, meter)
    bars = np.concatenate((upbeats, starts[starts < n_beats], rest))
    return replace(rhythm, downbeat_times=rhythm.beat_times[bars], time_signature=meter)


def _multiple_range(rhythm: Rhythm, ratio: float) -> tuple[float, float] | None:
    """Tempo range of a multiple, as wide as the tempo varies [beats per minute]; None outside the allowed tempi."""
    if rhythm.bpm is None or not MIN_BPM <= rhythm.bpm * ratio <= MAX_BPM:
        return None
    local_bpm = 60 / np.diff(rhythm.beat_times)
    slow, fast = np.percentile(local_bpm, (10, 90)) if len(local_bpm) else (rhythm.bpm, rhythm.bpm)
    slow, fast = np.clip((slow, fast), rhythm.bpm / MAX_WANDER, rhythm.bpm * MAX_WANDER)
    return _with_tolerance(min(rhythm.bpm, float(slow)) * ratio, max(rhythm.bpm, float(fast)) * ratio)


def _with_tolerance(min_bpm: float, max_bpm: float) -> tuple[float, float]:
    return max((1 - BPM_TOLERANCE) * min_bpm, MIN_BPM), min((1 + BPM_TOLERANCE) * max_bpm, MAX_BPM)
