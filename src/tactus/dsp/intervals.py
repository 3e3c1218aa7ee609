"""Values of frames as values of longer, or other, stretches of time."""

import numpy as np

from tactus.dsp.arrays import Floats, Times


def interval_means(values: Floats, frame_edges_s: Times, edges_s: Times) -> Floats:
    """Mean over each interval of what frames say, each frame speaking for the time between its edges.

    Frames that lie in an interval by a part count by that part, so intervals may be of any length, shorter than a
    frame too. Before its first edge and behind its last, time counts as the first and the last frame's.

    Args:
        values: Shape `[n_frames, size]`, at least one frame.
        frame_edges_s: Borders of frames [s], ascending, shape `[n_frames + 1]`.
        edges_s: Borders of intervals [s], ascending, shape `[n_intervals + 1]`; none where there is no interval.

    Returns:
        float32, shape `[n_intervals, size]`.

    Example:
        >>> interval_means(np.array([[1.0], [3.0]], np.float32), np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.5, 2.0]))
        array([[1.6666666],
               [3.       ]], dtype=float32)
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
