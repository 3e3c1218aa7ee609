"""Handover of the beat from one child of a session to the next, as fields of a message."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.analysis.live.beat_holdover import is_held
from tactus.analysis.live.beat_ids import BeatIds
from tactus.analysis.live.pulse import Pulse


def to_fields(beat_clock: BeatClockState) -> dict[str, Any] | None:
    """The state of a beat clock that is held over; None where it is not."""
    return asdict(beat_clock) if is_held(beat_clock) else None


def from_fields(fields: Mapping[str, Any]) -> BeatClockState:
    """The beat clock by the fields `beat` (made by `to_fields`) or, where that is None, with `controls` alone."""
    beat = fields["beat"]
    if beat is None:
        return BeatClockState(_controls(fields["controls"]))
    parts = {"controls": _controls(beat["controls"]), "pulse": Pulse(**beat["pulse"]), "ids": BeatIds(**beat["ids"])}
    return BeatClockState(**{**beat, **parts})


def command_of(fields: Mapping[str, Any]) -> BeatCommand:
    """A listener command by its fields."""
    tempo = fields["tempo"]
    return BeatCommand(**{**fields, "tempo": tuple(tempo) if isinstance(tempo, list) else tempo})


def _controls(fields: Mapping[str, Any]) -> BeatControls:
    low_high = fields["bpm_range"]
    return BeatControls(**{**fields, "bpm_range": low_high and tuple(low_high), "taps": tuple(fields["taps"])})
