"""What of a beat outlasts its sound: one that listeners hold or have tapped goes on, and its bars are counted on."""

import math
from dataclasses import replace

from tactus.analysis.live.beat_clock import BeatClockState


def is_held(beat_clock: BeatClockState) -> bool:
    """Whether the beat goes on by itself where nothing is heard."""
    is_set = beat_clock.controls.hold or beat_clock.controls.are_tapped
    return is_set and beat_clock.clock is not None and math.isfinite(beat_clock.last_s)


def after_gap(beat_clock: BeatClockState, at_s: float) -> BeatClockState:
    """Who tells the beats after sound was missing up to `at_s` [s]: of a beat that lasts, those within it have passed.

    Without that, a bar would be as much longer as sound was missing.
    """
    place = beat_clock.meter if beat_clock.is_one_next else beat_clock.beat_in_bar
    if not is_held(beat_clock) or place == 0:
        return beat_clock
    n_passed = math.floor((at_s - beat_clock.controls.shift_s - beat_clock.last_s) / beat_clock.output_interval_s)
    if n_passed <= 0:
        return beat_clock
    return replace(
        beat_clock,
        last_s=beat_clock.last_s + n_passed * beat_clock.output_interval_s,
        beat_in_bar=(place - 1 + n_passed) % beat_clock.meter + 1,
        bar=beat_clock.bar + (place - 1 + n_passed) // beat_clock.meter,
        is_one_next=False,
    )
