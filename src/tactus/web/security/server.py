"""The HTTP server: uvicorn on sockets that this module binds, with its own protocols and timeouts."""

import contextlib
import errno
import logging
import socket
import sys
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from tactus.web.security.http_protocol import MAX_HEADERS_BYTES, HttpProtocol
from tactus.web.security.websocket_protocol import WebSocketProtocol

BACKLOG = 1024
"""Length of the queue of connections that wait to be accepted."""
PING_S = 8.0
"""Interval of WebSocket pings, and time to answer one [s]."""
MAX_CLIENT_MESSAGE_BYTES = 1 << 16
_NO_IPV6_ERRNOS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}


class Server(uvicorn.Server):
    """uvicorn's server without its signal handlers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers: `app` handles signals from before the server starts."""
        yield


def make_server(app: ASGIApp, *, grace_s: int) -> Server:
    """Make a server for an ASGI application.

    Args:
        app: The application.
        grace_s: Time for responses in progress after a signal to stop [s].
    """
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the security middleware logs what they would log
    return Server(
        uvicorn.Config(
            app,
            http=HttpProtocol,
            ws=WebSocketProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws_per_message_deflate=False,  # compression for 100 clients would cost a processor core
            ws_max_size=MAX_CLIENT_MESSAGE_BYTES,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            h11_max_incomplete_event_size=MAX_HEADERS_BYTES,
            timeout_graceful_shutdown=grace_s,
            timeout_keep_alive=15,
            backlog=BACKLOG,
        )
    )


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Bind the sockets to serve on: for `localhost`, one on each loopback address of the machine.

    Args:
        host: IP address, or `localhost`.
        port: TCP port; 0: any free one, the same on all sockets.

    Raises:
        OSError: The port is in use, or the address does not belong to this machine.
    """
    if host != "localhost":
        return [_bind(host, port)]
    first = _bind("127.0.0.1", port)
    port = first.getsockname()[1]
    try:
        return [first, _bind("::1", port)]
    except OSError as error:
        if error.errno in _NO_IPV6_ERRNOS:  # a machine without IPv6
            return [first]
        first.close()
        raise


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # where it lets two programs share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        bound.bind((host, port))
        bound.listen(BACKLOG)  # now: fails if another program has bound the port without listening
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound
