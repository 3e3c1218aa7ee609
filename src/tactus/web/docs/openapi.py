"""What /docs says of each call beside its own words: its body, and every way in which it may fail."""

from typing import Any

from pydantic import BaseModel

from tactus.errors import (
    AnalysisTimeoutError,
    AudioTooLongError,
    BodyTooLargeError,
    HeadersTooLargeError,
    HostNotAllowedError,
    InvalidRequestError,
    MethodNotAllowedError,
    OriginNotAllowedError,
    RateLimitedError,
    RequestTimeoutError,
    ShuttingDownError,
    TactusError,
    UnauthorizedError,
    UriTooLongError,
)
from tactus.web.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

EVERYWHERE: tuple[type[TactusError], ...] = (
    InvalidRequestError,
    UnauthorizedError,
    HostNotAllowedError,
    OriginNotAllowedError,
    MethodNotAllowedError,
    RequestTimeoutError,
    UriTooLongError,
    RateLimitedError,
    HeadersTooLargeError,
    ShuttingDownError,
)
"""What the door may answer to any call."""

ANALYSIS_FAILURES = (BodyTooLargeError, AudioTooLongError, AnalysisTimeoutError)


def failures(*errors: type[TactusError]) -> Responses:
    """The `responses` of a route that may fail with `errors`, beside what may fail everywhere."""
    responses: Responses = {}
    for error in (*EVERYWHERE, *errors):
        document = {
            "type": f"/problems/{error.slug}",
            "title": error.title,
            "status": error.status,
            "detail": f"{error.title}.",
        }
        response = responses.setdefault(
            error.status,
            {
                "description": error.title,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        examples = response["content"][MEDIA_TYPE]["examples"]
        examples[error.slug] = {"summary": error.title, "value": document}
        response["description"] = "; ".join(example["summary"] for example in examples.values())
    return responses


def success(model: Any, example: Any, description: str) -> Responses:
    """The `responses` of a route that answers JSON as `model` describes it."""
    return {
        200: {"model": model, "description": description, "content": {"application/json": {"example": example}}},
    }


def json_request(model: type[BaseModel], examples: dict[str, Any], *, required: bool) -> dict[str, Any]:
    """The `openapi_extra` of a route that reads `model` itself."""
    schema = model.model_json_schema()
    named = {name: {"value": value} for name, value in examples.items()}
    return {
        "requestBody": {"required": required, "content": {"application/json": {"schema": schema, "examples": named}}}
    }
