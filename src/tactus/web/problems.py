"""Errors as `application/problem+json` (RFC 9457): those of this program, of FastAPI and of the server.

The `type` of a problem is `/problems/SLUG`, the path of a page that explains it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, NotRequired

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope
from typing_extensions import TypedDict

from tactus.errors import (
    BodyTooLargeError,
    HeadersTooLargeError,
    InternalError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    RateLimitedError,
    RequestTimeoutError,
    TactusError,
    UnauthorizedError,
    UnsupportedMediaError,
    UriTooLongError,
    ValidationError,
)
from tactus.logs import log

MEDIA_TYPE = "application/problem+json"


class FieldError(TypedDict):
    """Error in one field of a request."""

    field: str
    message: str


class Problem(TypedDict):
    """Problem document (RFC 9457)."""

    type: Annotated[str, Field(description="Path of a page that explains it", examples=["/problems/validation"])]
    title: str
    status: int
    detail: str
    errors: NotRequired[list[FieldError]]


_FROM_STATUS: Mapping[int, type[TactusError]] = {
    400: InvalidRequestError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    408: RequestTimeoutError,
    413: BodyTooLargeError,
    414: UriTooLongError,
    415: UnsupportedMediaError,
    422: ValidationError,
    429: RateLimitedError,
    431: HeadersTooLargeError,
}


def problem_document(error: TactusError) -> dict[str, Any]:
    """Members of the problem document of an error."""
    return {
        **error.extra,
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }


def problem_response(error: TactusError, headers: Mapping[str, str] | None = None) -> Response:
    """Make the HTTP response for an error, with Retry-After or WWW-Authenticate where they apply."""
    all_headers = {"Cache-Control": "no-store", **(headers or {})}
    if error.retry_after_s is not None or error.status in {429, 503}:
        all_headers["Retry-After"] = str(error.retry_after_s or 1)
    if isinstance(error, UnauthorizedError):
        all_headers["WWW-Authenticate"] = 'Bearer realm="tactus"'
    body = orjson.dumps(problem_document(error), default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, error.status, all_headers, MEDIA_TYPE)


def problem_types() -> Iterator[type[TactusError]]:
    """All error classes, each a problem type, in the order of their declaration; the internal error is the last."""
    yield from (error for error in TactusError.__subclasses__() if error is not InternalError)
    yield InternalError


def error_from_exception(exception: Exception, scope: Scope) -> TactusError:
    """The error to respond with for an exception; an unexpected exception is logged, and its details are not sent."""
    match exception:
        case TactusError():
            return exception
        case RequestValidationError():
            return validation_error(exception.errors())
        case HTTPException(status_code=status) if status in _FROM_STATUS:
            return _FROM_STATUS[status]()
        case ClientDisconnect():
            return RequestTimeoutError("The client has disconnected.")  # and does not receive this
        case _:
            log.error("request_failed", method=scope.get("method"), route=scope["path"][:200], exc_info=exception)
            return InternalError()


def validation_error(errors: Any) -> ValidationError:
    """Make one error of all errors that Pydantic reports, with the name of each field."""
    field_errors = [
        {"field": ".".join(str(part) for part in error["loc"] if part not in {"body", "query", "path"}),
         "message": error["msg"]}
        for error in errors
    ]  # fmt: skip
    first = field_errors[0]
    where = f"{first['field']}: " if first["field"] else ""
    return ValidationError(f"{where}{first['message']}"[:500], errors=field_errors[:20])


def add_problem_handlers(api: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Respond with a problem document to every exception of routes and of routing.

    Args:
        api: The application.
        routes: All of its routes.
    """

    async def respond(request: Request, exception: Exception) -> Response:
        if request.scope["type"] == "websocket":  # Starlette cannot refuse a handshake: the security middleware does
            raise exception
        error = error_from_exception(exception, request.scope)
        headers = dict(getattr(exception, "headers", None) or {})
        if "Allow" in headers:
            headers["Allow"] = ", ".join(_allowed_methods(routes, request.scope))
        return problem_response(error, headers)

    for exception_type in (TactusError, RequestValidationError, HTTPException):
        api.add_exception_handler(exception_type, respond)


def _allowed_methods(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """Methods of all routes with the path of a request (Starlette lists those of the first one only), and HEAD."""
    methods: set[str] = set()
    for route in routes:
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)
