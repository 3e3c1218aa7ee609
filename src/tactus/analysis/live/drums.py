"""Strokes of kick, snare and hi-hat: for pictures that answer each with something else.

A heuristic: where onsets are strongest, a small model tells from six ranges of frequency which drums they were. It has
learned from drum machines, alone and with a band; a bass note may still be a kick, a strummed chord a snare, an "s" a
hat.
"""

import math
from dataclasses import dataclass
from operator import mul
from typing import NamedTuple

from tactus.analysis.live.drum_weights import HIT_WEIGHTS
from tactus.analysis.track.rhythm.onsets import BAND_FLOOR, SILENCE
from tactus.dsp.arrays import Floats

N_BANDS = 6
"""Of the feature `onset_strength`."""

_RANGES: tuple[slice, ...] = (slice(0, 1), slice(2, 4), slice(5, 6))
"""The bands in which the strength of a kick, a snare, a hat is told: to 240 Hz, 560 to 2600 Hz, from 5200 Hz."""

MEMORY_S = 8.0
"""How long the mean and the greatest strength of each band are remembered [s]."""

BEFORE_S = 0.1
"""A stroke must exceed the mean over this time before it [s]..."""

THRESHOLD = 1.0
"""... by so much, in means of the bands: white noise never does."""

PEAK_S = 0.025
"""A stroke is the largest value since this time [s]."""

Bands = tuple[float, ...]
"""A number for each band."""


class DrumHits(NamedTuple):
    """Strength of the strongest hit of each drum, in means of its range; 0 where there is none."""

    kick: float
    snare: float
    hat: float


NO_HITS = DrumHits(0.0, 0.0, 0.0)
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class DrumDetectorState:
    """What a stream has shown.

    Args:
        n_frames: How many frames.
        means: Mean strength of each band.
        strongest: The greatest strength of each band [means], forgotten as the mean is.
        strengths: How strong the six are together [means], in the last frames, newest last.
        values: Strength of each band in the last frame but one and in the last [means].
        shares: Likewise in the last three, as parts of the strongest.
    """

    n_frames: int
    means: Bands
    strongest: Bands
    strengths: tuple[float, ...]
    values: tuple[Bands, ...]
    shares: tuple[Bands, ...]


class DrumDetector:
    """Causal peak picking as in `onset_detector`, a frame late, and who it was; holds parameters only.

    Args:
        frame_rate_hz: Frames per second [Hz].
    """

    def __init__(self, frame_rate_hz: float) -> None:
        self._least_share = 1 / (MEMORY_S * frame_rate_hz)
        self._keep = math.exp(-self._least_share)
        self._before = round(BEFORE_S * frame_rate_hz)
        self._reach = round(PEAK_S * frame_rate_hz)

    def start(self) -> DrumDetectorState:
        """The state of a stream that has not begun."""
        nothing = (0.0,) * N_BANDS
        return DrumDetectorState(0, nothing, nothing, (0.0,) * (self._before + 2), (nothing,) * 2, (nothing,) * 3)

    def step(self, state: DrumDetectorState, onset_strengths: Floats) -> tuple[DrumDetectorState, DrumHits]:
        """The strongest strokes in the next frames of the feature `onset_strength`, shape `[n, 6]`."""
        strongest = NO_HITS
        for bands in onset_strengths.tolist():  # a few numbers at a time, for which arrays are slow
            state = self._heard(state, bands)
            peak = self.peak(state)
            if peak is not None:
                strongest = DrumHits._make(map(max, strongest, _hits(peak, state.values[0])))
        return state, strongest

    def peak(self, state: DrumDetectorState) -> tuple[float, ...] | None:
        """What the last frame but one shows of a stroke, if there is one in it; None otherwise.

        Returns:
            Strength of each band as a part of its strongest, in [0, 1], in the frame before the peak, in it and behind
            it; and a 1: 19 numbers, to be weighed.
        """
        *earlier, peak, newest = state.strengths
        is_peak = (
            peak > newest and peak >= max(earlier[-self._reach :]) and peak > sum(earlier) / len(earlier) + THRESHOLD
        )
        return (*state.shares[0], *state.shares[1], *state.shares[2], 1.0) if is_peak else None

    def _heard(self, state: DrumDetectorState, bands: list[float]) -> DrumDetectorState:
        n_frames = state.n_frames + 1
        share = max(1 / n_frames, self._least_share)
        means = tuple([mean + share * (new - mean) for mean, new in zip(state.means, bands, strict=True)])
        floor = BAND_FLOOR * sum(means) / N_BANDS
        values = (0.0,) * N_BANDS
        if sum(means) > SILENCE * N_BANDS:
            values = tuple([new / (mean + floor) for mean, new in zip(means, bands, strict=True)])
        keep = self._keep
        strongest = tuple([max(keep * old, new) for old, new in zip(state.strongest, values, strict=True)])
        shares = tuple([new / max(most, _LEAST) for new, most in zip(values, strongest, strict=True)])
        return DrumDetectorState(
            n_frames,
            means,
            strongest,
            (*state.strengths[1:], sum(values) / N_BANDS),
            (state.values[1], values),
            (*state.shares[1:], shares),
        )


def _hits(peak: tuple[float, ...], values: Bands) -> DrumHits:
    """How strong each drum is at a peak; 0 where it was not that one."""
    was_struck = (sum(map(mul, HIT_WEIGHTS[name], peak)) > 0 for name in DrumHits._fields)
    strengths = (sum(values[band]) / len(values[band]) for band in _RANGES)
    return DrumHits._make(hit if struck else 0.0 for struck, hit in zip(was_struck, strengths, strict=True))
