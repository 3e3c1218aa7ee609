"""What settings decide about live sound."""

from dataclasses import dataclass
from pathlib import Path

from tactus.fetch.addresses import Network


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """What settings decide about live sound.

    Args:
        sample_rate: Of the analysis and of the messages [Hz].
        chunk_size: Samples between messages.
        media_folder: Whose files may be played by name; None: none.
        allow_private: Private ranges that streams may come from.
    """

    sample_rate: int = 44100
    chunk_size: int = 1024
    media_folder: Path | None = None
    allow_private: tuple[Network, ...] = ()
