"""A file as a live source."""

import contextlib
from collections.abc import Iterator

from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.sources.downmix import mono
from tactus.audio.sources.opening import OpenedSource
from tactus.audio.sources.paced_player import PacedPlayer
from tactus.audio.sources.source_request import SourceRequest
from tactus.errors import ValidationError

MAX_DURATION_S = 6 * 3600.0
"""Longest file that is played [s]."""


@contextlib.contextmanager
def open_file(request: SourceRequest) -> Iterator[OpenedSource]:
    """Open the file at `request.path`, to be played once.

    Raises:
        ValidationError: There is no path.
        TactusError: The file cannot be decoded (see `audio/decoding/decode`).
    """
    if request.path is None:
        raise ValidationError("Which file?", field="file")
    with open_sound(request.path, DecodeLimits(max_s=MAX_DURATION_S), request.sample_rate) as sound:
        blocks = (mono(block, request.channel) for block in sound.blocks())
        yield OpenedSource(PacedPlayer(blocks, request.sample_rate))
