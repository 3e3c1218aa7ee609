"""A steady beat: the line through the moments at which the last beats were heard."""

from tactus.analysis.live.beat_controls import tapped

MAX_BEATS, MIN_BEATS = 8, 4
"""So many of the last beats make a line at most, and at least."""

WOBBLE_S = 0.03
"""Beats are steady when none lies farther than this from the line [s]."""

UNSTEADY = 0.12
"""A beat this much longer or shorter than expected, as a part of it, begins another line."""


def after(moments_s: tuple[float, ...], moment_s: float, interval_s: float) -> tuple[float, ...]:
    """The moments that may lie on a line after one more.

    Args:
        moments_s: Those before it [s], ascending.
        moment_s: When the beat was heard [s].
        interval_s: How long a beat is expected to last [s].
    """
    goes_on = moments_s and abs((moment_s - moments_s[-1]) / interval_s - 1) < UNSTEADY
    return (*moments_s[1 - MAX_BEATS :], moment_s) if goes_on else (moment_s,)


def line(moments_s: tuple[float, ...]) -> tuple[float, float] | None:
    """The line that moments lie on: where its last beat is and how long each lasts [s]; None: they are not steady."""
    if len(moments_s) < MIN_BEATS:
        return None
    last_s, interval_s = tapped(moments_s)
    first_s = last_s - (len(moments_s) - 1) * interval_s
    off_s = max(abs(moment_s - (first_s + k * interval_s)) for k, moment_s in enumerate(moments_s))
    return (last_s, interval_s) if off_s < WOBBLE_S else None


def near(moments_s: tuple[float, ...], moment_s: float, interval_s: float, reach_s: float) -> tuple[float, float]:
    """When a beat sounds and how long beats last [s]: by the line, where there is one that means the same.

    Args:
        moments_s: When the last beats were heard [s].
        moment_s: When the beat is expected [s].
        interval_s: How long it is expected to last [s].
        reach_s: How far the line may lie from what is expected [s].
    """
    found = line(moments_s)
    if found is None or abs(found[1] / interval_s - 1) >= UNSTEADY:
        return moment_s, interval_s
    last_s, line_interval_s = found
    on_line_s = last_s + line_interval_s * round((moment_s - last_s) / line_interval_s)
    return (on_line_s, line_interval_s) if abs(on_line_s - moment_s) < reach_s else (moment_s, interval_s)
