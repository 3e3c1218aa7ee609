"""Drum detector: hits of kick, snare and hi-hat, for visuals that answer each in another way.

A heuristic: at peaks of onset strength, a logistic regression over six frequency bands decides which drums were hit. It
was trained on drum machines, alone and with a band; a bass note may still count as a kick, a strummed chord as a snare,
an "s" as a hi-hat.
"""

import math
from dataclasses import dataclass
from operator import mul
from typing import NamedTuple

from tactus.analysis.live.drum_weights import HIT_WEIGHTS
from tactus.analysis.track.rhythm.onsets import BAND_FLOOR, SILENCE
from tactus.dsp.arrays import Floats

N_BANDS = 6
"""Number of bands of the feature `onset_strength`."""

_RANGES: tuple[slice, ...] = (slice(0, 1), slice(2, 4), slice(5, 6))
"""Bands that give the strength of a kick, a snare, a hi-hat: to 240 Hz, 560 to 2600 Hz, from 5200 Hz."""

MEMORY_S = 8.0
"""Time constant of the mean and the maximum strength of each band [s]."""

BEFORE_S = 0.1
"""A hit must exceed the mean over this time before it [s]..."""

THRESHOLD = 1.0
"""... by this much, in means of the bands: white noise never does."""

PEAK_S = 0.025
"""A hit is the largest value of this time before it [s]."""

Bands = tuple[float, ...]
"""One value per band."""


class DrumHits(NamedTuple):
    """Strength of the strongest hit of each drum, in means of its range; 0 where there is none."""

    kick: float
    snare: float
    hat: float


NO_HITS = DrumHits(0.0, 0.0, 0.0)
_MIN_STRENGTH = 1e-9


@dataclass(frozen=True, slots=True)
class DrumDetectorState:
    """State of the drum detector for one stream.

    Args:
        n_frames: Number of frames processed.
        means: Mean strength of each band.
        strongest: Maximum strength of each band [means], decaying with `MEMORY_S`.
        strengths: Mean strength of all bands [means] in the last frames, newest last.
        values: Strength of each band [means] in the last two frames, newest last.
        shares: Strength of each band divided by its maximum, in the last three frames, newest last.
    """

    n_frames: int
    means: Bands
    strongest: Bands
    strengths: tuple[float, ...]
    values: tuple[Bands, ...]
    shares: tuple[Bands, ...]


class DrumDetector:
    """Causal peak picking as in `onset_detector`, one frame late, and classification; holds parameters only.

    Args:
        frame_rate_hz: Frames per second [Hz].
    """

    def __init__(self, frame_rate_hz: float) -> None:
        self._min_share = 1 / (MEMORY_S * frame_rate_hz)
        self._keep = math.exp(-self._min_share)
        self._before = round(BEFORE_S * frame_rate_hz)
        self._reach = round(PEAK_S * frame_rate_hz)

    def start(self) -> DrumDetectorState:
        """The state before the first frame."""
        nothing = (0.0,) * N_BANDS
        return DrumDetectorState(0, nothing, nothing, (0.0,) * (self._before + 2), (nothing,) * 2, (nothing,) * 3)

    def step(self, state: DrumDetectorState, onset_strengths: Floats) -> tuple[DrumDetectorState, DrumHits]:
        """The strongest hit of each drum in the next frames of the feature `onset_strength`, shape `[n, 6]`."""
        strongest = NO_HITS
        for bands in onset_strengths.tolist():  # a few numbers at a time, for which arrays are slow
            state = self._after_frame(state, bands)
            peak = self.peak(state)
            if peak is not None:
                strongest = DrumHits._make(map(max, strongest, _hits(peak, state.values[0])))
        return state, strongest

    def peak(self, state: DrumDetectorState) -> tuple[float, ...] | None:
        """Inputs of the regression where the last frame but one is a peak; None otherwise.

        Returns:
            Strength of each band divided by its maximum, in [0, 1], in the frame before the peak, at the peak and
            after it; and a 1 for the bias: 19 numbers.
        """
        *earlier, peak, newest = state.strengths
        is_peak = (
            peak > newest and peak >= max(earlier[-self._reach :]) and peak > sum(earlier) / len(earlier) + THRESHOLD
        )
        return (*state.shares[0], *state.shares[1], *state.shares[2], 1.0) if is_peak else None

    def _after_frame(self, state: DrumDetectorState, bands: list[float]) -> DrumDetectorState:
        n_frames = state.n_frames + 1
        share = max(1 / n_frames, self._min_share)
        means = tuple([mean + share * (new - mean) for mean, new in zip(state.means, bands, strict=True)])
        floor = BAND_FLOOR * sum(means) / N_BANDS
        values = (0.0,) * N_BANDS
        if sum(means) > SILENCE * N_BANDS:
            values = tuple([new / (mean + floor) for mean, new in zip(means, bands, strict=True)])
        keep = self._keep
        strongest = tuple([max(keep * old, new) for old, new in zip(state.strongest, values, strict=True)])
        shares = tuple([new / max(maximum, _MIN_STRENGTH) for new, maximum in zip(values, strongest, strict=True)])
        return DrumDetectorState(
            n_frames,
            means,
            strongest,
            (*state.strengths[1:], sum(values) / N_BANDS),
            (state.values[1], values),
            (*state.shares[1:], shares),
        )


def _hits(peak: tuple[float, ...], values: Bands) -> DrumHits:
    """Strength of each drum at a peak; 0 for drums that were not hit."""
    were_hit = (sum(map(mul, HIT_WEIGHTS[name], peak)) > 0 for name in DrumHits._fields)
    strengths = (sum(values[band]) / len(values[band]) for band in _RANGES)
    return DrumHits._make(hit if was_hit else 0.0 for was_hit, hit in zip(were_hit, strengths, strict=True))
