"""A small picture of the sound: the lowest and highest sample of each stretch."""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats

VERSION = 1

MAX_POINTS = 1500
"""Points of the finished picture; enough for a page's width."""

STRETCH_SAMPLES = 441
"""Samples in the finest stretch."""


@dataclass(frozen=True, slots=True)
class Waveform:
    """A finished picture.

    Args:
        lows: Lowest sample of each point, full scale 1.0, shape `[n]`.
        highs: Highest sample of each point, shape `[n]`.
        samples_per_point: Samples that each point covers; the last may cover fewer.
    """

    lows: Floats
    highs: Floats
    samples_per_point: int


def extremes(rest: Floats, mono: Floats) -> tuple[Floats, Floats]:
    """The stretches that the next samples complete.

    Args:
        rest: What the previous call returned; empty at the start of a stream.
        mono: The next samples, shape `[n]`, any `n >= 0`.

    Returns:
        The samples of the stretch that is not full yet, and the lowest and highest sample of each full one, `[n, 2]`.
    """
    samples = np.concatenate((rest, mono))
    n_whole = len(samples) // STRETCH_SAMPLES
    whole = samples[: n_whole * STRETCH_SAMPLES].reshape(n_whole, STRETCH_SAMPLES)
    return samples[whole.size :].copy(), np.stack((whole.min(axis=1), whole.max(axis=1)), axis=1)


def waveform(stretches: Floats, rest: Floats, max_points: int = MAX_POINTS) -> Waveform:
    """The picture of a finite piece, of at most `max_points` points; of none where there was no sample.

    Args:
        stretches: All that `extremes` completed, shape `[n, 2]`.
        rest: What it kept at the end.
        max_points: Bound on the picture's size.
    """
    if len(rest):
        stretches = np.concatenate((stretches, [[rest.min(), rest.max()]]), dtype=np.float32)
    n_together = max(1, -(-len(stretches) // max_points))
    first = np.arange(0, len(stretches), n_together)
    if not len(first):
        return Waveform(stretches[:, 0], stretches[:, 1], STRETCH_SAMPLES)
    return Waveform(
        np.minimum.reduceat(stretches[:, 0], first),
        np.maximum.reduceat(stretches[:, 1], first),
        STRETCH_SAMPLES * n_together,
    )
