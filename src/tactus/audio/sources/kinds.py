"""Table of the kinds of live sources: requests, command line, page, access rules and retries all derive from it.

Free of numpy and of every sound library, because the API process reads it; only a session's process imports the opener.
A new kind is a file with an opener and a row of this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tactus.fetch.backoff import Backoff

Field = Literal["device", "file", "url"]
"""Field of a request that names the sound of a source."""


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """Limits on opening a source again after it failed.

    Args:
        backoff: Waiting times between attempts.
        steady_s: After so much sound without a failure, earlier failures are forgotten [s].
        max_crashes: Crashes of the session's process after which the source is given up; None: never.
    """

    backoff: Backoff
    steady_s: float = 10.0
    max_crashes: int | None = None


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One kind of live source.

    Args:
        name: Value of `source` in a request.
        label: Short name for a button.
        noun: The same in a sentence: "Sound arrives from {noun}."
        description: One sentence for the API reference and for people who choose.
        opener: `module:function` that opens it: `(SourceRequest) -> context manager of OpenedSource`. It is imported in
            the session's process only.
        field: Field of the request that names its sound; None where there is nothing to name.
        is_local_sound: Whether it is the sound of this machine, which only this machine and holders of the token get.
        is_pushed: Whether a client sends the samples (`/live/in`).
        is_decoded: Whether it is decoded from media of others: a crash of the process is then the decoder's.
        is_remote: Whether it comes from another machine, so that a time-out is the sender's.
        open_s: Time until the first sound [s]; the promise to callers of devices is 5 s.
        retry: Limits on opening it again; None: the session ends with it.
    """

    name: str
    label: str
    noun: str
    description: str
    opener: str
    field: Field | None = None
    is_local_sound: bool = False
    is_pushed: bool = False
    is_decoded: bool = False
    is_remote: bool = False
    open_s: float = 4.5
    retry: RetryLimits | None = RetryLimits(Backoff(first_s=0.2, max_s=2.0))

    @property
    def requires_field(self) -> bool:
        """Whether a request must name the sound; without a device, the system's default is used."""
        return self.field in ("file", "url")


_KINDS = (
    SourceKind(
        name="device",
        label="Microphone",
        noun="a microphone",
        description="A microphone or line input of this machine",
        opener="tactus.audio.sources.microphone:open_device",
        field="device",
        is_local_sound=True,
    ),
    SourceKind(
        name="loopback",
        label="This computer",
        noun="this computer",
        description="What this machine plays",
        opener="tactus.audio.sources.microphone:open_loopback",
        is_local_sound=True,
    ),
    SourceKind(
        name="browser",
        label="This browser",
        noun="a browser",
        description="Sound that a client sends, such as a browser's microphone",
        opener="tactus.audio.sources.pushed_source:open_pushed",
        is_pushed=True,
    ),
    SourceKind(
        name="url",
        label="Stream",
        noun="a stream",
        description="Internet radio, or any sound behind an address",
        opener="tactus.audio.sources.stream_source:open_stream",
        field="url",
        is_decoded=True,
        is_remote=True,
        open_s=25.0,  # connecting, redirects, buffering
        # Eight crashes take about a minute.
        retry=RetryLimits(Backoff(first_s=0.5, max_s=30.0), max_crashes=8),
    ),
    SourceKind(
        name="file",
        label="File",
        noun="a file",
        description="A file of the media folder, played once",
        opener="tactus.audio.sources.file_source:open_file",
        field="file",
        is_decoded=True,
        retry=None,  # it would start again from the beginning, and fail at the same place
    ),
    SourceKind(
        name="demo",
        label="Demo",
        noun="the demo",
        description="Music that the service makes itself: no microphone needed",
        opener="tactus.audio.sources.demo:open_demo",
    ),
)

SOURCE_KINDS: Mapping[str, SourceKind] = {kind.name: kind for kind in _KINDS}
"""All kinds by name, in the order in which they are listed."""

LOCAL_SOUND = frozenset(name for name, kind in SOURCE_KINDS.items() if kind.is_local_sound)
"""Names of the sources that are the sound of this machine."""
