"""What a live child is told when it starts. Free of numpy, so that the API process can say it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tactus.analysis.live.beat_controls import NO_CONTROLS, BeatControls
from tactus.fetch.addresses import Network

LiveSource = Literal["device", "loopback", "browser", "url", "file", "demo"]
"""A microphone or line input; what the computer plays; what a client sends; a stream from the network; a file; music
made by the program."""

Pace = Literal["real-time", "none"]
"""As a listener would hear it, or as fast as it goes (files only)."""

DEFAULT_SESSION = "default_user"
"""The session of callers that name none."""


SCHEMA_VERSION = 1
"""Of live messages: raised when a field changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """One live session as its child sees it.

    Args:
        session: Its name, written into every message.
        source: Where the sound comes from.
        device: Index, stable id or name of an input device; None: the system's default. For source "device".
        url: The stream, for source "url".
        allow_private: Private ranges that it may come from.
        path: The file, for source "file".
        channel: Which channel to hear, 0 being the first; None: the mean of all.
        gain_db: Applied to every sample before anything looks at it [dB].
        sample_rate: Of the analysis and of the messages [Hz].
        chunk_size: Samples between messages, even.
        first_beat_id: Id of the first beat.
        pace: Of source "file".
        epoch_s: Wall clock when the session began [s since 1970]. With `monotonic_s` it makes timestamps that go
            forward whatever is done to the wall clock.
        monotonic_s: Monotonic clock at the same moment [s]; None: the child starts the session itself.
        attack_s: Time constant with which levels rise [s].
        release_s: With which they fall [s].
        controls: What holds of the beat before anybody has said anything.
        resumed: The session has run before: the parent says where it goes on, once sound is there.
        source_lost: The source is not there: silence is heard in its place.
    """

    session: str = DEFAULT_SESSION
    source: LiveSource = "device"
    device: int | str | None = None
    url: str | None = None
    allow_private: tuple[Network, ...] = ()
    path: Path | None = None
    channel: int | None = None
    gain_db: float = 0.0
    sample_rate: int = 44100
    chunk_size: int = 1024
    first_beat_id: int = 0
    pace: Pace = "real-time"
    epoch_s: float = 0.0
    monotonic_s: float | None = None
    attack_s: float = 0.005
    release_s: float = 0.12
    controls: BeatControls = NO_CONTROLS
    resumed: bool = False
    source_lost: bool = False
