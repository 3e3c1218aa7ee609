"""Hears what a session's child says: that its first sound is there, or why not; then one message after the other."""

import asyncio
from collections.abc import AsyncIterator

from tactus.errors import AudioUnavailableError, DecoderCrashedError, DeviceTimeoutError, SourceTimeoutError
from tactus.logs import log
from tactus.workers.child import ChildLimits
from tactus.workers.live_options import LiveOptions
from tactus.workers.messages import Message
from tactus.workers.supervisor import Child

LIVE_LIMITS = ChildLimits(memory_bytes=1 << 30)
"""No bound on processor time: it lives as long as the session does."""

BEGIN_S = 20.0
"""How long a child may take to begin [s]: right after the start of the service, libraries are still being loaded."""

OPEN_S = 4.5
"""How long a device may then take until its first sound [s]; the promise to callers is 5 s."""

OPEN_STREAM_S = 25.0
"""How long a stream from the network may take [s]: it is connected to, redirected, and heard ahead."""

HANG_S = 2.0
"""A child that says nothing for so long hangs [s]; it says something every 0.5 s even while its device is silent."""


async def opened(child: Child, options: LiveOptions) -> Message:
    """What a child says when it has opened its source and the first sound is there.

    Raises:
        DeviceTimeoutError, SourceTimeoutError: It says nothing in time.
        AudioUnavailableError, DecoderCrashedError: It is gone.
        TactusError: Why it cannot open its source.
    """
    await _next(child, "begun", BEGIN_S, options)
    return await _next(child, "opened", OPEN_STREAM_S if options.source == "url" else OPEN_S, options)


async def messages(child: Child) -> AsyncIterator[Message]:
    """What a child that has opened its source says, until it is gone or hangs.

    Raises:
        TactusError: Why it has lost its source.
    """
    while True:
        try:
            async with asyncio.timeout(HANG_S):
                message = await child.receive()
        except TimeoutError:
            log.warning("live_child_hung", pid=child.pid)
            return
        if message is None:
            return
        yield message


async def _next(child: Child, kind: str, max_s: float, options: LiveOptions) -> Message:
    """What a child says on the way to its first sound, beside that it lives."""
    try:
        async with asyncio.timeout(max_s):
            while message := await child.receive():
                if message.kind == kind:
                    return message
    except TimeoutError as error:
        if options.source == "url":
            raise SourceTimeoutError from error
        raise DeviceTimeoutError("No sound arrived in time; is the audio server frozen?") from error
    if options.source in ("url", "file"):
        raise DecoderCrashedError
    raise AudioUnavailableError("Opening the device crashed the sound library.", reason="crashed")
