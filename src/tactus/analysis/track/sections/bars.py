"""Bar-synchronous features: levels, harmony and onsets in each quarter of a bar."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.sound.spans import divided, span_means
from tactus.dsp.arrays import Floats, Halves, Times
from tactus.dsp.sampled import Sampled

QUARTERS = 4

_BEATS_WITHOUT_DOWNBEATS = 4
"""Length of a bar without downbeats [beats]."""

_BAR_WITHOUT_BEATS_S = 2.0
"""Length of a bar without beats [s]."""

_MIN_DOWNBEATS, _MIN_BEATS = 4, 16
"""Least numbers of downbeats and beats that define bars."""

_MAX_BAR = 1.6
"""Largest length relative to the median bar: anything longer is a gap, and is divided into bars."""

_MIN_BAR = 0.25
"""Least length relative to the median bar: a shorter upbeat or rest belongs to the bar beside it."""

_FRAMES_TOGETHER = 8
"""Frames per row of `slow_levels_db`."""


@dataclass(frozen=True, slots=True)
class BarFeatures:
    """Features of the quarters of each bar, each of shape `[n_bars, 4, size]`.

    Args:
        levels_db: Level of each mel band, low to high [dB].
        harmony: Square roots of the pitch classes' strengths; the vector of a quarter has length 1 on average.
        onsets: Onset strength of each band; the sum over bands is 1 on average.
    """

    levels_db: Times
    harmony: Times
    onsets: Times

    def __len__(self) -> int:
        return len(self.levels_db)


def slow_levels_db(levels_db: Floats) -> Halves:
    """Band levels averaged over every eight frames, and over the rest [dB]: all that sections need, in little memory.

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
    """Beginnings of bars and the end of the last one: from 0 to the end of the piece [s], shape `[n_bars + 1]`.

    Bars begin on downbeats; without downbeats on every fourth beat, and without beats every two seconds.
    """
    if len(downbeat_times) >= _MIN_DOWNBEATS:
        marks = downbeat_times
    elif len(beat_times) >= _MIN_BEATS:
        marks = beat_times[::_BEATS_WITHOUT_DOWNBEATS]
    else:
        return divided(np.array([0.0, duration_s]), 2 * _BAR_WITHOUT_BEATS_S, _BAR_WITHOUT_BEATS_S)
    bar_s = float(np.median(np.diff(marks)))
    inside = marks[(marks > _MIN_BAR * bar_s) & (marks < duration_s - _MIN_BAR * bar_s)]
    return divided(np.concatenate(([0.0], inside, [duration_s])), _MAX_BAR * bar_s, bar_s)


def bar_features(
    bounds: Times, levels_db: Halves, onset_strengths: Sampled[Floats], chroma: Sampled[Floats]
) -> BarFeatures:
    """Features of the bars between `bounds`.

    Args:
        bounds: Result of `bar_bounds` [s].
        levels_db: Result of `slow_levels_db` [dB], one row per eight rows of the onset strengths.
        onset_strengths: Feature `onset_strength`, bands from low to high, shape `[n_frames, n_onset_bands]`.
        chroma: Strength of each pitch class, corrected for tuning, shape `[n_chroma_frames, 12]`.
    """
    parts = np.arange(QUARTERS) / QUARTERS
    quarters = np.append((bounds[:-1, None] + np.diff(bounds)[:, None] * parts).ravel(), bounds[-1])

    def quarter_means(sampled: Sampled[Floats], first_s: float = 0.0) -> Times:
        return span_means(sampled, quarters - first_s).reshape(len(bounds) - 1, QUARTERS, -1)

    harmony = np.sqrt(np.maximum(quarter_means(chroma), 0))
    onsets = quarter_means(onset_strengths)
    slow_levels = Sampled(levels_db.astype(np.float32), onset_strengths.rate_hz / _FRAMES_TOGETHER)
    return BarFeatures(
        quarter_means(slow_levels, (_FRAMES_TOGETHER - 1) / 2 / onset_strengths.rate_hz),
        harmony / max(float(np.linalg.norm(harmony, axis=2).mean()), 1e-9),
        onsets / max(float(onsets.sum(axis=2).mean()), 1e-9),
    )
