"""The server: sockets of our own, uvicorn behind them, and a stop that always ends."""

import contextlib
import errno
import logging
import socket
import sys
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from tactus.web.security.http_protocol import LARGEST_HEADERS_BYTES, GuardedHttpProtocol
from tactus.web.security.websocket_protocol import GuardedWebSocketProtocol

BACKLOG = 1024
PING_S = 8.0
LARGEST_CLIENT_MESSAGE_BYTES = 1 << 16
_NO_SUCH_FAMILY = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}


class Server(uvicorn.Server):
    """uvicorn, whose signals are someone else's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: `app` handles them also while nothing is served yet."""
        yield


def make_server(app: ASGIApp, *, grace_s: int) -> Server:
    """A server for the application.

    Args:
        app: What is served.
        grace_s: How long answers under way may take once it is told to stop [s].
    """
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the door answers and logs what they would say
    return Server(
        uvicorn.Config(
            app,
            http=GuardedHttpProtocol,
            ws=GuardedWebSocketProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws_per_message_deflate=False,  # 100 listeners would cost a core
            ws_max_size=LARGEST_CLIENT_MESSAGE_BYTES,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            h11_max_incomplete_event_size=LARGEST_HEADERS_BYTES,
            timeout_graceful_shutdown=grace_s,
            timeout_keep_alive=15,
            backlog=BACKLOG,
        )
    )


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets to serve on: for `localhost`, one on each loopback address that the machine has.

    Args:
        host: An address, or `localhost`.
        port: 0: a free one, the same on all.

    Raises:
        OSError: The port is taken, or the address is not one of this machine.
    """
    if host != "localhost":
        return [_bound(host, port)]
    first = _bound("127.0.0.1", port)
    port = first.getsockname()[1]
    try:
        return [first, _bound("::1", port)]
    except OSError as error:
        if error.errno in _NO_SUCH_FAMILY:  # a machine without IPv6
            return [first]
        first.close()
        raise


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two programs share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        bound.bind((host, port))
        bound.listen(BACKLOG)  # at once: another program that is bound but does not listen yet is found out here
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound
