"""What of a beat outlasts its sound: one that listeners hold or have tapped goes on, and its bars are counted on."""

import math
from dataclasses import replace

from tactus.analysis.live.beat_clock import TellerState


def lasts(teller: TellerState) -> bool:
    """Whether the beat goes on by itself where nothing is heard."""
    is_set = teller.controls.hold or teller.controls.are_tapped
    return is_set and teller.clock is not None and math.isfinite(teller.last_s)


def after_gap(teller: TellerState, at_s: float) -> TellerState:
    """Who tells the beats after sound was missing up to `at_s` [s]: of a beat that lasts, those within it have passed.

    Without that, a bar would be as much longer as sound was missing.
    """
    place = teller.metre if teller.is_one_next else teller.beat_in_bar
    if not lasts(teller) or place == 0:
        return teller
    n_passed = math.floor((at_s - teller.controls.shift_s - teller.last_s) / teller.told_interval_s)
    if n_passed <= 0:
        return teller
    return replace(
        teller,
        last_s=teller.last_s + n_passed * teller.told_interval_s,
        beat_in_bar=(place - 1 + n_passed) % teller.metre + 1,
        bar=teller.bar + (place - 1 + n_passed) // teller.metre,
        is_one_next=False,
    )
