"""Tempo over time: of pieces that slow down, speed up, or keep it."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from tactus.dsp.arrays import Times

VERSION = 1

REACH_BEATS = 6
"""Tempo at a beat is that of so many beats before and after it: a few bars, more than any swing or slip."""

SLIP_BEATS = 5
"""The median of so many beats' lengths takes out a beat too many or too few."""

STEADY = 0.04
"""Tempi within 4 % are the same tempo (as MIREX has it)."""

TOLD_TO = 0.01
"""The curve is told by as few points as bring it to 1 % everywhere, with straight lines between them."""


@dataclass(frozen=True, slots=True)
class TempoCurve:
    """How fast a piece goes at each moment.

    Args:
        times: Moments [s], ascending, shape `[n]`; straight lines lie between them. A steady piece has two.
        bpm: Tempo there [beats per minute], shape `[n]`.
        stability: Share of the beats at which the tempo is within 4 % of the median, in [0, 1]; 0 without beats.
    """

    times: Times
    bpm: Times
    stability: float


def tempo_curve(beat_times: Times) -> TempoCurve:
    """Tempo over time, from the distances of beats.

    Lengths of beats are freed of slips by a running median; the tempo at a beat is the slope of a line through the
    smoothed beats around it, by least squares. Of these tempi the curve keeps the points that matter (Douglas-Peucker).

    Args:
        beat_times: Beats [s], ascending.

    Returns:
        An empty curve for fewer than four beats.

    Source: D. Douglas, T. Peucker, "Algorithms for the reduction of the number of points required to represent a
        digitized line or its caricature", Cartographica 10(2), 1973; S. Dixon, "Automatic extraction of tempo and beat
        from expressive performances", Journal of New Music Research 30(1), 2001 (tempo as a curve over beats).
    """
    if len(beat_times) < 4:
        return TempoCurve(np.empty(0), np.empty(0), 0.0)
    lengths_s = median_filter(np.diff(beat_times), SLIP_BEATS, mode="nearest")
    bpm = _slopes(np.concatenate(([0.0], np.cumsum(lengths_s))))
    stability = float(np.mean(np.abs(bpm / np.median(bpm) - 1) <= STEADY))
    kept = _points_that_matter(beat_times, np.log(bpm))
    return TempoCurve(beat_times[kept], bpm[kept], stability)


def _slopes(beat_times: Times) -> Times:
    """Beats per minute at each beat: the slope of a line through the beats around, shape `[n_beats]`."""
    n_beats = len(beat_times)
    bpm = np.empty(n_beats)
    for beat in range(n_beats):
        # As many after as before where there are: a line through a lopsided stretch would speak of another moment.
        reach = max(2, min(REACH_BEATS, beat, n_beats - 1 - beat))
        first, last = max(0, beat - reach), min(n_beats, beat + reach + 1)
        centred = np.arange(first, last) - (first + last - 1) / 2
        bpm[beat] = 60 * float(centred @ centred) / float(centred @ beat_times[first:last])
    return bpm


def _points_that_matter(times: Times, values: Times) -> list[int]:
    """Indices between which straight lines follow the values to `TOLD_TO`, the first and the last included."""
    kept, open_spans = {0, len(times) - 1}, [(0, len(times) - 1)]
    while open_spans:
        first, last = open_spans.pop()
        if last - first < 2:
            continue
        inside = slice(first + 1, last)
        line = np.interp(times[inside], times[[first, last]], values[[first, last]])
        away = np.abs(values[inside] - line)
        worst = int(away.argmax())
        if away[worst] > TOLD_TO:
            middle = first + 1 + worst
            kept.add(middle)
            open_spans += [(first, middle), (middle, last)]
    return sorted(kept)
