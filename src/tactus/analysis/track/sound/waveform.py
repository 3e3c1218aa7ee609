"""Waveform overview: lowest and highest sample of each interval, for display."""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats

VERSION = 1

MAX_POINTS = 1500
"""Largest number of points; enough for the width of a page."""

FINE_SAMPLES = 441
"""Interval of the points before they are merged [samples]."""


@dataclass(frozen=True, slots=True)
class Waveform:
    """Waveform overview of a piece.

    Args:
        lows: Lowest sample of each point, full scale 1.0, shape `[n]`.
        highs: Highest sample of each point, shape `[n]`.
        samples_per_point: Length of each point's interval [samples]; the last may be shorter.
    """

    lows: Floats
    highs: Floats
    samples_per_point: int


def extremes(rest: Floats, mono: Floats) -> tuple[Floats, Floats]:
    """Fine points that the next samples complete.

    Args:
        rest: Remaining samples, as the previous call returned them; empty at the start of a stream.
        mono: The next samples of the mono mix, shape `[n]`, any `n >= 0`.

    Returns:
        Samples of the incomplete interval, and the lowest and highest sample of each complete one, shape `[n, 2]`.
    """
    samples = np.concatenate((rest, mono))
    n_whole = len(samples) // FINE_SAMPLES
    whole = samples[: n_whole * FINE_SAMPLES].reshape(n_whole, FINE_SAMPLES)
    return samples[whole.size :].copy(), np.stack((whole.min(axis=1), whole.max(axis=1)), axis=1)


def waveform(points: Floats, rest: Floats, max_points: int = MAX_POINTS) -> Waveform:
    """Waveform overview of a finite piece; without points for no samples.

    Args:
        points: All fine points from `extremes`, shape `[n, 2]`.
        rest: Remaining samples from its last call.
        max_points: Largest number of points.
    """
    if len(rest):
        points = np.concatenate((points, [[rest.min(), rest.max()]]), dtype=np.float32)
    n_together = max(1, -(-len(points) // max_points))
    first = np.arange(0, len(points), n_together)
    if not len(first):
        return Waveform(points[:, 0], points[:, 1], FINE_SAMPLES)
    return Waveform(
        np.minimum.reduceat(points[:, 0], first),
        np.maximum.reduceat(points[:, 1], first),
        FINE_SAMPLES * n_together,
    )
