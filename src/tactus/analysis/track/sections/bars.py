"""The bars of a piece as sections see them: what sounds in each quarter of a bar."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.sound.spans import divided, span_means
from tactus.dsp.arrays import Floats, Halves, Times

QUARTERS = 4

_BEATS_WITHOUT_DOWNBEATS = 4
_BAR_WITHOUT_BEATS_S = 2.0
_MIN_DOWNBEATS, _MIN_BEATS = 4, 16
_MAX_BAR = 1.6
"""Of the median bar: what is longer is a gap, and is counted through."""

_SHORTEST_BAR = 0.25
"""Of the median bar: an upbeat or a rest that is shorter belongs to the bar beside it."""

_FRAMES_TOGETHER = 8


@dataclass(frozen=True, slots=True)
class Bars:
    """What sounds in the quarters of each bar, each shape `[n_bars, 4, size]`.

    Args:
        levels_db: Level of each mel band, low to high [dB].
        harmony: Roots of the pitch classes' strengths, 1 being the length of a quarter's vector on average.
        onsets: Strength of onsets in each band, 1 being the sum over bands on average.
    """

    levels_db: Times
    harmony: Times
    onsets: Times

    def __len__(self) -> int:
        return len(self.levels_db)


def slow_levels_db(levels_db: Floats) -> Halves:
    """Mean levels of every eight frames [dB], and of those left at the end: as much as sections need, in little space.

    Args:
        levels_db: Level of each band, low to high [dB], shape `[n_frames, n_bands]`.

    Returns:
        Shape `[ceil(n_frames / 8), n_bands]`.
    """
    starts = np.arange(0, len(levels_db), _FRAMES_TOGETHER)
    sums = np.add.reduceat(levels_db, starts, axis=0)
    levels: Halves = (sums / np.diff(np.append(starts, len(levels_db)))[:, None]).astype(np.float16)
    return levels


def bar_bounds(beat_times: Times, downbeat_times: Times, duration_s: float) -> Times:
    """Where bars begin, and where the last one ends: from 0 to the end of the piece [s], shape `[n_bars + 1]`.

    Bars begin on downbeats; without those on every fourth beat, and without beats every two seconds.
    """
    if len(downbeat_times) >= _MIN_DOWNBEATS:
        marks = downbeat_times
    elif len(beat_times) >= _MIN_BEATS:
        marks = beat_times[::_BEATS_WITHOUT_DOWNBEATS]
    else:
        return divided(np.array([0.0, duration_s]), 2 * _BAR_WITHOUT_BEATS_S, _BAR_WITHOUT_BEATS_S)
    bar_s = float(np.median(np.diff(marks)))
    inside = marks[(marks > _SHORTEST_BAR * bar_s) & (marks < duration_s - _SHORTEST_BAR * bar_s)]
    return divided(np.concatenate(([0.0], inside, [duration_s])), _MAX_BAR * bar_s, bar_s)


def bars(
    bounds: Times,
    levels_db: Halves,
    onset_strengths: Floats,
    frame_rate_hz: float,
    *,
    chroma: Floats,
    chroma_rate_hz: float,
) -> Bars:
    """The bars between `bounds`.

    Args:
        bounds: As `bar_bounds` gives them.
        levels_db: As `slow_levels_db` gives them.
        onset_strengths: Of each band, low to high, shape `[n_frames, n_onset_bands]`.
        frame_rate_hz: Its rows per second [Hz]; there are eight for each row of levels.
        chroma: Strength of each pitch class, in tune, shape `[n_chroma_frames, 12]`.
        chroma_rate_hz: Its rows per second [Hz].
    """
    parts = np.arange(QUARTERS) / QUARTERS
    quarters = np.append((bounds[:-1, None] + np.diff(bounds)[:, None] * parts).ravel(), bounds[-1])

    def of_bars(values: Floats, rate_hz: float, first_s: float = 0.0) -> Times:
        return span_means(values, rate_hz, quarters - first_s).reshape(len(bounds) - 1, QUARTERS, -1)

    harmony = np.sqrt(np.maximum(of_bars(chroma, chroma_rate_hz), 0))
    onsets = of_bars(onset_strengths, frame_rate_hz)
    return Bars(
        of_bars(
            levels_db.astype(np.float32), frame_rate_hz / _FRAMES_TOGETHER, (_FRAMES_TOGETHER - 1) / 2 / frame_rate_hz
        ),
        harmony / max(float(np.linalg.norm(harmony, axis=2).mean()), 1e-9),
        onsets / max(float(onsets.sum(axis=2).mean()), 1e-9),
    )
