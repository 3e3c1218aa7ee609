"""Tells other programs about live sound without letting them hear the room."""

from tactus.jobs.ports import Publisher

_FIELD = b'"time_domain_data":['


class WaveformFilter:
    """Hands messages on without their waveform, for those who read everything else.

    Args:
        publisher: Who tells other programs.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def publish(self, session: str, message: bytes) -> None:
        """Hand on one live message (JSON) without `time_domain_data`."""
        await self._publisher.publish(session, without_waveform(message))

    async def keep_state(self, session: str, state: bytes) -> None:
        """Hand on what a late joiner needs; it never held a waveform."""
        await self._publisher.keep_state(session, state)


class NullPublisher:
    """Tells nobody: for a session that only its starter hears."""

    async def publish(self, session: str, message: bytes) -> None:
        """Nothing."""

    async def keep_state(self, session: str, state: bytes) -> None:
        """Nothing."""


def without_waveform(message: bytes) -> bytes:
    """A live message without `time_domain_data`, which holds numbers only; all else stays as it is, to the byte."""
    first = message.find(_FIELD)
    if first < 0:
        return message
    after = message.index(b"]", first) + 1
    if message[after : after + 1] == b",":
        return message[:first] + message[after + 1 :]
    return message[:first].removesuffix(b",") + message[after:]
