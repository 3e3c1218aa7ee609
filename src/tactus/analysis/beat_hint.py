"""Tempo hints: what a caller knows of a track's beat. Free of numpy: the API process uses it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from statistics import median
from typing import Any, Literal

from tactus.analysis.ranges import NAMED_BPM_RANGE

Relation = Literal["x2", "x1/2", "3:2", "2:3", "x3", "x1/3"]
"""A tempo as a multiple of the one that is found without a hint, as `tempo_candidates` writes it."""

RATIOS: Mapping[Relation, float] = {"x2": 2.0, "x1/2": 1 / 2, "3:2": 3 / 2, "2:3": 2 / 3, "x3": 3.0, "x1/3": 1 / 3}
"""Factor of each relation: tempi that a listener could count in place of another."""

MIN_BPM, MAX_BPM = NAMED_BPM_RANGE

MIN_TAPS, MAX_TAPS = 4, 4096
"""Number of taps: three intervals have a median that one slip does not move; 4096 are 20 minutes at 200 bpm."""

MAX_TIME_S = 6 * 3600.0
"""Latest time in a track that a hint may name [s]: no track is longer."""


class HintError(ValueError):
    """A tempo hint with a value out of range, or with several statements about the tempo.

    Args:
        field: Name of the value.
        message: What is wrong with it.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class TempoHint:
    """A caller's knowledge of a track's beat: at most one statement about its tempo, and a downbeat.

    Args:
        correction: The tempo as a multiple of the one that is found without any hint.
        bpm: The tempo [beats per minute].
        bpm_min: Lowest possible tempo [beats per minute].
        bpm_max: Highest possible tempo [beats per minute].
        taps: Times of tapped beats [s], ascending.
        downbeat_at: Time on which, or next to which, a bar begins [s].

    Raises:
        HintError: More than one statement about the tempo, or a value out of its range.

    Example:
        >>> TempoHint(bpm=120.0).to_dict()
        {'bpm': 120.0}
    """

    correction: Relation | None = None
    bpm: float | None = None
    bpm_min: float | None = None
    bpm_max: float | None = None
    taps: tuple[float, ...] = ()
    downbeat_at: float | None = None

    def __post_init__(self) -> None:
        if len(self.tempo_fields) > 1:
            names = " and ".join(self.tempo_fields)
            raise HintError(self.tempo_fields[1], f"the tempo is given in one way only, not by {names}")
        if self.correction is not None and self.correction not in RATIOS:
            raise HintError("correction", f"must be one of {', '.join(RATIOS)}")
        for name in ("bpm", "bpm_min", "bpm_max"):
            value = getattr(self, name)
            if value is not None and not MIN_BPM <= value <= MAX_BPM:
                raise HintError(name, f"must lie in {MIN_BPM:g} to {MAX_BPM:g} beats per minute")
        if self.bpm_min is not None and self.bpm_max is not None and self.bpm_min > self.bpm_max:
            raise HintError("bpm_min", "must not be greater than bpm_max")
        if self.taps:
            _check_taps(self.taps)
        if self.downbeat_at is not None and not 0 <= self.downbeat_at <= MAX_TIME_S:
            raise HintError("downbeat_at", "must be a moment of the track [s]")

    @property
    def tempo_fields(self) -> tuple[str, ...]:
        """Names of the fields that state the tempo; at most one after construction."""
        is_given = {
            "correction": self.correction is not None,
            "bpm": self.bpm is not None,
            "bpm_min/bpm_max": self.bpm_min is not None or self.bpm_max is not None,
            "taps": bool(self.taps),
        }
        return tuple(name for name, given in is_given.items() if given)

    @property
    def has_tempo(self) -> bool:
        """True where the hint states anything about the tempo."""
        return bool(self.tempo_fields)

    def over(self, other: "TempoHint") -> "TempoHint":
        """Both hints in one; where both state the tempo or the downbeat, this one takes precedence."""
        tempo = self if self.has_tempo else other
        downbeat_at = self.downbeat_at if self.downbeat_at is not None else other.downbeat_at
        return replace(tempo, downbeat_at=downbeat_at)

    def to_dict(self) -> dict[str, Any]:
        """The fields that are given, as JSON values; empty where none is."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if name == "taps" else value for name, value in values.items() if value not in (None, ())
        }


NO_HINT = TempoHint()
"""A hint that states nothing."""


def hint_from(fields: Mapping[str, Any]) -> TempoHint:
    """The hint with these fields, as `TempoHint.to_dict` gives them.

    Raises:
        ValueError: They are not the fields of a hint.
    """
    try:
        return TempoHint(**{**fields, "taps": tuple(fields.get("taps", ()))})
    except TypeError as error:
        raise ValueError("these are not the fields of a tempo hint") from error


def tapped_bpm(taps: tuple[float, ...]) -> float:
    """Tempo of taps [beats per minute], from the median interval, which a single slip does not move."""
    return 60 / median(later - earlier for earlier, later in pairwise(taps))


def _check_taps(taps: tuple[float, ...]) -> None:
    if not MIN_TAPS <= len(taps) <= MAX_TAPS:
        raise HintError("taps", f"must be {MIN_TAPS} to {MAX_TAPS} moments")
    if not all(math.isfinite(tap) and 0 <= tap <= MAX_TIME_S for tap in taps):
        raise HintError("taps", "must be moments of the track [s]")
    if not all(earlier < later for earlier, later in pairwise(taps)):
        raise HintError("taps", "must ascend")
    if not MIN_BPM <= tapped_bpm(taps) <= MAX_BPM:
        raise HintError("taps", f"must be {MIN_BPM:g} to {MAX_BPM:g} a minute")
