"""What listeners say of the beat of a live stream, until they take it back. Free of numpy: the API process uses it.

The same commands in the same order make the same controls, so whoever sends commands knows what they come to without
waiting for an answer.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

TRACKED_BPM_RANGE = (55.0, 215.0)
"""Tempi that the beat is looked for in; what is told beyond them is a multiple."""

OUTPUT_BPM_RANGE = (20.0, 400.0)
"""Tempi that a listener may name."""

NEAR_TEMPO = 0.05
"""A tempo that is named or tapped is meant to within this part: musicians and fingers waver."""

SCALES = (0.25, 4.0)
"""How far the tempo may be divided and multiplied."""

MAX_NUDGE_S = 1.0

MIN_TAPS, MAX_TAPS = 3, 16
"""From so many taps a tempo is known; of more than these, the latest count."""

TAP_PAUSE_S = 3.1
"""Who taps after a longer pause taps something new [s]: a beat of the slowest tempo."""

Multiple = Literal["x2", "x1/2"]
Tempo = Multiple | float | tuple[float, float]
_FACTORS: dict[Multiple, float] = {"x2": 2.0, "x1/2": 0.5}


@dataclass(frozen=True, slots=True)
class BeatCommand:
    """What a listener wants changed; what is not named stays as it is.

    Args:
        tempo: Twice or half as fast as told now; a tempo [bpm]; or the lowest and the highest [bpm].
        tap: A beat is now.
        nudge_s: Beats are to be told so much later [s] than now, negative: earlier.
        hold: Whether to go on as told now, whatever is heard.
        resync: The beat that is now begins a bar.
        release: Everything said before is taken back, before the rest is done.
    """

    tempo: Tempo | None = None
    tap: bool = False
    nudge_s: float = 0.0
    hold: bool | None = None
    resync: bool = False
    release: bool = False


@dataclass(frozen=True, slots=True)
class BeatControls:
    """What holds by now.

    Args:
        scale: What is told is so many times the tempo that is heard.
        bpm_range: Where the tempo that is heard is looked for [bpm]; None: everywhere.
        nudge_s: Beats are told so much later [s].
        offset_s: Likewise, said when the session was started, and never released [s].
        hold: Whether tempo and phase stay, whatever is heard.
        taps: When a listener has tapped [s], ascending.
        one: Whether a listener has said where bars begin.
    """

    scale: float = 1.0
    bpm_range: tuple[float, float] | None = None
    nudge_s: float = 0.0
    offset_s: float = 0.0
    hold: bool = False
    taps: tuple[float, ...] = ()
    one: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is to be told otherwise than it is heard."""
        return self != NO_CONTROLS

    @property
    def shift_s(self) -> float:
        """How much later beats are told [s]."""
        return self.nudge_s + self.offset_s

    @property
    def are_tapped(self) -> bool:
        """Whether there are enough taps for a tempo."""
        return len(self.taps) >= MIN_TAPS

    def after(self, command: BeatCommand, moment_s: float) -> "BeatControls":
        """What holds after one more command, given at `moment_s` [s]."""
        controls = BeatControls(offset_s=self.offset_s) if command.release else self
        if command.tempo in _FACTORS:
            scale = controls.scale * _FACTORS[command.tempo]
            controls = replace(controls, scale=min(max(scale, SCALES[0]), SCALES[1]))
        elif isinstance(command.tempo, tuple):
            controls = replace(controls, scale=1.0, bpm_range=command.tempo, taps=())
        elif isinstance(command.tempo, (int, float)):
            controls = replace(controls._about(command.tempo), taps=())
        if command.tap:
            goes_on = controls.taps and 0 < moment_s - controls.taps[-1] < TAP_PAUSE_S
            taps = (*(controls.taps if goes_on else ()), moment_s)[-MAX_TAPS:]
            controls = replace(controls, taps=taps)
            if controls.are_tapped:
                controls = controls._about(60 / tapped(taps)[1])
        nudge_s = min(max(controls.nudge_s + command.nudge_s, -MAX_NUDGE_S), MAX_NUDGE_S)
        hold = controls.hold if command.hold is None else command.hold
        return replace(controls, nudge_s=nudge_s, hold=hold, one=controls.one or command.resync)

    def anew(self) -> "BeatControls":
        """What still holds for a stream that begins anew: taps and bars belonged to the one before."""
        return replace(self, taps=(), one=False)

    def told(self) -> dict[str, Any]:
        """As it is told on the wire."""
        low, high = self.bpm_range or (None, None)
        return {
            "scale": self.scale,
            "bpm_min": low and round(low, 3),
            "bpm_max": high and round(high, 3),
            "nudge_ms": round(1000 * self.nudge_s, 3),
            "offset_ms": round(1000 * self.offset_s, 3),
            "hold": self.hold,
            "taps": len(self.taps),
            "one": self.one,
        }

    def _about(self, bpm: float) -> "BeatControls":
        """With one tempo; one that cannot be heard is told as a multiple of one that can."""
        bpm = min(max(bpm, OUTPUT_BPM_RANGE[0]), OUTPUT_BPM_RANGE[1])
        scale = 1.0
        while bpm / scale > TRACKED_BPM_RANGE[1]:
            scale *= 2
        while bpm / scale < TRACKED_BPM_RANGE[0]:
            scale /= 2
        tracked_bpm = bpm / scale
        return replace(self, scale=scale, bpm_range=(tracked_bpm * (1 - NEAR_TEMPO), tracked_bpm * (1 + NEAR_TEMPO)))


NO_CONTROLS = BeatControls()
"""Nothing has been said: beats are told as they are heard."""


def tapped(taps: tuple[float, ...]) -> tuple[float, float]:
    """The beat that taps lie about: when its last one is, and how long one lasts [s].

    The straight line through the taps with the least squared error, so that one hasty tap moves little.

    Args:
        taps: When somebody tapped [s], ascending, at least two.
    """
    middle = (len(taps) - 1) / 2
    mean_s = sum(taps) / len(taps)
    squares = sum((k - middle) ** 2 for k in range(len(taps)))
    interval_s = sum((k - middle) * (tap - mean_s) for k, tap in enumerate(taps)) / squares
    return mean_s + middle * interval_s, interval_s
