"""Listener commands applied to the beat clock: multiples, tempi, taps, resync, hold, release."""

from dataclasses import replace

from tactus.analysis.live.beat_clock import CERTAIN, BeatClockState, next_beat_s, offset_from
from tactus.analysis.live.beat_controls import BeatCommand, tapped
from tactus.analysis.live.pulse import Pulse
from tactus.analysis.track.rhythm.taps import AGREEING


def apply_command(state: BeatClockState, command: BeatCommand, moment_s: float, at_s: float) -> BeatClockState:
    """The beat clock after one more command.

    Args:
        state: State before it, at `at_s`.
        command: What the listener wants changed.
        moment_s: Which moment of the sound it is about, in audio time [s].
        at_s: How much audio has been delivered [s].
    """
    before = state
    state = replace(state, controls=state.controls.after(command, moment_s))
    if command.release:
        state = replace(state, phase_offset=0.0, next_is_downbeat=False)
    if command.tap and state.controls.are_tapped:
        state = _tapped(state, before.pulse)
    elif isinstance(command.tempo, str):
        state = _rescaled(state, before.controls.scale)
    elif isinstance(command.tempo, (int, float)) and state.controls.hold and state.pulse:
        interval_s = 60 / command.tempo * state.controls.scale
        state = replace(state, pulse=Pulse(state.pulse.beat_near(at_s), interval_s))
    return _resynced(state, moment_s, at_s) if command.resync else state


def _tapped(state: BeatClockState, pulse_before: Pulse | None) -> BeatClockState:
    """With the pulse of the taps, and its phase offset from the pulse before where that has the same tempo."""
    beat_s, interval_s = tapped(state.controls.taps)
    pulse = Pulse(beat_s, interval_s * state.controls.scale)
    has_same_tempo = pulse_before and abs(pulse.interval_s / pulse_before.interval_s - 1) <= AGREEING
    phase_offset = offset_from(pulse, pulse_before) if pulse_before and has_same_tempo else 0.0
    return replace(state, pulse=pulse, confidence=CERTAIN, last_beat_s=beat_s, phase_offset=phase_offset)


def _rescaled(state: BeatClockState, scale_before: float) -> BeatClockState:
    """With the position of the newest beat counted at the new multiple: of two beats, the odd one stays."""
    factor, place = state.controls.scale / scale_before, state.beat_in_bar
    if state.pulse is None or place == 0 or factor == 1:
        return state
    if factor > 1:
        return replace(state, beat_in_bar=(place - 1) * 2 % state.meter + 1)
    last_beat_s = state.last_beat_s
    if place % 2 == 0:
        last_beat_s, place = last_beat_s - state.pulse.interval_s / scale_before, place - 1
    return replace(state, last_beat_s=last_beat_s, beat_in_bar=(place - 1) // 2 % state.meter + 1)


def _resynced(state: BeatClockState, moment_s: float, at_s: float) -> BeatClockState:
    """With the downbeat at the beat nearest to a moment: the coming one or the newest one."""
    next_s = next_beat_s(state, at_s)
    if next_s is None:
        return state
    unshifted_s = moment_s - state.controls.shift_s
    if abs(next_s - unshifted_s) < abs(state.last_beat_s - unshifted_s):
        return replace(state, next_is_downbeat=True)
    return replace(state, beat_in_bar=1, next_is_downbeat=False)
