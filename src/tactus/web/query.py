"""Query parameters of a WebSocket handshake, which the framework would not check before it accepts."""

import re

from starlette.datastructures import QueryParams

from tactus.errors import ValidationError
from tactus.workers.live_options import DEFAULT_SESSION


def session_from(query: QueryParams) -> str:
    """The session that is asked for.

    Raises:
        ValidationError: It is no name of a session, or something unknown is asked for.
    """
    for name in query:
        if name not in {"session", "after"}:
            raise ValidationError(f"There is no parameter {name[:50]!r}.", errors=[_found(name[:50], "unknown")])
    session = query.get("session", DEFAULT_SESSION)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", session):
        raise ValidationError(
            "A session's name has 1 to 64 letters, digits, _ or -.", errors=[_found("session", "name")]
        )
    return session


def sequence_from(query: QueryParams) -> int | None:
    """The last sequence number that the client has heard; None for a newcomer.

    Raises:
        ValidationError: It is no number.
    """
    text = query.get("after")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValidationError("`after` is a sequence number.", errors=[_found("after", "a whole number from 0 up")])
    return int(text)


def _found(field: str, message: str) -> dict[str, str]:
    return {"field": field, "message": message}
