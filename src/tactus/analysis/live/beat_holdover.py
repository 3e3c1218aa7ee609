"""Holdover of the beat: where the sound is lost, a beat that is held or tapped goes on, and its bars are counted."""

import math
from dataclasses import replace

from tactus.analysis.live.beat_clock import BeatClockState


def is_held(beat_clock: BeatClockState) -> bool:
    """Whether the beat goes on by itself without sound: it is held or tapped, and has begun."""
    is_set = beat_clock.controls.hold or beat_clock.controls.are_tapped
    return is_set and beat_clock.pulse is not None and math.isfinite(beat_clock.last_beat_s)


def after_gap(beat_clock: BeatClockState, at_s: float) -> BeatClockState:
    """Advances a held beat over a gap that ends at `at_s` [s], counting the beats inside it.

    A clock that is not held is returned as it is. Without the count, the bar would be longer by the gap.
    """
    place = beat_clock.meter if beat_clock.next_is_downbeat else beat_clock.beat_in_bar
    if not is_held(beat_clock) or place == 0:
        return beat_clock
    elapsed_s = at_s - beat_clock.controls.shift_s - beat_clock.last_beat_s
    n_passed = math.floor(elapsed_s / beat_clock.output_interval_s)
    if n_passed <= 0:
        return beat_clock
    return replace(
        beat_clock,
        last_beat_s=beat_clock.last_beat_s + n_passed * beat_clock.output_interval_s,
        beat_in_bar=(place - 1 + n_passed) % beat_clock.meter + 1,
        bar=beat_clock.bar + (place - 1 + n_passed) // beat_clock.meter,
        next_is_downbeat=False,
    )
