"""What a live session is asked to do: the request of a caller, and the options of the session's process.

Free of numpy and pydantic: the API process and the session's process both use it. The constraints of the request stand
in the metadata of its fields; `web/live/schemas` makes the body of `POST /live/start` from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tactus.analysis.live.beat_controls import NO_CONTROLS, BeatControls
from tactus.audio.sources.kinds import SOURCE_KINDS
from tactus.audio.sources.source_request import SourceRequest
from tactus.fetch.addresses import Network
from tactus.hub.message import DEFAULT_SESSION

SCHEMA_VERSION = 1
"""Version of live messages: raised when a field changes its meaning or goes."""


def _described(text: str, default: Any = None, **constraints: Any) -> Any:
    return field(default=default, metadata={"description": text, **constraints})


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What a caller wants to be analysed; nothing at all means the default microphone.

    Each field is described and bounded in its metadata.
    """

    session: str = _described(
        "Letters, digits, _ and -", DEFAULT_SESSION, pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=[DEFAULT_SESSION]
    )
    source: str = _described(
        "; ".join(f"`{name}`: {kind.description}" for name, kind in SOURCE_KINDS.items()), next(iter(SOURCE_KINDS))
    )
    device: int | str | None = _described("Index, id or name, as `GET /devices` lists them")
    url: str | None = _described(
        "Address of source `url`: http or https", min_length=1, examples=["https://example.org/radio.mp3"]
    )
    file: str | None = _described(
        "Name of the file in TACTUS_MEDIA_FOLDER, of source `file`", min_length=1, max_length=1000
    )
    channel: int | None = _described("Index of the channel to analyse; null: the mean of all", ge=0, le=63)
    gain_db: float = _described("Input gain [dB]", 0.0, ge=-60, le=60)
    offset_ms: float = _described("Shift of all beats, negative: earlier [ms]", 0.0, ge=-1000, le=1000)
    attack_ms: float = _described("Attack time constant of levels [ms]", 5.0, ge=0, le=10_000)
    release_ms: float = _described("Release time constant of levels [ms]", 120.0, ge=0, le=10_000)


def field_conflict(source: str, given: Mapping[str, Any]) -> str | None:
    """A sentence about a field that does not belong to the source, or that is missing; None where all is well.

    Args:
        source: Name of a kind of source.
        given: Fields of the request.
    """
    for kind in SOURCE_KINDS.values():
        if kind.requires_field and kind.field and (source == kind.name) != (given.get(kind.field) is not None):
            return f"`{kind.field}` goes with source `{kind.name}`, and with no other"
    return None


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """One live session as its process sees it: the request, and what the service adds.

    Args:
        request: The request; its device is the one to open now.
        path: Path of the file, for a source that plays one.
        allow_private: Private address ranges that streams may come from.
        sample_rate: Sample rate of the analysis and of the messages [Hz].
        chunk_size: Samples between messages, even.
        first_beat_id: Id of the first beat.
        epoch_s: Wall clock when the session began [s since 1970]. With `monotonic_s` it makes timestamps that go
            forward whatever happens to the wall clock.
        monotonic_s: Monotonic clock at the same moment [s]; None: the process starts the session itself.
        controls: Controls of the beat at the start.
        resumed: Whether the session has run before: the parent then sends where it continues, once sound is there.
        source_lost: Whether the source is missing: silence is analysed in its place.
    """

    request: LiveRequest = LiveRequest()
    path: Path | None = None
    allow_private: tuple[Network, ...] = ()
    sample_rate: int = 44100
    chunk_size: int = 1024
    first_beat_id: int = 0
    epoch_s: float = 0.0
    monotonic_s: float | None = None
    controls: BeatControls = NO_CONTROLS
    resumed: bool = False
    source_lost: bool = False

    @property
    def session(self) -> str:
        """Name of the session, written into every message."""
        return self.request.session

    @property
    def source(self) -> str:
        """Name of the kind of source."""
        return self.request.source

    @property
    def source_request(self) -> SourceRequest:
        """What the opener of the source is asked for."""
        return SourceRequest(
            sample_rate=self.sample_rate,
            channel=self.request.channel,
            device=self.request.device,
            url=self.request.url,
            path=self.path,
            allow_private=self.allow_private,
        )
