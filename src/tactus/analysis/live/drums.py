"""Strokes in the ranges of kick, snare and hi-hat: for pictures that answer each with something else.

A heuristic: it tells ranges of frequency, not instruments. A bass note is a kick, a clap or a strummed chord a snare,
an "s" a hat.
"""

import math
from dataclasses import dataclass

from tactus.analysis.track.onsets import BAND_FLOOR, SILENCE
from tactus.dsp.arrays import Floats

NAMES = ("kick", "snare", "hat")

_BANDS: tuple[slice, ...] = (slice(0, 1), slice(2, 4), slice(5, 6))
"""Of the six of `onset_strength`: to 240 Hz, 560 to 2600 Hz, from 5200 Hz."""

MEMORY_S = 8.0
"""How long the mean strength of each range is remembered [s]."""

BEFORE_S = 0.1
"""A stroke must exceed the mean over this time before it [s]."""

THRESHOLD = 2.0
"""How far, in means of its range."""

LEAST_SHARE = 0.7
"""A stroke rises at least so much of what the strongest lately have: every drum sounds a little in every range. Rises
are logarithmic, so this is a matter of many decibels."""

PEAK_S = 0.05
"""A stroke is the largest value since this time [s], and the only one in it."""


@dataclass(frozen=True, slots=True)
class RangeState:
    """What one range of a stream has shown.

    Args:
        mean: Its mean strength.
        strongest: The greatest of its values, forgotten as the mean is.
        recent: Its newest values in means of it, newest last.
        last_frame: Frame of its last stroke.
    """

    mean: float
    strongest: float
    recent: tuple[float, ...]
    last_frame: int


@dataclass(frozen=True, slots=True)
class DrumsState:
    """What a stream has shown: how many frames, and each range."""

    n_frames: int
    ranges: tuple[RangeState, ...]


Strokes = tuple[float, ...]
"""The strongest stroke in each range [means of it], 0 where there is none; in the order of `NAMES`."""


class Drums:
    """Causal peak picking in three ranges, a frame late as `onset_detector`; holds parameters only.

    Args:
        frame_rate_hz: Frames per second [Hz].
    """

    def __init__(self, frame_rate_hz: float) -> None:
        self.frame_rate_hz = frame_rate_hz
        self._keep = math.exp(-1 / (MEMORY_S * frame_rate_hz))
        self._before = round(BEFORE_S * frame_rate_hz)
        self._reach = round(PEAK_S * frame_rate_hz)

    def start(self) -> DrumsState:
        """The state of a stream that has not begun."""
        return DrumsState(0, (RangeState(0.0, 0.0, (0.0,) * (self._before + 2), -(10**9)),) * len(NAMES))

    def step(self, state: DrumsState, onset_strengths: Floats) -> tuple[DrumsState, Strokes]:
        """The strongest strokes in the next frames of the feature `onset_strength`, shape `[n, 6]`."""
        strongest: Strokes = (0.0,) * len(NAMES)
        for bands in onset_strengths.tolist():  # a few numbers at a time, for which arrays are slow
            n_frames = state.n_frames + 1
            share = max(1 / n_frames, 1 / (MEMORY_S * self.frame_rate_hz))
            strengths = [sum(bands[band]) for band in _BANDS]
            means = [each.mean + share * (new - each.mean) for each, new in zip(state.ranges, strengths, strict=True)]
            overall = sum(means) / len(means)
            ranges, strokes = [], []
            for each, strength, mean in zip(state.ranges, strengths, means, strict=True):
                value = strength / (mean + BAND_FLOOR * overall) if overall > SILENCE else 0.0
                recent = (*each.recent[1:], value)
                loudest = max(self._keep * each.strongest, value)
                stroke = self._stroke(recent, loudest, n_frames - 2 - each.last_frame)
                strokes.append(stroke)
                ranges.append(RangeState(mean, loudest, recent, n_frames - 2 if stroke else each.last_frame))
            strongest = tuple(map(max, strongest, strokes))
            state = DrumsState(n_frames, tuple(ranges))
        return state, strongest

    def _stroke(self, recent: tuple[float, ...], strongest: float, since_frames: int) -> float:
        """How strong the stroke in the last frame but one is; 0 where it is none."""
        peak, newest = recent[-2:]
        is_stroke = (
            peak > newest
            and since_frames > self._reach
            and peak >= LEAST_SHARE * strongest
            and peak >= max(recent[-2 - self._reach : -2])
            and peak > sum(recent[:-2]) / (len(recent) - 2) + THRESHOLD
        )
        return peak if is_stroke else 0.0
