"""Reads request bodies: bounded in size and in time, and JSON more strictly than Python does."""

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
from tactus.web.problems import invalid

MAX_JSON_BYTES = 2 << 20
IDLE_S = 10.0
"""How long the next piece of a body may take [s]."""
BODY_S = 600.0
"""How long a whole body may take [s]."""

Model = TypeVar("Model", bound=BaseModel)


async def body_pieces(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The pieces of a request's body as they come.

    Args:
        request: Whose body.
        max_bytes: The most that it may have; a larger one is refused before reading where it says its length, else
            once it has come that far.

    Raises:
        UnsupportedMediaError: It is compressed.
        BodyTooLargeError: It is too large.
        RequestTimeoutError: It stops coming.
        ClientDisconnect: The client is gone.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaError("Send the body as it is, without Content-Encoding.")
    too_large = BodyTooLargeError(f"A body has at most {max_bytes} bytes here.")
    if int(request.headers.get("content-length", 0)) > max_bytes:  # h11 has checked that it is a number
        raise too_large
    n_bytes = 0
    pieces = aiter(request.stream())
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                async with asyncio.timeout(IDLE_S):
                    piece = await anext(pieces, b"")
                if not piece:
                    return
                n_bytes += len(piece)
                if n_bytes > max_bytes:
                    raise too_large
                yield piece
    except TimeoutError as error:
        raise RequestTimeoutError("The body did not arrive in time.") from error


def json_body(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that reads a JSON body as `model`; no body at all is an empty object."""

    async def read(request: Request) -> Model:
        raw = b"".join([piece async for piece in body_pieces(request, MAX_JSON_BYTES)])
        if raw:
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != "application/json":
                raise UnsupportedMediaError("Send JSON, with `Content-Type: application/json`.")
        try:
            return model.model_validate(json_value(raw) if raw else {})
        except PydanticError as error:
            raise invalid(error.errors(include_url=False, include_input=False, include_context=False)) from error

    return read


def json_value(raw: bytes) -> Any:
    """The value that JSON text stands for.

    Raises:
        InvalidRequestError: It is no JSON, names a key twice, or nests deeper than Python reads.
        ValidationError: A number is not finite or has too many digits, or a text holds half a surrogate pair.
    """
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=_without_duplicates,
            parse_constant=_not_finite,
            parse_float=_finite,
            parse_int=_integer,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValidationError("A text holds half a surrogate pair.") from error
    except RecursionError as error:
        raise InvalidRequestError("The JSON nests too deep.") from error
    except ValueError as error:  # also what is not UTF-8
        raise InvalidRequestError("The body is not JSON in UTF-8.") from error
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise InvalidRequestError("The JSON names a key twice.")
    return value


def _not_finite(_: str) -> NoReturn:
    raise ValidationError("Numbers must be finite.")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _not_finite(text)


def _integer(text: str) -> int:
    if len(text) > 30:
        raise ValidationError("A number has too many digits.")
    return int(text)
