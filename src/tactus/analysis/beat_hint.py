"""What somebody knows of a track's beat, in the place of or beside what is heard. Free of numpy, as `options` is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from statistics import median
from typing import Any, Literal

Relation = Literal["x2", "x1/2", "3:2", "2:3", "x3", "x1/3"]
"""A tempo as a multiple of the one that is found without a hint, in the words of `tempo_candidates`."""

RATIOS: Mapping[Relation, float] = {"x2": 2.0, "x1/2": 1 / 2, "3:2": 3 / 2, "2:3": 2 / 3, "x3": 3.0, "x1/3": 1 / 3}
"""Tempi that a listener could count in place of another, as multiples of it."""

LOWEST_BPM, HIGHEST_BPM = 20.0, 400.0
"""Tempi that may be named [beats per minute]: slower than anybody counts, faster than anybody taps."""

MIN_TAPS, MAX_TAPS = 4, 4096
"""Three intervals have a median that one slip does not move; the most are 20 minutes at 200 beats per minute."""

LATEST_S = 6 * 3600.0
"""No track is longer [s]."""


class HintError(ValueError):
    """A hint that cannot be followed.

    Args:
        field: Which of its values.
        message: What is wrong with it.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class TempoHint:
    """What is known of a track's beat: at most one word about its tempo, and where a bar begins.

    Args:
        correction: The tempo as a multiple of the one that is found without any hint.
        bpm: The tempo [beats per minute].
        bpm_min: The lowest tempo that it may be [beats per minute].
        bpm_max: The highest one.
        taps: When somebody tapped the beat [s], ascending.
        downbeat_at: A moment [s] on which, or next to which, a bar begins.

    Raises:
        HintError: More than one word about the tempo, or a value out of its range.
    """

    correction: Relation | None = None
    bpm: float | None = None
    bpm_min: float | None = None
    bpm_max: float | None = None
    taps: tuple[float, ...] = ()
    downbeat_at: float | None = None

    def __post_init__(self) -> None:
        if len(self.words) > 1:
            raise HintError(self.words[1], f"the tempo is told in one way only, not by {' and '.join(self.words)}")
        if self.correction is not None and self.correction not in RATIOS:
            raise HintError("correction", f"must be one of {', '.join(RATIOS)}")
        for name in ("bpm", "bpm_min", "bpm_max"):
            value = getattr(self, name)
            if value is not None and not LOWEST_BPM <= value <= HIGHEST_BPM:
                raise HintError(name, f"must lie in {LOWEST_BPM:g} to {HIGHEST_BPM:g} beats per minute")
        if self.bpm_min is not None and self.bpm_max is not None and self.bpm_min > self.bpm_max:
            raise HintError("bpm_min", "must not be greater than bpm_max")
        if self.taps:
            _check_taps(self.taps)
        if self.downbeat_at is not None and not 0 <= self.downbeat_at <= LATEST_S:
            raise HintError("downbeat_at", "must be a moment of the track [s]")

    @property
    def words(self) -> tuple[str, ...]:
        """Which ways of telling the tempo are used: at most one."""
        named = {
            "correction": self.correction is not None,
            "bpm": self.bpm is not None,
            "bpm_min/bpm_max": self.bpm_min is not None or self.bpm_max is not None,
            "taps": bool(self.taps),
        }
        return tuple(name for name, is_used in named.items() if is_used)

    @property
    def tells_tempo(self) -> bool:
        """Whether anything is said about the tempo."""
        return bool(self.words)

    def over(self, other: "TempoHint") -> "TempoHint":
        """Both, where this one wins: its tempo, else the other's; its downbeat, else the other's."""
        tempo = self if self.tells_tempo else other
        downbeat_at = self.downbeat_at if self.downbeat_at is not None else other.downbeat_at
        return replace(tempo, downbeat_at=downbeat_at)

    @property
    def told(self) -> dict[str, Any]:
        """What is known, by name, as JSON has it; empty where nothing is."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if name == "taps" else value for name, value in values.items() if value not in (None, ())
        }


NO_HINT = TempoHint()
"""Where nothing is known."""


def hint_from(told: Mapping[str, Any]) -> TempoHint:
    """The hint that `TempoHint.told` told.

    Raises:
        ValueError: It is none.
    """
    try:
        return TempoHint(**{**told, "taps": tuple(told.get("taps", ()))})
    except TypeError as error:
        raise ValueError("this is no hint") from error


def tapped_bpm(taps: tuple[float, ...]) -> float:
    """The tempo that somebody tapped [beats per minute]: of the median interval, which a slip does not move."""
    return 60 / median(later - earlier for earlier, later in pairwise(taps))


def _check_taps(taps: tuple[float, ...]) -> None:
    if not MIN_TAPS <= len(taps) <= MAX_TAPS:
        raise HintError("taps", f"must be {MIN_TAPS} to {MAX_TAPS} moments")
    if not all(math.isfinite(tap) and 0 <= tap <= LATEST_S for tap in taps):
        raise HintError("taps", "must be moments of the track [s]")
    if not all(earlier < later for earlier, later in pairwise(taps)):
        raise HintError("taps", "must ascend")
    if not LOWEST_BPM <= tapped_bpm(taps) <= HIGHEST_BPM:
        raise HintError("taps", f"must be {LOWEST_BPM:g} to {HIGHEST_BPM:g} a minute")
