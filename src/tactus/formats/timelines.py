"""Timelines resampled and rounded as requested.

The grid of the values is of one of three kinds:

- `frames`: value k is of the frame centered at `start + k * hop_length / sample_rate`;
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
from tactus.dsp.intervals import interval_means
from tactus.formats.rounding import rounded

MAX_VALUES = 1 << 24
"""Largest number of values in one response: about 120 MB of JSON."""

_MICROSECOND_S = 1e-6


class TooManyValuesError(ValueError):
    """More values than `MAX_VALUES`."""


@dataclass(frozen=True, slots=True)
class ResampledTimeline:
    """Timeline of one feature at the requested rate and precision.

    Args:
        name: Name of the feature.
        unit: Unit of the values, "" for plain numbers.
        grid: Grid of the values, as fields of the response.
        times_s: Centers of frames, or beginnings of intervals and beats, on whole microseconds [s].
        values: float32, shape `[n]` for a feature with one value per frame, `[size, n]` for others.
    """

    name: str
    unit: str
    grid: Mapping[str, Any]
    times_s: Times
    values: Floats

    def header_fields(self) -> dict[str, Any]:
        """Fields of the response but the values: unit, size and grid."""
        size = 1 if self.values.ndim == 1 else len(self.values)
        return {"unit": self.unit, "size": size, "grid": dict(self.grid)}


def resampled_timelines(
    timelines: Mapping[str, FeatureTimeline], options: TimelineOptions, *, beat_times: Times, duration_s: float
) -> Iterator[ResampledTimeline]:
    """Resample and round timelines, in their order.

    Args:
        timelines: Timelines by feature name, at least one frame each.
        options: Rate and precision of the result.
        beat_times: Beats [s], ascending.
        duration_s: Duration of the piece [s].

    Raises:
        TooManyValuesError: The result has more than `MAX_VALUES` values.
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
        grid_fields: dict[str, Any] = {
            "kind": "frames",
            "start": round(timeline.start_s, 6),
            "hop_length": grid.hop_length,
            "frame_length": grid.frame_length,
            "sample_rate": grid.sample_rate,
            "n_frames": len(values),
        }
        if edges_s is not None:
            values, times_s = interval_means(values, _frame_edges_s(timeline), edges_s), edges_s[:-1]
            grid_fields = (
                {"kind": "beats", "n_beats": len(values)}
                if options.rate == "beat"
                else {"kind": "intervals", "start": 0.0, "rate": options.rate, "n_intervals": len(values)}
            )
        rows = rounded(values.T, options.precision)
        yield ResampledTimeline(
            name, timeline.unit, grid_fields, np.round(times_s, 6), rows if len(rows) > 1 else rows[0]
        )


def _edges_s(options: TimelineOptions, beat_times: Times, duration_s: float) -> Times | None:
    """Bounds of the intervals over which values are averaged [s]; None for values per frame."""
    if options.rate == "frame":
        return None
    if options.rate == "beat":
        if len(beat_times) == 0:
            return np.empty(0)
        return np.append(beat_times, max(duration_s, beat_times[-1] + _MICROSECOND_S))
    # No interval begins within a microsecond of the end: the last one extends to it.
    n_intervals = max(1, math.ceil((duration_s - _MICROSECOND_S) * options.rate))
    starts_s: Times = np.arange(n_intervals, dtype=np.float64) / options.rate
    return np.append(starts_s, max(duration_s, starts_s[-1] + _MICROSECOND_S))


def _frame_edges_s(timeline: FeatureTimeline) -> Times:
    hop_s = timeline.grid.hop_length / timeline.grid.sample_rate
    edges_s: Times = timeline.start_s + (np.arange(len(timeline.values) + 1, dtype=np.float64) - 0.5) * hop_s
    return edges_s
