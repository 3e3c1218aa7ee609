"""Security middleware: the outermost ASGI application, which checks every HTTP request and WebSocket handshake.

It checks, in this order: size and target of the request, Host, Origin, CORS preflight, method, token. An exception that
no route has handled becomes a problem document here (RFC 9457).
"""

import asyncio

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
"""Maximum length of path and query [bytes]."""
MAX_HEADERS = 100
"""Maximum number of request headers."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DESCRIPTIONS = ("/openapi.json", "/asyncapi.json", "/live/schema")
OPEN_PATHS = ("/", "/health", "/docs", "/redoc", *DESCRIPTIONS, "/client.js", "/favicon.ico")
OPEN_FOLDERS = ("/static/", "/problems/", "/reference/")
"""Paths that need no token: the page must load to ask for it, and container health checks send none."""

PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_LOCAL_SOUND = "tactus.may_receive_local_sound"
_HEAD = "tactus.head"


class SecurityMiddleware:
    """Security checks and headers around an ASGI application.

    Args:
        app: The application.
        policy: Rules for access.
    """

    def __init__(self, app: ASGIApp, policy: AccessPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or a handshake; ASGI."""
        responder = _Responder(scope, send, foreign_origins_allowed=bool(self._policy.origins))
        try:
            early_response = self._check(scope, responder)
            if early_response is not None:
                await responder.respond(early_response)
                return
            if scope.get("method") == "HEAD":  # handled as GET; the server leaves the body out
                scope = {**scope, "method": "GET", _HEAD: True}
            await self._app(scope, receive, responder.send)
        except asyncio.CancelledError:
            await responder.respond(problem_response(ShuttingDownError(retry_after_s=5)))
            raise
        except Exception as exception:  # noqa: BLE001  every request gets a response
            await responder.respond(problem_response(error_from_exception(exception, scope)))

    def _check(self, scope: Scope, responder: "_Responder") -> Response | None:
        """Check a request, and return None to let it pass, or the response of a preflight or a refused request."""
        headers = Headers(scope=scope)
        policy = self._policy
        method = scope.get("method", "GET")
        peer = scope["client"][0] if scope.get("client") else None
        try:
            _check_size_and_target(scope)
            policy.check_host(headers)
            scheme = policy.scheme(headers, peer=peer, scheme=scope["scheme"])
            responder.origin = policy.check_origin(headers, method=method, scheme=scheme)
            if method == "OPTIONS" and "access-control-request-method" in headers and "origin" in headers:
                return _preflight_response(responder.origin)
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
        scope[_LOCAL_SOUND] = policy.has_token(headers) or policy.is_loopback(headers, peer)
        return None


def is_head(scope: Scope) -> bool:
    """True if the request is a HEAD request, which is handled as GET."""
    return bool(scope.get(_HEAD))


def may_receive_local_sound(scope: Scope) -> bool:
    """True if the client may receive audio captured on this machine: a local program or page, or one with the token."""
    return bool(scope.get(_LOCAL_SOUND))


def require_local_sound_access(scope: Scope) -> None:
    """Check that the client may receive audio captured on this machine.

    Raises:
        UnauthorizedError: It is remote and sends no token.
    """
    if not may_receive_local_sound(scope):
        raise UnauthorizedError(
            "Sound of this machine is for local clients and for those with the token: set TACTUS_API_TOKEN, and send "
            "it as `Authorization: Bearer TOKEN`. If a local proxy forwards requests, set TACTUS_TRUSTED_PROXIES."
        )


def _check_size_and_target(scope: Scope) -> None:
    raw_path: bytes = scope.get("raw_path") or b""
    if len(raw_path) + len(scope.get("query_string", b"")) > MAX_URI_BYTES:
        raise UriTooLongError(f"Path and query have at most {MAX_URI_BYTES} characters.")
    if len(scope["headers"]) > MAX_HEADERS:
        raise HeadersTooLargeError(f"A request has at most {MAX_HEADERS} headers.")
    if not raw_path.startswith(b"/") and raw_path != b"*":
        raise InvalidRequestError("Request a path, not an absolute URI: this server is no proxy.")


def _preflight_response(origin: str | None) -> Response:
    headers = {"Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
    if origin is not None:
        headers |= {
            "Access-Control-Allow-Methods": ", ".join(METHODS),
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, If-None-Match, X-Requested-With",
            "Access-Control-Max-Age": "600",
        }
    return Response(status_code=204, headers=headers)


class _Responder:
    """Sends the response to one request: adds CORS and security headers, and allows one response only.

    Args:
        scope: ASGI scope of the request.
        send: ASGI `send` of the server.
        foreign_origins_allowed: Whether responses vary with the Origin.
    """

    def __init__(self, scope: Scope, send: Send, *, foreign_origins_allowed: bool) -> None:
        self.origin: str | None = None
        """Allowed foreign origin of the request, for CORS headers."""
        self._scope = scope
        self._send = send
        self._varies = foreign_origins_allowed
        self._started = False

    async def send(self, message: Message) -> None:
        """Send a message of the application; ASGI."""
        if message["type"] == "websocket.close" and not self._started:  # the router found no such path
            await self.respond(problem_response(NotFoundError("There is no WebSocket at this address.")))
            return
        if message["type"] == "websocket.accept":
            self._started = True
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            self._started = True
            message = {**message, "headers": list(message.get("headers", []))}
            self._add_headers(MutableHeaders(raw=message["headers"]))
        await self._send(message)

    async def respond(self, response: Response) -> None:
        """Send a response, unless the application has started one."""
        if self._started:
            return
        await response(self._scope, _receive_disconnect, self.send)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if self.origin else "same-origin")
        if headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        if self._varies:
            headers.add_vary_header("Origin")
        if self.origin:
            headers["Access-Control-Allow-Origin"] = self.origin
            headers["Access-Control-Expose-Headers"] = (
                "Cache-Status, Content-Disposition, ETag, Retry-After, WWW-Authenticate"
            )


async def _receive_disconnect() -> Message:
    return {"type": "http.disconnect"}
