"""Every failure as `application/problem+json` (RFC 9457): ours, the framework's and the server's.

A problem's `type` is `/problems/SLUG`, and asking for that address explains it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

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
    """The members of the problem document of an error."""
    return {
        **error.extra,
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }


def problem_response(error: TactusError, headers: Mapping[str, str] | None = None) -> Response:
    """An error as an HTTP response."""
    all_headers = {"Cache-Control": "no-store", **(headers or {})}
    if error.retry_after_s is not None or error.status in {429, 503}:
        all_headers["Retry-After"] = str(error.retry_after_s or 1)
    if isinstance(error, UnauthorizedError):
        all_headers["WWW-Authenticate"] = 'Bearer realm="tactus"'
    body = orjson.dumps(problem_document(error), default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, error.status, all_headers, MEDIA_TYPE)


def every_problem() -> Iterator[type[TactusError]]:
    """Every class of error that has a page, in the order of their declaration."""
    yield from (error for error in TactusError.__subclasses__() if error is not InternalError)
    yield InternalError


def error_from_exception(exception: Exception, scope: Scope) -> TactusError:
    """What an exception that reached the door tells the caller; the unexpected is logged and told without detail."""
    match exception:
        case TactusError():
            return exception
        case RequestValidationError():
            return invalid(exception.errors())
        case HTTPException(status_code=status) if status in _FROM_STATUS:
            return _FROM_STATUS[status]()
        case ClientDisconnect():
            return RequestTimeoutError("The client has left.")  # which nobody hears
        case _:
            log.error("request_failed", method=scope.get("method"), route=scope["path"][:200], exc_info=exception)
            return InternalError()


def invalid(errors: Any) -> ValidationError:
    """Pydantic's findings as one error that names each field."""
    found = [
        {"field": ".".join(str(part) for part in error["loc"] if part not in {"body", "query", "path"}),
         "message": error["msg"]}
        for error in errors
    ]  # fmt: skip
    first = found[0]
    where = f"{first['field']}: " if first["field"] else ""
    return ValidationError(f"{where}{first['message']}"[:500], errors=found[:20])


def add_problem_handlers(api: FastAPI) -> None:
    """Let every exception of the routes, and of the routing, be answered with a problem document."""

    async def answer(request: Request, exception: Exception) -> Response:
        if request.scope["type"] == "websocket":  # no answer of the framework's reaches a handshake: the door gives it
            raise exception
        error = error_from_exception(exception, request.scope)
        headers = dict(getattr(exception, "headers", None) or {})
        if "Allow" in headers and "GET" in headers["Allow"] and "HEAD" not in headers["Allow"]:
            headers["Allow"] += ", HEAD"
        return problem_response(error, headers)

    for kind in (TactusError, RequestValidationError, HTTPException):
        api.add_exception_handler(kind, answer)
