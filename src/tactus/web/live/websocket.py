"""Sends a session's messages to one WebSocket, for as long as the client reads them."""

import asyncio
import contextlib
import re
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from tactus.logs import log
from tactus.web.live.frame_format import FrameFormatter, FrameSubscription, WireMessage
from tactus.web.live.subscriber import SendPolicy, Subscriber

SLOW_CONSUMER = 4008
UNAUTHORIZED = 4401
SERVICE_RESTART = 1012
"""Close codes."""
_PING = re.compile(r'\s*\{\s*"type"\s*:\s*"ping"\s*,\s*"id"\s*:\s*([0-9]{1,15})\s*\}\s*')


async def send_messages(
    socket: WebSocket, subscriber: Subscriber, subscription: FrameSubscription, clock_s: Callable[[], float]
) -> None:
    """Send the messages of a session until the client leaves, stops reading, or may no longer receive them.

    Args:
        socket: Accepted.
        subscriber: The session's hub and the rights of the client.
        subscription: The client's choice of frame format.
        clock_s: Returns the time of the session's clock, for pings [s since 1970].
    """
    sending = asyncio.create_task(_send_all(socket, subscriber, FrameFormatter(subscription)))
    receiving = asyncio.create_task(_answer_pings(socket, clock_s, subscriber.policy))
    try:
        await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done() and not receiving.done():
            await _close(socket, sending)
    finally:
        for task in (sending, receiving):
            task.cancel()
        await asyncio.gather(sending, receiving, return_exceptions=True)


async def _send_all(socket: WebSocket, subscriber: Subscriber, formatter: FrameFormatter) -> tuple[int, str]:
    """Send messages until there are no more; returns the close code and the reason."""
    send_s = subscriber.policy.send_s
    with subscriber.hub.listen(subscriber.after_sequence) as listener:
        if subscriber.state is not None:
            await _send(socket, subscriber.state.text, send_s)
        async for message in listener:
            if not subscriber.may_receive():
                return UNAUTHORIZED, "this session now has the sound of this machine"
            for formatted in formatter.format(message):
                await _send(socket, formatted, send_s)
    return SERVICE_RESTART, "the service stops"


async def _close(socket: WebSocket, sending: "asyncio.Task[tuple[int, str]]") -> None:
    try:
        code, reason = sending.result()
    except TimeoutError:
        code, reason = SLOW_CONSUMER, "slow-consumer"
        log.info("slow_consumer_cut")
    except (WebSocketDisconnect, RuntimeError):
        return
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code, reason)


async def _send(socket: WebSocket, message: WireMessage, send_s: float) -> None:
    async with asyncio.timeout(send_s):
        await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))


async def _answer_pings(socket: WebSocket, clock_s: Callable[[], float], policy: SendPolicy) -> None:
    """Answer pings until the client disconnects; everything else that it sends is ignored."""
    now_s = asyncio.get_running_loop().time
    answered_s = -policy.pong_interval_s
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        ping = _PING.fullmatch(message.get("text") or "")
        if ping and now_s() - answered_s >= policy.pong_interval_s:
            answered_s = now_s()
            pong = f'{{"type":"pong","id":{int(ping[1])},"server_time":{clock_s():.6f}}}'
            with contextlib.suppress(TimeoutError):
                await _send(socket, pong, policy.send_s)
