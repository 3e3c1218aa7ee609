"""What one child of a session leaves to the next of its beat, in fields of a message."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tactus.analysis.live.beat_clock import Clock, TellerState
from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.analysis.live.beat_holdover import lasts


def left(teller: TellerState) -> dict[str, Any] | None:
    """A beat that outlasts its sound; None where it does not."""
    return asdict(teller) if lasts(teller) else None


def taken_over(fields: Mapping[str, Any]) -> TellerState:
    """Who tells beats from now on, by the fields `beat` (what `left` said) and, where that is None, `controls`."""
    beat = fields["beat"]
    if beat is None:
        return TellerState(_controls(fields["controls"]))
    return TellerState(**{**beat, "controls": _controls(beat["controls"]), "clock": Clock(**beat["clock"])})


def command_of(fields: Mapping[str, Any]) -> BeatCommand:
    """A listener's word."""
    tempo = fields["tempo"]
    return BeatCommand(**{**fields, "tempo": tuple(tempo) if isinstance(tempo, list) else tempo})


def _controls(fields: Mapping[str, Any]) -> BeatControls:
    low_high = fields["bpm_range"]
    return BeatControls(**{**fields, "bpm_range": low_high and tuple(low_high), "taps": tuple(fields["taps"])})
