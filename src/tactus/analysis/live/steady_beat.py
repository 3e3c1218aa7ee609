"""Steady beat: the line through the times of the last beats, where they are evenly spaced."""

from tactus.analysis.live.beat_controls import tapped

MAX_BEATS, MIN_BEATS = 8, 4
"""How many of the last beats make a line: at most, and at least."""

MAX_DEVIATION_S = 0.03
"""Beats are steady when none lies this far from the line [s]."""

MAX_INTERVAL_CHANGE = 0.12
"""An interval that differs by this part from what is expected begins another line."""


def after(times_s: tuple[float, ...], time_s: float, interval_s: float) -> tuple[float, ...]:
    """The times that may lie on a line after one more beat.

    Args:
        times_s: Those before it [s], ascending.
        time_s: When the beat sounded [s].
        interval_s: Expected time between beats [s].
    """
    continues = times_s and abs((time_s - times_s[-1]) / interval_s - 1) < MAX_INTERVAL_CHANGE
    return (*times_s[1 - MAX_BEATS :], time_s) if continues else (time_s,)


def line(times_s: tuple[float, ...]) -> tuple[float, float] | None:
    """The line through beats: time of its last beat and time between beats [s]; None where they are not steady."""
    if len(times_s) < MIN_BEATS:
        return None
    last_s, interval_s = tapped(times_s)
    first_s = last_s - (len(times_s) - 1) * interval_s
    deviation_s = max(abs(time_s - (first_s + k * interval_s)) for k, time_s in enumerate(times_s))
    return (last_s, interval_s) if deviation_s < MAX_DEVIATION_S else None


def near(times_s: tuple[float, ...], time_s: float, interval_s: float, reach_s: float) -> tuple[float, float]:
    """When a beat sounds and the time between beats [s]: by the line, where there is one that agrees.

    Args:
        times_s: When the last beats sounded [s].
        time_s: When the beat is expected [s].
        interval_s: Expected time between beats [s].
        reach_s: How far the line may lie from the expected time [s].
    """
    found = line(times_s)
    if found is None or abs(found[1] / interval_s - 1) >= MAX_INTERVAL_CHANGE:
        return time_s, interval_s
    last_s, line_interval_s = found
    on_line_s = last_s + line_interval_s * round((time_s - last_s) / line_interval_s)
    return (on_line_s, line_interval_s) if abs(on_line_s - time_s) < reach_s else (time_s, interval_s)
