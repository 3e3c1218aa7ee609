"""Messages of a session's child: its first sound, or the error in its place; then one message after the other."""

import asyncio
from collections.abc import AsyncIterator

from tactus.audio.sources.kinds import SourceKind
from tactus.errors import AudioUnavailableError, DecoderCrashedError, DeviceTimeoutError, SourceTimeoutError
from tactus.logs import log
from tactus.workers.child import ChildLimits
from tactus.workers.messages import Message
from tactus.workers.supervisor import Child

LIVE_LIMITS = ChildLimits(memory_bytes=1 << 30)
"""Limits of the child; none on processor time, because it lives as long as the session."""

BEGIN_S = 20.0
"""Time for a child to begin [s]: right after the start of the service, libraries are still being loaded."""

HANG_S = 2.0
"""A child without a message for so long hangs [s]; it sends one every 0.5 s even while its source is silent."""


async def wait_for_first_sound(child: Child, kind: SourceKind) -> Message:
    """Wait for the message `opened`: the child has opened its source and the first sound is there.

    Raises:
        DeviceTimeoutError, SourceTimeoutError: The message does not come in time.
        AudioUnavailableError, DecoderCrashedError: The child has ended.
        TactusError: The child's error: its source cannot be opened.
    """
    await _wait_for(child, "begun", BEGIN_S, kind)
    return await _wait_for(child, "opened", kind.open_s, kind)


async def receive_messages(child: Child) -> AsyncIterator[Message]:
    """Yield the messages of a child that has opened its source, until it ends or hangs.

    Raises:
        TactusError: The child's error: it has lost its source.
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


async def _wait_for(child: Child, message_kind: str, timeout_s: float, kind: SourceKind) -> Message:
    try:
        async with asyncio.timeout(timeout_s):
            while message := await child.receive():
                if message.kind == message_kind:
                    return message
    except TimeoutError as error:
        if kind.is_remote:
            raise SourceTimeoutError from error
        raise DeviceTimeoutError("No sound arrived in time; is the audio server frozen?") from error
    if kind.is_decoded:
        raise DecoderCrashedError
    raise AudioUnavailableError("Opening the device crashed the sound library.", reason="crashed")
