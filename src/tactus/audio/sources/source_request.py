"""What the opener of a live source is asked for. Free of numpy: the API process makes it."""

from dataclasses import dataclass
from pathlib import Path

from tactus.fetch.addresses import Network


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What an opener is asked for.

    Args:
        sample_rate: Sample rate at which the sound is wanted [Hz].
        channel: Index of the channel to analyse; None: the mean of all.
        device: Index, stable id or name of an input device; None: the default.
        url: Address of a stream.
        path: Path of a file.
        allow_private: Private address ranges that a stream may come from.
    """

    sample_rate: int
    channel: int | None = None
    device: int | str | None = None
    url: str | None = None
    path: Path | None = None
    allow_private: tuple[Network, ...] = ()
