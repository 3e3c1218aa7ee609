"""Opens media files and streams for decoding, as blocks of float32 samples.

The length in a header is only a hint, samples are counted. Like `ffmpeg`, this module belongs in a child process.
"""

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import av

from tactus.audio.decoding import truncation
from tactus.audio.decoding.chained_ogg import file_links, stream_links
from tactus.audio.decoding.ffmpeg import Readable, Seekable, open_media, open_stream, packets
from tactus.audio.decoding.limits import DecodeLimits, check_format, too_long_error
from tactus.audio.decoding.media_info import read_media_info
from tactus.audio.decoding.sound import LENGTH_TOLERANCE_S, Sound
from tactus.errors import EmptyAudioError, UndecodableMediaError

if TYPE_CHECKING:
    from av.container import InputContainer

    from tactus.audio.decoding.ffmpeg import Packet

    OpenedLink = contextlib.AbstractContextManager[tuple[InputContainer, av.AudioStream]]

_STREAM_BLOCK_SAMPLES = 1024
"""Block length of a stream, which arrives in real time [samples at its own rate]: 23 ms at 44.1 kHz."""


@contextlib.contextmanager
def open_sound(file: Path | BinaryIO, limits: DecodeLimits, sample_rate: int = 44100) -> Iterator[Sound]:
    """Open the best audio stream of a media file (FFmpeg's choice: the default one, then the one with most channels).

    Args:
        file: A path, or a seekable binary file.
        limits: Limits on length, sample rate and channels.
        sample_rate: Sample rate of the decoded blocks [Hz].

    Raises:
        EmptyAudioError: The file has no bytes.
        NoAudioError: The file has no audio stream.
        UndecodableMediaError: Its format is not supported, or it is damaged.
        AudioOutOfRangeError: Its sample rate or channel count is beyond the limits.
        AudioTooLongError: Its header and its packets agree that it is too long.
    """
    with contextlib.ExitStack() as stack:
        binary = stack.enter_context(file.open("rb")) if isinstance(file, Path) else file
        size_bytes = binary.seek(0, os.SEEK_END)
        if size_bytes == 0:
            raise EmptyAudioError("The file is empty (0 bytes).")
        ends_early = truncation.ends_early(binary, size_bytes)
        links = file_links(binary, size_bytes)
        first_link = next(links)
        container, stream = stack.enter_context(open_media(first_link))
        check_format(stream.codec_context.sample_rate, stream.codec_context.channels, limits)
        info = read_media_info(container, stream, first_link.size_bytes)
        if (info.duration_s or 0) > limits.max_s:
            _check_length_of_packets(first_link, limits)
        all_packets = itertools.chain(packets(container, stream), _packets_of_links(open_media(link) for link in links))
        sound = Sound(info, all_packets, limits, sample_rate)
        if ends_early:
            sound.warn("truncated")
        yield sound


@contextlib.contextmanager
def open_sound_stream(stream: Readable, limits: DecodeLimits, sample_rate: int = 44100) -> Iterator[Sound]:
    """Open the audio stream of a source that cannot seek and may never end; its blocks come as its bytes do.

    Args:
        stream: Source of bytes.
        limits: Limits on length, sample rate and channels.
        sample_rate: Sample rate of the decoded blocks [Hz].

    Raises:
        NoAudioError, UndecodableMediaError, AudioOutOfRangeError: As in `open_sound`.
        TactusError: An error of `stream.read`.
    """
    links = stream_links(stream)
    with open_stream(next(links)) as (container, audio):
        check_format(audio.codec_context.sample_rate, audio.codec_context.channels, limits)
        info = read_media_info(container, audio, size_bytes=0)
        all_packets = itertools.chain(packets(container, audio), _packets_of_links(open_stream(link) for link in links))
        yield Sound(info, all_packets, limits, sample_rate, _STREAM_BLOCK_SAMPLES)


def _packets_of_links(links: Iterator["OpenedLink"]) -> Iterator["Packet"]:
    """The packets of successive links; a link is opened when the one before it has been read."""
    for link in links:
        with link as (container, audio):
            yield from packets(container, audio)


def _check_length_of_packets(file: Seekable, limits: DecodeLimits) -> None:
    """Refuse a long file before any of it is decoded, if the durations of its packets confirm its header."""
    length_s, position = 0.0, file.tell()
    with open_media(file) as (container, stream), contextlib.suppress(UndecodableMediaError):
        for packet in packets(container, stream):
            length_s += float((packet.duration or 0) * (packet.time_base or 0))
            if length_s > limits.max_s + LENGTH_TOLERANCE_S:
                raise too_long_error(limits)
    file.seek(position)  # the container that is already open continues reading here
