"""How a client says in which shape it wants values per frame, in a query and in JSON."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from tactus.analysis.options import DEFAULT_PRECISION, MAX_PRECISION, MAX_RATE_HZ, MIN_RATE_HZ, Rate

_RATES = f"{MIN_RATE_HZ:g} to {MAX_RATE_HZ:g}"


def _rate(value: object) -> Rate:
    if value == "frame" or value == "beat":  # noqa: PLR1714  tells the type checker which
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and MIN_RATE_HZ <= value <= MAX_RATE_HZ:
        return float(value)
    raise PydanticCustomError("rate", f'Input should be "frame", "beat", or how many values a second: {_RATES}')


def _number_of(text: object) -> object:
    """What a query says, as JSON would have it."""
    try:
        return float(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _names_of(values: object) -> object:
    """Names that come as `features=a,b`, as `features=a&features=b`, or both."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return values
    return [name.strip() for value in values for name in value.split(",")]


_FEATURES = "Names from GET /features: timelines of these, in the place of the frame arrays of *full*"
_RATE = "Values of a timeline: one a frame, one a beat (the mean up to the next), or so many a second (means)"
FeatureNames = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=64)]],
    Field(max_length=64, description=_FEATURES, examples=[["rms", "onset_strength"]]),
]
RateQuery = Annotated[
    Rate,
    PlainValidator(_rate),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["frame", "beat"]},
                {"type": "number", "minimum": MIN_RATE_HZ, "maximum": MAX_RATE_HZ},
            ],
            "description": _RATE,
        }
    ),
]
Precision = Annotated[
    int, Field(ge=1, le=MAX_PRECISION, description="Significant digits of values per frame; times keep theirs")
]


class TimelineQuery(BaseModel):
    """How values per frame are told, as query parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    features: Annotated[FeatureNames, BeforeValidator(_names_of)] = []
    rate: Annotated[RateQuery, BeforeValidator(_number_of)] = "frame"
    precision: Precision = DEFAULT_PRECISION
