"""Tempo over time as a piecewise linear curve, and its stability."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from tactus.dsp.arrays import Times

VERSION = 1

REACH_BEATS = 6
"""Half window of the local tempo [beats]: a few bars, more than any swing or slip."""

SLIP_BEATS = 5
"""Window of the median filter on beat lengths [beats]: it removes an extra or a missing beat."""

STEADY = 0.04
"""Tempi within 4 % are the same tempo (MIREX tolerance)."""

CURVE_TOLERANCE = 0.01
"""Largest relative error of the simplified curve."""


@dataclass(frozen=True, slots=True)
class TempoCurve:
    """Tempo of a piece over time.

    Args:
        times: Times of the curve's points [s], ascending, shape `[n]`; linear in between. A steady piece has two.
        bpm: Tempo at each point [beats per minute], shape `[n]`.
        stability: Share of the beats at which the tempo is within 4 % of the median, in [0, 1]; 0 without beats.
    """

    times: Times
    bpm: Times
    stability: float


def tempo_curve(beat_times: Times) -> TempoCurve:
    """Tempo over time from inter-beat intervals.

    A running median removes slips from the intervals; the tempo at a beat is the slope of a least-squares line through
    the smoothed beats around it. The curve is simplified by the Douglas-Peucker algorithm.

    Args:
        beat_times: Beats [s], ascending.

    Returns:
        The curve; empty for fewer than four beats.

    Source: D. Douglas, T. Peucker, "Algorithms for the reduction of the number of points required to represent a
        digitized line or its caricature", Cartographica 10(2), 1973; S. Dixon, "Automatic extraction of tempo and beat
        from expressive performances", Journal of New Music Research 30(1), 2001 (tempo as a curve over beats).
    """
    if len(beat_times) < 4:
        return TempoCurve(np.empty(0), np.empty(0), 0.0)
    lengths_s = median_filter(np.diff(beat_times), SLIP_BEATS, mode="nearest")
    bpm = _slopes(np.concatenate(([0.0], np.cumsum(lengths_s))))
    stability = float(np.mean(np.abs(bpm / np.median(bpm) - 1) <= STEADY))
    points = _douglas_peucker(beat_times, np.log(bpm))
    return TempoCurve(beat_times[points], bpm[points], stability)


def _slopes(beat_times: Times) -> Times:
    """Local tempo at each beat [beats per minute]: slope of a line through the beats around it, shape `[n_beats]`."""
    n_beats = len(beat_times)
    bpm = np.empty(n_beats)
    for beat in range(n_beats):
        # The window is symmetric as far as possible: a lopsided one gives the tempo of another time.
        reach = max(2, min(REACH_BEATS, beat, n_beats - 1 - beat))
        first, last = max(0, beat - reach), min(n_beats, beat + reach + 1)
        centred = np.arange(first, last) - (first + last - 1) / 2
        bpm[beat] = 60 * float(centred @ centred) / float(centred @ beat_times[first:last])
    return bpm


def _douglas_peucker(times: Times, values: Times) -> list[int]:
    """Indices of the points of a simplified curve within `CURVE_TOLERANCE`, the first and the last included."""
    points, spans = {0, len(times) - 1}, [(0, len(times) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        inside = slice(first + 1, last)
        line = np.interp(times[inside], times[[first, last]], values[[first, last]])
        deviation = np.abs(values[inside] - line)
        worst = int(deviation.argmax())
        if deviation[worst] > CURVE_TOLERANCE:
            split = first + 1 + worst
            points.add(split)
            spans += [(first, split), (split, last)]
    return sorted(points)
