"""The one door that no request passes unseen: HTTP and WebSocket, known paths and unknown ones.

It is the outermost ASGI application. In order: the shape of the request, its Host, its Origin, CORS, the token. Behind
it nothing raises: whatever escapes a route is answered here as a problem document.
"""

import asyncio
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tactus.errors import (
    HeadersTooLargeError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    OriginNotAllowedError,
    ShuttingDownError,
    TactusError,
    UnauthorizedError,
    UriTooLongError,
)
from tactus.web.problems import error_from_exception, problem_response
from tactus.web.security.access_policy import AccessPolicy

MAX_URI_BYTES = 8192
MAX_HEADERS = 100
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DESCRIPTIONS = ("/openapi.json", "/asyncapi.json", "/live/schema")
OPEN_PATHS = ("/", "/health", "/docs", "/redoc", *DESCRIPTIONS, "/client.js", "/favicon.ico")
OPEN_FOLDERS = ("/static/", "/problems/", "/reference/")
"""What answers without the token, so that a page can load and ask for it, and a container be watched."""

PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_OWN_SOUND = "tactus.own_sound"
_HEAD = "tactus.head"


class SecurityMiddleware:
    """The door, around an ASGI application.

    Args:
        app: What lies behind it.
        policy: Who may call.
    """

    def __init__(self, app: ASGIApp, policy: AccessPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or a handshake; ASGI."""
        answer = _Answer(scope, send, foreign_origins_allowed=bool(self._policy.origins))
        try:
            refusal = self._admit(scope, answer)
            if refusal is not None:
                await answer.give(refusal)
                return
            if scope.get("method") == "HEAD":  # the server leaves the body out
                scope = {**scope, "method": "GET", _HEAD: True}
            await self._app(scope, receive, answer.send)
        except asyncio.CancelledError:
            await answer.give(problem_response(ShuttingDownError(retry_after_s=5)))
            raise
        except Exception as exception:  # noqa: BLE001  nothing may pass the door but an answer
            await answer.give(problem_response(error_from_exception(exception, scope)))

    def _admit(self, scope: Scope, answer: "_Answer") -> Response | None:
        """None for who may pass; else what they are told."""
        headers = Headers(scope=scope)
        policy = self._policy
        method = scope.get("method", "GET")
        peer = scope["client"][0] if scope.get("client") else None
        try:
            _check_shape(scope)
            policy.check_host(headers)
            scheme = policy.scheme(headers, peer=peer, scheme=scope["scheme"])
            answer.origin = policy.check_origin(headers, method=method, scheme=scheme)
            if method == "OPTIONS" and "access-control-request-method" in headers and "origin" in headers:
                return _preflight(answer.origin)
            if method not in {*METHODS, "HEAD", "OPTIONS"}:
                raise MethodNotAllowedError
            path = scope["path"]
            if path not in OPEN_PATHS and not path.startswith(OPEN_FOLDERS):
                policy.check_token(headers)
        except TactusError as error:
            allow = {"Allow": ", ".join((*METHODS, "HEAD", "OPTIONS"))} if error.status == 405 else {}
            response = problem_response(error, allow)
            if isinstance(error, OriginNotAllowedError):
                response.headers["Vary"] = "Origin"
            return response
        scope[_OWN_SOUND] = policy.has_token(headers) or policy.is_loopback(headers, peer)
        return None


def is_head(scope: Scope) -> bool:
    """Whether only the headers of the answer are wanted."""
    return bool(scope.get(_HEAD))


def has_own_sound(scope: Scope) -> bool:
    """Whether the caller may hear what this machine hears: its own programs and pages, and holders of the token."""
    return bool(scope.get(_OWN_SOUND))


def require_own_sound(scope: Scope) -> None:
    """Pass those who may hear what this machine hears.

    Raises:
        UnauthorizedError: Someone else asks.
    """
    if not has_own_sound(scope):
        raise UnauthorizedError(
            "The sound of this machine is open to itself and to holders of a token: set TACTUS_API_TOKEN and send it "
            "as `Authorization: Bearer TOKEN`. Behind a proxy on this machine, TACTUS_TRUSTED_PROXIES names it."
        )


def _check_shape(scope: Scope) -> None:
    raw_path: bytes = scope.get("raw_path") or b""
    if len(raw_path) + len(scope.get("query_string", b"")) > MAX_URI_BYTES:
        raise UriTooLongError(f"Addresses have at most {MAX_URI_BYTES} characters.")
    if len(scope["headers"]) > MAX_HEADERS:
        raise HeadersTooLargeError(f"A request has at most {MAX_HEADERS} headers.")
    if not raw_path.startswith(b"/") and raw_path != b"*":
        raise InvalidRequestError("Ask for a path, not for an absolute address: this is no proxy.")


def _preflight(origin: str | None) -> Response:
    headers = {"Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
    if origin is not None:
        headers |= {
            "Access-Control-Allow-Methods": ", ".join(METHODS),
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, If-None-Match, X-Requested-With",
            "Access-Control-Max-Age": "600",
        }
    return Response(status_code=204, headers=headers)


class _Answer:
    """The way back through the door: CORS and safety headers on whatever is answered, and one answer only."""

    def __init__(self, scope: Scope, send: Send, *, foreign_origins_allowed: bool) -> None:
        self.origin: str | None = None
        self._scope = scope
        self._send = send
        self._varies = foreign_origins_allowed
        self._started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.close" and not self._started:  # how the router says that it knows no such path
            await self.give(problem_response(NotFoundError("There is no WebSocket at this address.")))
            return
        if message["type"] == "websocket.accept":
            self._started = True
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            self._started = True
            message = {**message, "headers": list(message.get("headers", []))}
            self._add(MutableHeaders(raw=message["headers"]))
        await self._send(message)

    async def give(self, response: Response) -> None:
        """Answer with a response of our own, where nothing has been answered yet."""
        if self._started:
            return
        await response(self._scope, _nothing_more, self.send)

    def _add(self, headers: MutableHeaders) -> None:
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if self.origin else "same-origin")
        if headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        if self._varies:
            headers.add_vary_header("Origin")
        if self.origin:
            headers["Access-Control-Allow-Origin"] = self.origin
            headers["Access-Control-Expose-Headers"] = _joined(
                ("Cache-Status", "Content-Disposition", "ETag", "Retry-After", "WWW-Authenticate")
            )


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names)


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}
