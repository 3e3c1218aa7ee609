"""Listener controls of the beat: multiples, tempo ranges, taps, nudge, hold. Free of numpy: the API process uses it.

Controls are a value that commands change by one pure function. The same commands in the same order make the same
controls, so a client that sends commands knows their effect without waiting for an answer.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from tactus.analysis.ranges import NAMED_BPM_RANGE, TRACKED_BPM_RANGE

NEAR_TEMPO = 0.05
"""A named or tapped tempo stands for the range within this ratio of it: musicians and fingers waver."""

SCALE_RANGE = (0.25, 4.0)
"""How far the tempo may be divided and multiplied."""

MAX_NUDGE_S = 1.0
"""How far beats may be nudged in all, earlier or later [s]."""

MIN_TAPS, MAX_TAPS = 3, 16
"""How many taps make a tempo, and how many of the newest are used."""

TAP_PAUSE_S = 3.1
"""After a pause of this length the next tap begins a new series [s]: a little more than the slowest beat."""

Multiple = Literal["x2", "x1/2"]
Tempo = Multiple | float | tuple[float, float]
_FACTORS: dict[Multiple, float] = {"x2": 2.0, "x1/2": 0.5}


@dataclass(frozen=True, slots=True)
class BeatCommand:
    """A change of the controls; fields that are not given change nothing.

    Args:
        tempo: Twice or half the output tempo; a tempo [beats per minute]; or the lowest and the highest tempo.
        tap: Whether a beat is now.
        nudge_s: Move output beats by this much more [s]; negative: earlier.
        hold: Whether the output beat keeps its tempo and phase, whatever the sound is.
        resync: Whether the beat nearest to now is the downbeat.
        release: Whether all controls are reset, before the other fields apply.
    """

    tempo: Tempo | None = None
    tap: bool = False
    nudge_s: float = 0.0
    hold: bool | None = None
    resync: bool = False
    release: bool = False


@dataclass(frozen=True, slots=True)
class BeatControls:
    """Listener controls in force.

    Args:
        scale: Output tempo divided by tracked tempo.
        bpm_range: Range in which the tempo is tracked [beats per minute]; None: `TRACKED_BPM_RANGE`.
        nudge_s: How much later beats are output [s].
        offset_s: How much later beats are output, as set at the start of the session; not reset by `release` [s].
        hold: Whether tempo and phase are held.
        taps: Times of the taps in force [s], ascending.
        downbeat_is_set: Whether a listener has set where bars begin.
    """

    scale: float = 1.0
    bpm_range: tuple[float, float] | None = None
    nudge_s: float = 0.0
    offset_s: float = 0.0
    hold: bool = False
    taps: tuple[float, ...] = ()
    downbeat_is_set: bool = False

    @property
    def shift_s(self) -> float:
        """How much later beats are output in all [s]."""
        return self.nudge_s + self.offset_s

    @property
    def are_tapped(self) -> bool:
        """Whether taps set the tempo: there are at least `MIN_TAPS`."""
        return len(self.taps) >= MIN_TAPS

    def after(self, command: BeatCommand, moment_s: float) -> "BeatControls":
        """The controls after one more command, given at `moment_s` [s]."""
        controls = BeatControls(offset_s=self.offset_s) if command.release else self
        if command.tempo in _FACTORS:
            scale = controls.scale * _FACTORS[command.tempo]
            controls = replace(controls, scale=min(max(scale, SCALE_RANGE[0]), SCALE_RANGE[1]))
        elif isinstance(command.tempo, tuple):
            controls = replace(controls, scale=1.0, bpm_range=command.tempo, taps=())
        elif isinstance(command.tempo, (int, float)):
            controls = replace(controls._near(command.tempo), taps=())
        if command.tap:
            continues = controls.taps and 0 < moment_s - controls.taps[-1] < TAP_PAUSE_S
            taps = (*(controls.taps if continues else ()), moment_s)[-MAX_TAPS:]
            controls = replace(controls, taps=taps)
            if controls.are_tapped:
                controls = controls._near(60 / tapped(taps)[1])
        nudge_s = min(max(controls.nudge_s + command.nudge_s, -MAX_NUDGE_S), MAX_NUDGE_S)
        hold = controls.hold if command.hold is None else command.hold
        return replace(controls, nudge_s=nudge_s, hold=hold, downbeat_is_set=controls.downbeat_is_set or command.resync)

    def for_new_stream(self) -> "BeatControls":
        """The controls without taps and downbeat, which belong to the stream before."""
        return replace(self, taps=(), downbeat_is_set=False)

    def to_dict(self) -> dict[str, Any]:
        """The controls as fields of a JSON message."""
        low, high = self.bpm_range or (None, None)
        return {
            "scale": self.scale,
            "bpm_min": low and round(low, 3),
            "bpm_max": high and round(high, 3),
            "nudge_ms": round(1000 * self.nudge_s, 3),
            "offset_ms": round(1000 * self.offset_s, 3),
            "hold": self.hold,
            "taps": len(self.taps),
            "one": self.downbeat_is_set,
        }

    def _near(self, bpm: float) -> "BeatControls":
        """With the range around one tempo; a tempo that is not tracked is output as a multiple of one that is."""
        bpm = min(max(bpm, NAMED_BPM_RANGE[0]), NAMED_BPM_RANGE[1])
        scale = 1.0
        while bpm / scale > TRACKED_BPM_RANGE[1]:
            scale *= 2
        while bpm / scale < TRACKED_BPM_RANGE[0]:
            scale /= 2
        tracked_bpm = bpm / scale
        return replace(self, scale=scale, bpm_range=(tracked_bpm * (1 - NEAR_TEMPO), tracked_bpm * (1 + NEAR_TEMPO)))


NO_CONTROLS = BeatControls()
"""Beats are output as they are tracked."""


def tapped(taps: tuple[float, ...]) -> tuple[float, float]:
    """Least-squares line through taps: time of the last beat on it, and time between beats [s].

    A line, so that one hasty tap has little influence.

    Args:
        taps: Times of the taps [s], ascending, at least two.
    """
    center = (len(taps) - 1) / 2
    mean_s = sum(taps) / len(taps)
    squares = sum((k - center) ** 2 for k in range(len(taps)))
    interval_s = sum((k - center) * (tap - mean_s) for k, tap in enumerate(taps)) / squares
    return mean_s + center * interval_s, interval_s
