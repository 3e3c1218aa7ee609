"""Request bodies: read within limits of size and time; JSON is parsed more strictly than by Python's `json`."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel
from pydantic import ValidationError as PydanticError
from starlette.requests import Request

from tactus.errors import (
    BodyTooLargeError,
    InvalidRequestError,
    RequestTimeoutError,
    UnsupportedMediaError,
    ValidationError,
)
from tactus.web.problems import validation_error

MAX_JSON_BYTES = 2 << 20
"""Maximum size of a JSON body [bytes]."""
IDLE_TIMEOUT_S = 10.0
"""Time for the next chunk of a body to arrive [s]."""
BODY_TIMEOUT_S = 600.0
"""Time for a whole body to arrive [s]."""

Model = TypeVar("Model", bound=BaseModel)


async def stream_body(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """Read the body of a request, chunk by chunk.

    Args:
        request: The request.
        max_bytes: Maximum size of the body [bytes]; a larger one is refused by its Content-Length before it is read,
            or without one, once as many bytes have arrived.

    Raises:
        UnsupportedMediaError: The body is compressed.
        BodyTooLargeError: The body is too large.
        RequestTimeoutError: The body does not arrive in time.
        ClientDisconnect: The client has disconnected.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaError("Send the body without Content-Encoding.")
    too_large = BodyTooLargeError(f"A body has at most {max_bytes} bytes here.")
    if int(request.headers.get("content-length", 0)) > max_bytes:  # h11 has checked that it is a number
        raise too_large
    n_bytes = 0
    chunks = aiter(request.stream())
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while True:
                async with asyncio.timeout(IDLE_TIMEOUT_S):
                    chunk = await anext(chunks, b"")
                if not chunk:
                    return
                n_bytes += len(chunk)
                if n_bytes > max_bytes:
                    raise too_large
                yield chunk
    except TimeoutError as error:
        raise RequestTimeoutError("The body did not arrive in time.") from error


def json_body(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """Make a FastAPI dependency that reads a JSON body as `model`; an empty body counts as an empty object."""

    async def read_json(request: Request) -> Model:
        raw = b"".join([chunk async for chunk in stream_body(request, MAX_JSON_BYTES)])
        if raw:
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != "application/json":
                raise UnsupportedMediaError("Send JSON, with `Content-Type: application/json`.")
        try:
            return model.model_validate(parse_json(raw) if raw else {})
        except PydanticError as error:
            raise validation_error(
                error.errors(include_url=False, include_input=False, include_context=False)
            ) from error

    return read_json


def parse_json(raw: bytes) -> Any:
    """Parse JSON text.

    Raises:
        InvalidRequestError: It is not JSON in UTF-8, repeats a key of an object, or nests too deep.
        ValidationError: A number is not finite or has too many digits, or a string has an unpaired surrogate.
    """
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=_parse_object,
            parse_constant=_refuse_constant,
            parse_float=_parse_float,
            parse_int=_parse_int,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValidationError("A string has an unpaired surrogate.") from error
    except RecursionError as error:
        raise InvalidRequestError("The JSON nests too deep.") from error
    except ValueError as error:  # also what is not UTF-8
        raise InvalidRequestError("The body is not JSON in UTF-8.") from error
    return value


def _parse_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise InvalidRequestError("An object of the JSON repeats a key.")
    return value


def _refuse_constant(_: str) -> NoReturn:
    raise ValidationError("Numbers must be finite.")


def _parse_float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_constant(text)


def _parse_int(text: str) -> int:
    if len(text) > 30:
        raise ValidationError("A number has too many digits.")
    return int(text)
