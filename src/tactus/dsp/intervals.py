"""Frame values averaged over other intervals of time."""

import numpy as np

from tactus.dsp.arrays import Floats, Times


def interval_means(values: Floats, frame_edges_s: Times, edges_s: Times) -> Floats:
    """Mean of frame values over each interval, weighted by how much of the interval each frame covers.

    Intervals may have any length, also shorter than a frame. Time before the first frame edge counts as the first
    frame, time after the last as the last frame.

    Args:
        values: Frame values, shape `[n_frames, size]`, at least one frame.
        frame_edges_s: Edges of the frames [s], ascending, shape `[n_frames + 1]`.
        edges_s: Edges of the intervals [s], ascending, shape `[n_intervals + 1]`; fewer than two: no interval.

    Returns:
        Means, float32, shape `[n_intervals, size]`.

    Example:
        >>> values = np.array([[1.0], [3.0]], np.float32)
        >>> interval_means(values, np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0, 4.0])).tolist()
        [[1.0], [3.0], [3.0]]
    """
    if len(edges_s) < 2:
        return np.empty((0, values.shape[1]), np.float32)
    inner_edges_s = frame_edges_s[1:-1]
    within_s = inner_edges_s[(inner_edges_s > edges_s[0]) & (inner_edges_s < edges_s[-1])]
    cuts_s = np.union1d(within_s, edges_s)
    pieces_s = np.diff(cuts_s)
    frames = np.searchsorted(inner_edges_s, cuts_s[:-1], side="right")
    firsts = np.searchsorted(cuts_s, edges_s[:-1])
    sums = np.add.reduceat(values[frames] * pieces_s[:, None], firsts, axis=0)
    return (sums / np.diff(edges_s)[:, None]).astype(np.float32)
