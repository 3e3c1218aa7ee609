"""Parts of the OpenAPI document that FastAPI does not derive: request bodies, error responses, shared schemas."""

from typing import Any

from pydantic import BaseModel, TypeAdapter

from tactus.errors import (
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
from tactus.web.problems import MEDIA_TYPE, Problem

Responses = dict[int | str, dict[str, Any]]

COMMON_ERRORS: tuple[type[TactusError], ...] = (
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
"""Errors of any call, from the security middleware and the server."""

_SCHEMAS = "#/components/schemas/{model}"
"""JSON pointer of a shared schema in the OpenAPI document."""


def failures(*errors: type[TactusError]) -> Responses:
    """The `responses` of a route with these errors, beside the common ones; each with an example."""
    responses: Responses = {}
    for error in (*COMMON_ERRORS, *errors):
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
    """The `responses` of a route whose response is JSON as in `model`."""
    return {
        200: {"model": model, "description": description, "content": {"application/json": {"example": example}}},
    }


def json_request(model: type[BaseModel], examples: dict[str, Any], *, required: bool) -> dict[str, Any]:
    """The `openapi_extra` of a route that reads `model` with `body.json_body`, not as a parameter of FastAPI's.

    Its `$defs` refer to shared schemas, to which `complete_document` moves them.
    """
    schema = model.model_json_schema(ref_template=_SCHEMAS)
    named = {name: {"value": value} for name, value in examples.items()}
    return {
        "requestBody": {"required": required, "content": {"application/json": {"schema": schema, "examples": named}}}
    }


def complete_document(document: dict[str, Any]) -> dict[str, Any]:
    """Add the shared schemas that FastAPI does not find: problem documents, and the `$defs` of request bodies.

    Args:
        document: OpenAPI document of FastAPI's; changed in place.

    Returns:
        The document, in which every `$ref` resolves.
    """
    schemas: dict[str, Any] = document["components"]["schemas"]
    problem = TypeAdapter(Problem).json_schema(ref_template=_SCHEMAS)
    schemas |= {**problem.pop("$defs"), "Problem": problem}
    for operations in document["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schemas |= content["schema"].pop("$defs", {})
    return document
