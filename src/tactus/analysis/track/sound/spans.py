"""Means of frame values over spans of time: what makes features beat-synchronous."""

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times


def span_rows(bounds_s: Times, frame_rate_hz: float, n_frames: int) -> Ints:
    """The frames of each span.

    Args:
        bounds_s: Where spans begin, and where the last one ends [s], ascending, shape `[n_spans + 1]`.
        frame_rate_hz: Frames per second [Hz]; frame k is centred at `k / frame_rate_hz`.
        n_frames: How many frames there are, >= 1.

    Returns:
        First and past-the-last frame of each span, shape `[n_spans, 2]`: those centred in it, and the one that follows
        its beginning where none is.
    """
    edges = np.ceil(bounds_s * frame_rate_hz - 1e-6).astype(np.int64)
    first = np.clip(edges[:-1], 0, n_frames - 1)
    return np.stack((first, np.clip(edges[1:], first + 1, n_frames)), axis=1)


def row_means(values: Floats, rows: Ints) -> Times:
    """Mean of the frames of each span.

    Args:
        values: Frame values, shape `[n_frames, size]`.
        rows: As `span_rows` gives them.

    Returns:
        Float64 `[n_spans, size]`.
    """
    # Sums are needed where spans begin and end only; running sums of all frames would take twice their memory. From
    # one end to the next, a few hundred rows at most, single precision is enough, and float64 would be a second copy.
    edges, places = np.unique(rows, return_inverse=True)
    pieces = np.add.reduceat(values[: edges[-1]], edges[:-1], axis=0)
    sums = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(pieces, axis=0, dtype=np.float64)))
    first, last = places.reshape(rows.shape).T
    means: Times = (sums[last] - sums[first]) / (rows[:, 1] - rows[:, 0])[:, None]
    return means


def span_means(values: Floats, frame_rate_hz: float, bounds_s: Times) -> Times:
    """Mean of the frames of each span between `bounds_s`, shape `[n_spans, size]`."""
    return row_means(values, span_rows(bounds_s, frame_rate_hz, len(values)))


def divided(bounds_s: Times, max_s: float, part_s: float) -> Times:
    """The bounds, with spans longer than `max_s` cut into equal parts of about `part_s` [s]; whole microseconds."""
    lengths = np.diff(bounds_s)
    n_parts = np.where(lengths > max_s, np.ceil(lengths / part_s - 1e-9), 1).astype(np.int64)
    part = np.arange(n_parts.sum()) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    starts = np.repeat(bounds_s[:-1], n_parts)
    starts = np.where(part > 0, np.round(starts + part * np.repeat(lengths / n_parts, n_parts), 6), starts)
    return np.append(starts, bounds_s[-1])
