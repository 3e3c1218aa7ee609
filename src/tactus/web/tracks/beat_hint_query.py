"""How a client says what it knows of a track's beat: for one request, or for good."""

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
    Field(ge=MIN_BPM, le=MAX_BPM, description="The tempo, where it is known: beats are looked for within 8 %"),
]
LowestBpm = Annotated[float | None, Field(ge=MIN_BPM, le=MAX_BPM, description="The lowest tempo that it may be")]
HighestBpm = Annotated[float | None, Field(ge=MIN_BPM, le=MAX_BPM, description="The highest tempo that it may be")]
Moment = Annotated[float, Field(ge=0, le=MAX_TIME_S)]


class CorrectionRequest(BaseModel):
    """What somebody says of a track's beat: its tempo in one way, or where a bar begins, or both; or `clear` alone."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, json_schema_extra={"minProperties": 1}
    )

    correction: Annotated[
        Relation | None, Field(description="The tempo as a multiple of the one that is found without any correction")
    ] = None
    bpm: KnownBpm = None
    bpm_min: LowestBpm = None
    bpm_max: HighestBpm = None
    taps: Annotated[
        list[Moment] | None,
        Field(
            min_length=MIN_TAPS,
            max_length=MAX_TAPS,
            description="When somebody tapped the beat [s from the track's beginning], ascending",
        ),
    ] = None
    downbeat_at: Annotated[
        Moment | None, Field(description="The beat nearest to this moment [s] is the first of a bar")
    ] = None
    clear: Annotated[bool, Field(description="Forget everything that was said of this track")] = False

    def changed(self, before: TempoHint) -> TempoHint:
        """What is known from now on: what is said now, and of what was said before what it does not touch."""
        return TempoHint() if self.clear else self._hint.over(before)

    def ensure_sense(self) -> None:
        """Nothing, where this says something, and no two things at once.

        Raises:
            ValidationError: It does not.
        """
        if self.clear and self._hint != TempoHint():
            raise _refusal("clear", "goes with nothing else")
        if not self.clear and self._hint == TempoHint():
            raise _refusal("", f"Say one of {', '.join(CorrectionRequest.model_fields)}.")

    @property
    def _hint(self) -> TempoHint:
        try:
            return TempoHint(
                self.correction, self.bpm, self.bpm_min, self.bpm_max, tuple(self.taps or ()), self.downbeat_at
            )
        except HintError as error:
            raise _refusal(error.field, error.message) from error


def requested_hint(bpm: float | None, bpm_min: float | None, bpm_max: float | None) -> TempoHint:
    """What a request knows of the beat.

    Raises:
        ValidationError: It contradicts itself.
    """
    try:
        return TempoHint(bpm=bpm, bpm_min=bpm_min, bpm_max=bpm_max)
    except HintError as error:
        raise _refusal(error.field, error.message) from error


def _refusal(field: str, message: str) -> ValidationError:
    errors: list[dict[str, Any]] = [{"field": field, "message": message}]
    return ValidationError(f"{field}: {message}" if field else message, errors=errors)
