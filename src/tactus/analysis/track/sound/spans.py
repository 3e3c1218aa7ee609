"""Means of frame values over spans of time, for beat-synchronous features."""

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.sampled import Sampled


def span_rows(bounds_s: Times, frame_rate_hz: float, n_frames: int) -> Ints:
    """Frame ranges of spans.

    Args:
        bounds_s: Beginnings of the spans and end of the last one [s], ascending, shape `[n_spans + 1]`.
        frame_rate_hz: Frames per second [Hz]; frame k is centered at `k / frame_rate_hz`.
        n_frames: Number of frames, >= 1.

    Returns:
        First and past-the-last frame of each span, shape `[n_spans, 2]`: the frames centered in it; where there are
        none, the first frame after its beginning.
    """
    edges = np.ceil(bounds_s * frame_rate_hz - 1e-6).astype(np.int64)
    first = np.clip(edges[:-1], 0, n_frames - 1)
    return np.stack((first, np.clip(edges[1:], first + 1, n_frames)), axis=1)


def row_means(values: Floats, rows: Ints) -> Times:
    """Mean of the frames of each span.

    Args:
        values: Frame values, shape `[n_frames, size]`.
        rows: Frame ranges, as `span_rows` returns them.

    Returns:
        Means, float64, shape `[n_spans, size]`.
    """
    # Running sums are needed at the bounds of spans only; those of all frames would take twice their memory. Between
    # bounds, a few hundred rows at most, single precision is enough, and float64 would be a second copy.
    edges, places = np.unique(rows, return_inverse=True)
    pieces = np.add.reduceat(values[: edges[-1]], edges[:-1], axis=0)
    sums = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(pieces, axis=0, dtype=np.float64)))
    first, last = places.reshape(rows.shape).T
    means: Times = (sums[last] - sums[first]) / (rows[:, 1] - rows[:, 0])[:, None]
    return means


def span_means(sampled: Sampled[Floats], bounds_s: Times) -> Times:
    """Mean of the frames of each span between `bounds_s` [s], shape `[n_spans, size]`."""
    return row_means(sampled.values, span_rows(bounds_s, sampled.rate_hz, len(sampled)))


def divided(bounds_s: Times, max_s: float, part_s: float) -> Times:
    """Bounds with spans longer than `max_s` divided into equal parts of about `part_s` [s], on whole microseconds."""
    lengths = np.diff(bounds_s)
    n_parts = np.where(lengths > max_s, np.ceil(lengths / part_s - 1e-9), 1).astype(np.int64)
    part = np.arange(n_parts.sum()) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    starts = np.repeat(bounds_s[:-1], n_parts)
    starts = np.where(part > 0, np.round(starts + part * np.repeat(lengths / n_parts, n_parts), 6), starts)
    return np.append(starts, bounds_s[-1])
