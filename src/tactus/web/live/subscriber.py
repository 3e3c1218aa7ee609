"""One subscriber of a session's messages, by WebSocket or as server-sent events."""

from collections.abc import Callable
from dataclasses import dataclass

from tactus.hub.listeners import Hub
from tactus.hub.message import LiveMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPolicy:
    """Times of a connection to a subscriber.

    Args:
        send_s: How long a client may take to read a message before it is disconnected [s].
        keep_alive_s: Silence after which a comment is sent to a reader of server-sent events, so that proxies do not
            take the connection for dead [s].
        reconnect_ms: When a reader of server-sent events reconnects [ms].
        pong_interval_s: Shortest time between two answers to pings [s].
    """

    send_s: float = 6.0
    keep_alive_s: float = 10.0
    reconnect_ms: int = 1000
    pong_interval_s: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A client that gets the messages of a session.

    Args:
        hub: The hub of the session.
        state: State of the session, sent first; None: the client may not have it.
        after_sequence: Last sequence number received before a reconnect; None: no replay.
        may_receive: Asked before every message: a session can change to a source that is not open to this client.
        policy: Times of the connection.
    """

    hub: Hub
    state: LiveMessage | None
    after_sequence: int | None
    may_receive: Callable[[], bool]
    policy: SendPolicy = SendPolicy()
