"""What somebody knows of a track's beat, as the estimator of rhythm takes it: a range of tempi, and taps."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tactus.analysis.beat_hint import MAX_BPM, MIN_BPM, RATIOS, TempoHint, tapped_bpm
from tactus.analysis.ranges import TRACKED_BPM_RANGE
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.rhythm.taps import nearest, understood
from tactus.dsp.arrays import Times

VERSION = 1

AROUND = 0.08
"""A tempo that is told may be off by this part, and wander so far."""

MAX_WANDER = 1.4
"""A piece whose tempo changes is followed up to this many times the tempo that is told, and down to one such part."""


def hinted_rhythm(estimate: Callable[[tuple[float, float], Times, bool], Rhythm], hint: TempoHint) -> Rhythm:
    """The rhythm of a track of whose beat something is known.

    A multiple ("x2") is of the tempo that is found without any hint, so saying it twice changes nothing.

    Args:
        estimate: The rhythm, given a range of tempi [beats per minute], taps [s] (empty: none), and whether somebody
            has said that there is a beat.
        hint: What is known.

    Returns:
        What `estimate` finds in the narrowest range that the hint allows; without a tempo where nothing in the sound
        bears one, or where the multiple of it is none that anybody counts.
    """
    no_taps = np.empty(0)
    allowed = bpm_range(hint)
    if hint.correction is not None:
        found = estimate(TRACKED_BPM_RANGE, no_taps, False)
        multiple = _multiple_range(found, RATIOS[hint.correction])
        if multiple is not None:
            found = estimate(multiple, no_taps, True)
    elif hint.taps:
        taps = np.array(hint.taps, np.float64)
        heard = estimate(allowed, no_taps, True)
        found = estimate(allowed, understood(taps, heard.beat_times), True)
    else:
        found = estimate(allowed, no_taps, hint.bpm is not None)
    return found if hint.downbeat_at is None else with_downbeat(found, hint.downbeat_at)


def bpm_range(hint: TempoHint) -> tuple[float, float]:
    """The tempi that a hint allows [beats per minute], but for multiples, which need a tempo to begin with.

    An end that is not told is that of `TRACKED_BPM_RANGE`, and an octave away at least.
    """
    if hint.bpm is not None:
        return _around(hint.bpm, hint.bpm)
    if hint.taps:
        return _around(tapped_bpm(hint.taps), tapped_bpm(hint.taps))
    low, high = hint.bpm_min, hint.bpm_max
    if low is None:
        low = TRACKED_BPM_RANGE[0] if high is None else min(TRACKED_BPM_RANGE[0], high / 2)
    if high is None:
        high = max(TRACKED_BPM_RANGE[1], low * 2)
    return max(low, MIN_BPM), min(high, MAX_BPM)


def with_downbeat(rhythm: Rhythm, moment_s: float) -> Rhythm:
    """The same beats, with the bars moved so that the beat nearest to a moment begins one.

    Bars keep their lengths, and where the count slips it goes on to do so.

    Args:
        rhythm: With or without bars; without, as where the piece is short, they have four beats.
        moment_s: Where a bar begins [s].
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


def _multiple_range(found: Rhythm, ratio: float) -> tuple[float, float] | None:
    """Where a multiple of a rhythm's tempo may lie, as wide as its tempo wanders; None where nobody counts it."""
    if found.bpm is None or not MIN_BPM <= found.bpm * ratio <= MAX_BPM:
        return None
    local_bpm = 60 / np.diff(found.beat_times)
    slow, fast = np.percentile(local_bpm, (10, 90)) if len(local_bpm) else (found.bpm, found.bpm)
    slow, fast = np.clip((slow, fast), found.bpm / MAX_WANDER, found.bpm * MAX_WANDER)
    return _around(min(found.bpm, float(slow)) * ratio, max(found.bpm, float(fast)) * ratio)


def _around(slowest_bpm: float, fastest_bpm: float) -> tuple[float, float]:
    return max((1 - AROUND) * slowest_bpm, MIN_BPM), min((1 + AROUND) * fastest_bpm, MAX_BPM)
