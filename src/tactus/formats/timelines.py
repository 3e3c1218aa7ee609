"""Timelines as a client asked for them: how many values, how many digits, and where each lies in time.

The grid that comes with the values is of one of three kinds:

- `frames`: value k is of the frame centred at `start + k * hop_length / sample_rate`;
- `intervals`: value k is the mean from `start + k / rate` to `start + (k + 1) / rate`, the last up to the end;
- `beats`: value k is the mean from beat k to the next, the last up to the end.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tactus.analysis.options import TimelineOptions
from tactus.analysis.timeline import FeatureTimeline
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.decimal_digits import significant
from tactus.dsp.intervals import interval_means

MAX_VALUES = 1 << 24
"""In one answer: some 120 MB of JSON."""

_MICROSECOND_S = 1e-6


class TooManyValuesError(ValueError):
    """More values than one answer holds."""


@dataclass(frozen=True, slots=True)
class ResampledTimeline:
    """One feature as it is told.

    Args:
        name: The feature.
        unit: Of the values, "" for plain numbers.
        grid: What the wire says of where the values lie.
        times_s: Where they lie, on whole microseconds: centres of frames, beginnings of intervals and beats.
        values: float32 `[n]` of a feature of one value, `[size, n]` of others.
    """

    name: str
    unit: str
    grid: Mapping[str, Any]
    times_s: Times
    values: Floats

    @property
    def described(self) -> dict[str, Any]:
        """All but the values."""
        size = 1 if self.values.ndim == 1 else len(self.values)
        return {"unit": self.unit, "size": size, "grid": dict(self.grid)}


def shaped(
    timelines: Mapping[str, FeatureTimeline], options: TimelineOptions, *, beat_times: Times, duration_s: float
) -> Iterator[ResampledTimeline]:
    """Timelines as they are told, in the order in which they come.

    Args:
        timelines: By feature name, at least one frame each.
        options: Rate, precision and file format of the result.
        beat_times: Ascending [s].
        duration_s: Length of the piece [s].

    Raises:
        TooManyValuesError: They are more than `MAX_VALUES`.
    """
    edges_s = _edges_s(options, beat_times, duration_s)
    n_values = sum(
        timeline.values.size if edges_s is None else timeline.values.shape[1] * max(0, len(edges_s) - 1)
        for timeline in timelines.values()
    )
    if n_values > MAX_VALUES:
        raise TooManyValuesError(f"{n_values} values are more than the {MAX_VALUES} of one answer")
    for name, timeline in timelines.items():
        grid, values, times_s = timeline.grid, timeline.values, timeline.times
        where: dict[str, Any] = {
            "kind": "frames",
            "start": round(timeline.start_s, 6),
            "hop_length": grid.hop_length,
            "frame_length": grid.frame_length,
            "sample_rate": grid.sample_rate,
            "n_frames": len(values),
        }
        if edges_s is not None:
            values, times_s = interval_means(values, _frame_edges_s(timeline), edges_s), edges_s[:-1]
            where = (
                {"kind": "beats", "n_beats": len(values)}
                if options.rate == "beat"
                else {"kind": "intervals", "start": 0.0, "rate": options.rate, "n_intervals": len(values)}
            )
        rows = rounded(values.T, options.precision)
        yield ResampledTimeline(name, timeline.unit, where, np.round(times_s, 6), rows if len(rows) > 1 else rows[0])


def rounded(rows: Floats, precision: int) -> Floats:
    """Rows of finite numbers with so many significant digits, contiguous, same shape."""
    # JSON has no place for what is not finite; no feature gives such a value, and none would leave. One row at a time:
    # rounding takes several times the room of what it rounds.
    told = np.array(rows, np.float32, order="C")
    for row in told:
        row[...] = significant(np.nan_to_num(row, copy=False), precision)
    return told


def _edges_s(options: TimelineOptions, beat_times: Times, duration_s: float) -> Times | None:
    """Borders of the intervals whose means are told; None where frames are told as they are."""
    if options.rate == "frame":
        return None
    if options.rate == "beat":
        if len(beat_times) == 0:
            return np.empty(0)
        return np.append(beat_times, max(duration_s, beat_times[-1] + _MICROSECOND_S))
    # No interval begins within a microsecond of the end: the last one takes it.
    n_intervals = max(1, math.ceil((duration_s - _MICROSECOND_S) * options.rate))
    starts_s: Times = np.arange(n_intervals, dtype=np.float64) / options.rate
    return np.append(starts_s, max(duration_s, starts_s[-1] + _MICROSECOND_S))


def _frame_edges_s(timeline: FeatureTimeline) -> Times:
    hop_s = timeline.grid.hop_length / timeline.grid.sample_rate
    edges_s: Times = timeline.start_s + (np.arange(len(timeline.values) + 1, dtype=np.float64) - 0.5) * hop_s
    return edges_s
