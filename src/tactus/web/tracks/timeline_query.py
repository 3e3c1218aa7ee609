"""Options of timelines in requests: features, rate and precision, as query parameters and as JSON fields."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from tactus.analysis.options import DEFAULT_PRECISION, MAX_PRECISION, MAX_RATE_HZ, MIN_RATE_HZ, Rate

_RATES = f"{MIN_RATE_HZ:g} to {MAX_RATE_HZ:g}"


def _rate(value: object) -> Rate:
    if value == "frame" or value == "beat":  # noqa: PLR1714  narrows the type
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and MIN_RATE_HZ <= value <= MAX_RATE_HZ:
        return float(value)
    raise PydanticCustomError("rate", f'Input should be "frame", "beat", or a number of values per second: {_RATES}')


def _parse_number(text: object) -> object:
    """The number that a query parameter states; other values as they are."""
    try:
        return float(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _split_names(values: object) -> object:
    """Names given as `features=a,b`, as `features=a&features=b`, or both."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return values
    return [name.strip() for value in values for name in value.split(",")]


_FEATURES = "Names from GET /features: the analysis has timelines of these instead of the frame arrays of *full*"
_RATE = (
    "Rate of the timelines: one value per frame, per beat (mean until the next beat), or this many per second (means)"
)
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
    int, Field(ge=1, le=MAX_PRECISION, description="Significant digits of values per frame; times are not rounded")
]


class TimelineQuery(BaseModel):
    """Options of timelines, as query parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    features: Annotated[FeatureNames, BeforeValidator(_split_names)] = []
    rate: Annotated[RateQuery, BeforeValidator(_parse_number)] = "frame"
    precision: Precision = DEFAULT_PRECISION
