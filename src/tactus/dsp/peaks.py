"""Peaks of a sampled curve, between the samples."""

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times


def refined_peaks(curve: Floats | Times, frames: Ints) -> Times:
    """Parabolic peak interpolation: the vertex of the parabola through a peak and its two neighbours.

    Args:
        curve: Sampled curve, shape `[n_frames]`.
        frames: Indices of local maxima, shape `[n]`.

    Returns:
        Positions [frames], at most half a frame from `frames`; unmoved where the curve ends or does not bend down.

    Example:
        >>> refined_peaks(np.array([0.0, 1.0, 1.0, 0.0]), np.array([1])).tolist()
        [1.5]
    """
    inner = np.clip(frames, 1, max(len(curve) - 2, 1))
    if len(curve) < 3:
        return np.asarray(frames, np.float64)
    left, peak, right = (curve[inner + k].astype(np.float64) for k in (-1, 0, 1))
    bend = left - 2 * peak + right
    moves = np.divide(0.5 * (left - right), bend, out=np.zeros(len(frames)), where=bend < 0)
    refined: Times = frames.astype(np.float64) + np.where(inner == frames, np.clip(moves, -0.5, 0.5), 0.0)
    return refined
