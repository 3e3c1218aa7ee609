"""What one child of a session leaves to the next of its beat, in fields of a message."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tactus.analysis.live.beat_clock import BeatClockState, Pulse
from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.analysis.live.beat_holdover import is_held


def to_fields(beat_clock: BeatClockState) -> dict[str, Any] | None:
    """A beat that outlasts its sound; None where it does not."""
    return asdict(beat_clock) if is_held(beat_clock) else None


def from_fields(fields: Mapping[str, Any]) -> BeatClockState:
    """Who tells beats from now on, by the fields `beat` (what `to_fields` said) and, where that is None, `controls`."""
    beat = fields["beat"]
    if beat is None:
        return BeatClockState(_controls(fields["controls"]))
    return BeatClockState(**{**beat, "controls": _controls(beat["controls"]), "clock": Pulse(**beat["clock"])})


def command_of(fields: Mapping[str, Any]) -> BeatCommand:
    """A listener's word."""
    tempo = fields["tempo"]
    return BeatCommand(**{**fields, "tempo": tuple(tempo) if isinstance(tempo, list) else tempo})


def _controls(fields: Mapping[str, Any]) -> BeatControls:
    low_high = fields["bpm_range"]
    return BeatControls(**{**fields, "bpm_range": low_high and tuple(low_high), "taps": tuple(fields["taps"])})
