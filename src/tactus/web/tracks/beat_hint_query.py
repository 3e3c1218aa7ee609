"""Tempo hints in requests: for one analysis, or as a correction of the track that is stored."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tactus.analysis.beat_hint import (
    MAX_BPM,
    MAX_TAPS,
    MAX_TIME_S,
    MIN_BPM,
    MIN_TAPS,
    HintError,
    Relation,
    TempoHint,
)
from tactus.errors import ValidationError

KnownBpm = Annotated[
    float | None,
    Field(ge=MIN_BPM, le=MAX_BPM, description="Known tempo [beats per minute]; beats are tracked within 8 % of it"),
]
LowestBpm = Annotated[
    float | None, Field(ge=MIN_BPM, le=MAX_BPM, description="Lowest possible tempo [beats per minute]")
]
HighestBpm = Annotated[
    float | None, Field(ge=MIN_BPM, le=MAX_BPM, description="Highest possible tempo [beats per minute]")
]
TrackTime = Annotated[float, Field(ge=0, le=MAX_TIME_S)]


class CorrectionRequest(BaseModel):
    """Correction of a track's beat: one statement about the tempo, a downbeat, or both; or `clear` alone."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, json_schema_extra={"minProperties": 1}
    )

    correction: Annotated[
        Relation | None,
        Field(description="The tempo as a multiple of the one that is estimated without any correction"),
    ] = None
    bpm: KnownBpm = None
    bpm_min: LowestBpm = None
    bpm_max: HighestBpm = None
    taps: Annotated[
        list[TrackTime] | None,
        Field(
            min_length=MIN_TAPS,
            max_length=MAX_TAPS,
            description="Times of tapped beats [s from the start of the track], ascending",
        ),
    ] = None
    downbeat_at: Annotated[
        TrackTime | None, Field(description="Time of a downbeat [s]: the beat nearest to it becomes the first of a bar")
    ] = None
    clear: Annotated[bool, Field(description="Remove the correction of this track")] = False

    def apply_to(self, before: TempoHint) -> TempoHint:
        """The new correction of the track: this one, with those parts of the previous one that it does not replace."""
        return TempoHint() if self.clear else self._hint.over(before)

    def check(self) -> None:
        """Check that the request has at least one field, and no contradicting ones.

        Raises:
            ValidationError: It is empty or contradicts itself.
        """
        if self.clear and self._hint != TempoHint():
            raise _field_error("clear", "must be the only field")
        if not self.clear and self._hint == TempoHint():
            raise _field_error("", f"Give at least one of {', '.join(CorrectionRequest.model_fields)}.")

    @property
    def _hint(self) -> TempoHint:
        try:
            return TempoHint(
                self.correction, self.bpm, self.bpm_min, self.bpm_max, tuple(self.taps or ()), self.downbeat_at
            )
        except HintError as error:
            raise _field_error(error.field, error.message) from error


def hint_from_query(bpm: float | None, bpm_min: float | None, bpm_max: float | None) -> TempoHint:
    """Make the tempo hint of a request for an analysis.

    Args:
        bpm: Known tempo [beats per minute].
        bpm_min: Lowest possible tempo [beats per minute].
        bpm_max: Highest possible tempo [beats per minute].

    Raises:
        ValidationError: They contradict one another.
    """
    try:
        return TempoHint(bpm=bpm, bpm_min=bpm_min, bpm_max=bpm_max)
    except HintError as error:
        raise _field_error(error.field, error.message) from error


def _field_error(field: str, message: str) -> ValidationError:
    errors: list[dict[str, Any]] = [{"field": field, "message": message}]
    return ValidationError(f"{field}: {message}" if field else message, errors=errors)
