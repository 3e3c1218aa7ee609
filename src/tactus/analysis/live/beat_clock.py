"""Tells beats as listeners want them told: a clock that follows what is heard as far as they let it."""

from dataclasses import dataclass, replace

from tactus.analysis.live.beat_controls import BeatCommand, BeatControls, tapped
from tactus.analysis.live.beat_events import BeatPosition
from tactus.analysis.live.beat_predictor import REFRACTORY
from tactus.analysis.track.rhythm.taps import AGREEING

AHEAD_S = 0.045
"""A beat is told when it is so far away or nearer [s], as the beat filter does."""

SWITCH_HYSTERESIS_BEATS = 2.0
"""When the filter jumps to other beats, these are told once it has stayed there for so long: where a tempo is named
that is half of what sounds, it is torn between the two."""

SURE = 1.0
"""Confidence of a beat that a listener has set."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """An even beat.

    Args:
        beat_s: When one of its beats is, in audio time [s].
        interval_s: How long each lasts [s].
    """

    beat_s: float
    interval_s: float


@dataclass(frozen=True, slots=True)
class BeatTold:
    """A beat that is told: when, how fast it goes on, and where in the music it is."""

    audio_time_s: float
    bpm: float
    beat_in_bar: int
    bar: int
    phase: float
    confidence: float


@dataclass(frozen=True, slots=True)
class BeatClockState:
    """What the teller knows.

    Args:
        controls: What listeners have said; their taps in audio time [s].
        clock: The beat that is heard, held or tapped; None while there is none.
        phase_offset: How far beats lie from those that are heard, by the word of taps [beats].
        confidence: Of the clock.
        doubted_s: Since when the filter hears other beats than the clock has [s]; None: it hears the same.
        last_s: When the last beat was told to sound, less what it is shifted by [s].
        beat_in_bar: Of that beat; 0 before the first.
        bar: Likewise; -1 before the first.
        meter: Beats in a bar.
        is_one_next: Whether a bar begins with the next beat, by the word of a listener.
    """

    controls: BeatControls
    clock: Pulse | None = None
    phase_offset: float = 0.0
    confidence: float = 0.0
    doubted_s: float | None = None
    last_s: float = float("-inf")
    beat_in_bar: int = 0
    bar: int = -1
    meter: int = 4
    is_one_next: bool = False

    @property
    def output_interval_s(self) -> float:
        """How long a beat that is told lasts [s]."""
        return self.clock.interval_s / self.controls.scale if self.clock else 0.0


def apply_command(state: BeatClockState, command: BeatCommand, moment_s: float, at_s: float) -> BeatClockState:
    """After one more command.

    Args:
        state: Before it, heard as far as `at_s`.
        command: What a listener wants.
        moment_s: What was heard when the command was given, in audio time [s].
        at_s: How far the stream has come [s].
    """
    before = state
    state = replace(state, controls=state.controls.after(command, moment_s))
    if command.release:
        state = replace(state, phase_offset=0.0, is_one_next=False)
    if command.tap and state.controls.are_tapped:
        beat_s, interval_s = tapped(state.controls.taps)
        clock = Pulse(beat_s, interval_s * state.controls.scale)
        state = replace(
            state, clock=clock, confidence=SURE, last_s=beat_s, phase_offset=_phase_offset(clock, before.clock)
        )
    elif isinstance(command.tempo, str):
        state = _rescaled(state, before.controls.scale)
    elif isinstance(command.tempo, (int, float)) and state.controls.hold and state.clock:
        interval_s = 60 / command.tempo * state.controls.scale
        state = replace(state, clock=Pulse(_beat_near(state.clock, at_s), interval_s))
    if command.resync and state.clock:
        coming_s = next_beat_s(state, at_s)
        asked_s = moment_s - state.controls.shift_s
        if coming_s is not None and abs(coming_s - asked_s) < abs(state.last_s - asked_s):
            state = replace(state, is_one_next=True)
        else:
            state = replace(state, beat_in_bar=1, is_one_next=False)
    return state


def update(state: BeatClockState, reading: BeatPosition | None, at_s: float) -> BeatClockState:
    """After the beat filter has heard more.

    Args:
        state: Before.
        reading: What it follows; None: nothing.
        at_s: The moment of the reading, in audio time [s].
    """
    followed = Pulse(at_s + (1 - reading.phase) * 60 / reading.bpm, 60 / reading.bpm) if reading else None
    if state.controls.hold and state.clock is not None:
        return replace(state, confidence=SURE)
    if not state.controls.are_tapped or state.clock is None:
        if state.clock and followed and abs(_phase_error(state.clock, followed)) >= AGREEING:
            doubted_s = at_s if state.doubted_s is None else state.doubted_s
            if at_s - doubted_s < SWITCH_HYSTERESIS_BEATS * state.clock.interval_s:
                return replace(state, doubted_s=doubted_s)
        confidence = reading.confidence if reading else 0.0
        return replace(state, clock=followed, confidence=confidence, doubted_s=None)
    if followed is None:
        return state
    phase_offset, off = state.phase_offset, _phase_error(state.clock, followed)
    if abs(_wrapped(off - phase_offset)) >= AGREEING:  # the filter has jumped; the beat that was tapped does not
        phase_offset = off if abs(off) >= AGREEING else 0.0
    return replace(
        state,
        clock=Pulse(followed.beat_s + phase_offset * followed.interval_s, followed.interval_s),
        phase_offset=phase_offset,
    )


def set_beat_in_bar(state: BeatClockState, beat_s: float, beat_in_bar: int) -> BeatClockState:
    """After the filter has said which place in its bar a beat has; a listener knows better, multiples count on."""
    if state.controls.one or state.controls.scale != 1 or state.clock is None:
        return state
    is_last = abs(beat_s - state.last_s) < state.clock.interval_s / 2
    place = beat_in_bar if is_last else (beat_in_bar - 2) % state.meter + 1
    return replace(state, beat_in_bar=place)


def due_beat(state: BeatClockState, at_s: float) -> tuple[BeatClockState, BeatTold | None]:
    """The beat that is due, where one is."""
    next_s = next_beat_s(state, at_s)
    if next_s is None or next_s + state.controls.shift_s > at_s + AHEAD_S:
        return state, None
    is_one = state.is_one_next or state.beat_in_bar in (0, state.meter)
    beat_in_bar = 1 if is_one else state.beat_in_bar % state.meter + 1
    bar = state.bar + 1 if beat_in_bar == 1 or state.bar < 0 else state.bar
    beat = BeatTold(
        audio_time_s=next_s + state.controls.shift_s,
        bpm=60 / state.output_interval_s,
        beat_in_bar=beat_in_bar,
        bar=bar,
        phase=_phase(state, next_s, at_s),
        confidence=state.confidence,
    )
    return replace(state, last_s=next_s, beat_in_bar=beat_in_bar, bar=bar, is_one_next=False), beat


def position(state: BeatClockState, at_s: float) -> BeatPosition | None:
    """Where the music is at a moment near now [s], as it is told."""
    next_s = next_beat_s(state, at_s)
    if next_s is None or state.beat_in_bar == 0:
        return None
    return BeatPosition(
        bpm=60 / state.output_interval_s,
        confidence=state.confidence,
        phase=_phase(state, next_s, at_s),
        beat_in_bar=state.beat_in_bar,
        bar=max(state.bar, 0),
    )


def next_beat_s(state: BeatClockState, at_s: float) -> float | None:
    """When the next beat that is told lies on the clock [s], before it is shifted; None without a clock."""
    if state.clock is None:
        return None
    at_s -= state.controls.shift_s
    told_s = state.output_interval_s
    fine_s = min(told_s, state.clock.interval_s)
    expected_s = state.last_s + told_s if abs(at_s - state.last_s) < 2 * told_s else at_s
    next_s = state.clock.beat_s + fine_s * round((expected_s - state.clock.beat_s) / fine_s)
    while next_s < at_s or next_s - state.last_s <= REFRACTORY * told_s:
        next_s += fine_s
    return next_s


def _rescaled(state: BeatClockState, scale_before: float) -> BeatClockState:
    """With the last beat's place counted in the new tempo."""
    factor, place = state.controls.scale / scale_before, state.beat_in_bar
    if state.clock is None or place == 0 or factor == 1:
        return state
    if factor > 1:
        return replace(state, beat_in_bar=(place - 1) * 2 % state.meter + 1)
    last_s = state.last_s
    if place % 2 == 0:  # the ones and threes remain
        last_s, place = last_s - state.clock.interval_s / scale_before, place - 1
    return replace(state, last_s=last_s, beat_in_bar=(place - 1) // 2 % state.meter + 1)


def _phase_offset(clock: Pulse, heard_clock: Pulse | None) -> float:
    """How far taps lie from what is heard; 0 where they mean that."""
    if heard_clock is None or abs(clock.interval_s / heard_clock.interval_s - 1) > AGREEING:
        return 0.0
    off = _phase_error(clock, heard_clock)
    return off if abs(off) >= AGREEING else 0.0


def _phase_error(clock: Pulse, other: Pulse) -> float:
    """How far beats lie from another clock's, in [-0.5, 0.5) of its beats, near one another."""
    at_s = _beat_near(clock, other.beat_s)
    return _wrapped((at_s - other.beat_s) / other.interval_s)


def _wrapped(beats: float) -> float:
    return (beats + 0.5) % 1.0 - 0.5


def _beat_near(clock: Pulse, at_s: float) -> float:
    return clock.beat_s + clock.interval_s * round((at_s - clock.beat_s) / clock.interval_s)


def _phase(state: BeatClockState, next_s: float, at_s: float) -> float:
    return (1 - (next_s + state.controls.shift_s - at_s) / state.output_interval_s) % 1.0
