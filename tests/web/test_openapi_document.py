"""The OpenAPI document by itself: every example is valid, every reference resolves, every error is listed."""

from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter

from tactus.web.api import make_api
from tactus.web.docs.asyncapi import asyncapi, message_schema
from tactus.web.live.schemas import LiveControlRequest, LiveStartRequest, LiveStopRequest
from tactus.web.problems import MEDIA_TYPE, Problem
from tactus.web.routes import analysis, corrections, devices, health, live, live_files
from tactus.web.tracks.beat_hint_query import CorrectionRequest
from tactus.web.tracks.content_negotiation import MEDIA_TYPES
from tactus.web.tracks.schemas import AnalyzeRequest
from tests.web.json_references import references, resolve

DOCUMENT = make_api(None).openapi()
ROUTES = [
    route
    for module in (analysis, corrections, live, live_files, devices, health)
    for route in module.router.routes
    if isinstance(route, APIRoute)
]
REQUEST_MODELS: dict[str, type[BaseModel]] = {
    "POST /analyze": AnalyzeRequest,
    "PATCH /analysis/{file_hash}": CorrectionRequest,
    "POST /live/start": LiveStartRequest,
    "POST /live/stop": LiveStopRequest,
    "POST /live/control": LiveControlRequest,
}


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of the document with its method and path."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


OPERATIONS = dict(operations())


def examples_of(content: dict[str, Any]) -> list[Any]:
    """The values of `example` and `examples` of a media type."""
    named = [example["value"] for example in content.get("examples", {}).values()]
    return named + ([content["example"]] if "example" in content else [])


@pytest.mark.parametrize("document", [DOCUMENT, asyncapi(), message_schema()], ids=["openapi", "asyncapi", "schema"])
def test_every_reference_resolves_from_the_root(document: dict[str, Any]) -> None:
    targets = [resolve(document, reference) for reference in references(document)]
    assert len(targets) > 10


def test_all_routes_of_the_service_are_in_the_document() -> None:
    assert {f"{method} {route.path}" for route in ROUTES for method in route.methods or ()} == OPERATIONS.keys()


def test_all_operations_with_a_json_body_are_tested() -> None:
    bodies = {name: operation.get("requestBody", {}).get("content", {}) for name, operation in OPERATIONS.items()}
    assert {name for name, content in bodies.items() if "application/json" in content} == REQUEST_MODELS.keys()


@pytest.mark.parametrize("operation", REQUEST_MODELS)
def test_examples_of_json_requests_are_valid(operation: str) -> None:
    examples = examples_of(OPERATIONS[operation]["requestBody"]["content"]["application/json"])
    assert examples
    for example in examples:
        body = REQUEST_MODELS[operation].model_validate(example)
        if isinstance(body, CorrectionRequest):
            body.check()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.path} {route.name}")
def test_examples_of_json_responses_are_valid(route: APIRoute) -> None:
    successes = {status: response for status, response in route.responses.items() if int(status) < 300}
    assert successes
    for response in successes.values():
        examples = examples_of(response["content"].get("application/json", {}))
        if not examples:
            assert route.path == "/live/events", "all others respond with JSON"
        for example in examples:
            TypeAdapter(response["model"]).validate_python(example, strict=True)
            assert example.keys() <= get_type_hints(response["model"]).keys()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_examples_of_errors_are_problem_documents(operation: str) -> None:
    for status, response in OPERATIONS[operation]["responses"].items():
        if int(status) >= 400:
            for example in examples_of(response["content"][MEDIA_TYPE]):
                assert TypeAdapter(Problem).validate_python(example, strict=True)["status"] == int(status)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_a_description_examples_and_all_errors(operation: str) -> None:
    described = OPERATIONS[operation]
    assert described["summary"]
    assert described["description"]
    assert {"400", "401", "403", "405", "408", "414", "429", "431", "503"} <= described["responses"].keys()
    for status, response in described["responses"].items():
        for media_type, content in response.get("content", {}).items():
            assert examples_of(content), status
            if status in {"200", "202"}:
                assert media_type in {*MEDIA_TYPES.values(), "text/event-stream"}
            else:
                assert media_type == MEDIA_TYPE
    for content in described.get("requestBody", {}).get("content", {}).values():
        assert examples_of(content)
