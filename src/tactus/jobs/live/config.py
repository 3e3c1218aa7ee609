"""Configuration of live sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tactus.audio.sources.kinds import SOURCE_KINDS, SourceKind
from tactus.fetch.addresses import Network


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """Configuration of live sessions.

    Args:
        sample_rate: Sample rate of the analysis and of the messages [Hz].
        chunk_size: Samples between messages.
        media_folder: Folder whose files may be played by name; None: no file may.
        allow_private: Private address ranges that streams may come from.
        kinds: Kinds of sources by name, with their time-outs and retries.
    """

    sample_rate: int = 44100
    chunk_size: int = 1024
    media_folder: Path | None = None
    allow_private: tuple[Network, ...] = ()
    kinds: Mapping[str, SourceKind] = field(default_factory=lambda: SOURCE_KINDS)
