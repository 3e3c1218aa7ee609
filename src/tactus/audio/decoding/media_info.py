"""Description of a media file from its headers and tags: codec, sample rate, channels, length, title, artist."""

import re
import unicodedata
from dataclasses import dataclass

import av
import av.container

_MAX_TAG_LENGTH = 200

# The order of WAVE and FLAC, for files that do not assign channels to speakers.
_DEFAULT_CHANNEL_NAMES = {
    1: ("FC",),
    2: ("FL", "FR"),
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """Description of a media file and its audio stream, before resampling and mixing.

    Args:
        sample_rate: Sample rate [Hz].
        channels: Number of channels.
        channel_names: The speaker of each channel, as FFmpeg abbreviates them: FL FR FC LFE BL BR SL SR ...
        codec: Name of the codec in FFmpeg: mp3, flac, pcm_s16le, ...
        bit_rate: Bit rate of the audio stream, or of the file if only that is known [bit/s].
        bit_depth: Bits per sample of uncompressed and losslessly compressed audio; None for lossy codecs.
        title: Title from the tags, cleaned by `clean_tag`; None if there is none.
        artist: Artist from the tags, cleaned by `clean_tag`; None if there is none.
        duration_s: Length estimated from headers, only for progress bars [s]; None if unknown.
        declared_s: Exact length declared by the file [s]; None if its headers only allow an estimate.
    """

    sample_rate: int
    channels: int
    channel_names: tuple[str, ...]
    codec: str
    bit_rate: int | None
    bit_depth: int | None
    title: str | None
    artist: str | None
    duration_s: float | None
    declared_s: float | None


def read_media_info(container: av.container.InputContainer, stream: av.AudioStream, size_bytes: int) -> MediaInfo:
    """Description of an open media file.

    Args:
        container: Open container.
        stream: Audio stream of the container.
        size_bytes: Length of the file [bytes]; 0 if unknown.
    """
    codec = stream.codec_context
    duration_s = _duration_s(container, stream)
    bit_rate = stream.bit_rate or (round(8 * size_bytes / duration_s) if duration_s else None)
    tags = {key.lower(): value for key, value in {**stream.metadata, **container.metadata}.items()}
    return MediaInfo(
        sample_rate=codec.sample_rate,
        channels=codec.channels,
        channel_names=_channel_names(codec),
        codec=_public_codec(codec.name),
        bit_rate=bit_rate or None,
        bit_depth=_bit_depth(codec),
        title=clean_tag(tags.get("title")),
        artist=clean_tag(tags.get("artist")),
        duration_s=duration_s,
        declared_s=duration_s if _declares_length(container, stream) else None,
    )


def clean_tag(text: str | None) -> str | None:
    """A tag made safe for display: printable, one line, at most 200 characters; None if nothing is left.

    Args:
        text: Text of the tag in the file, decoded from any bytes.
    """
    if not text:
        return None
    normalized = unicodedata.normalize("NFC", text[: 8 * _MAX_TAG_LENGTH])
    # Controls, surrogates and marks that reverse the writing direction could disguise the text around a tag.
    shown = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in normalized)
    shown = "".join(letter for letter in shown if unicodedata.category(letter)[0] != "C" and letter != "\ufffd")
    return re.sub(r"\s+", " ", shown).strip()[:_MAX_TAG_LENGTH].strip() or None


def _duration_s(container: av.container.InputContainer, stream: av.AudioStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration and container.duration > 0 else None


def _declares_length(container: av.container.InputContainer, stream: av.AudioStream) -> bool:
    """True if the header has the exact length: never in raw AAC, in MP3 only with a header of the encoder (LAME)."""
    if container.format.name == "aac":
        return False
    return container.format.name != "mp3" or bool(stream.start_time)


def _public_codec(name: str) -> str:
    return name.removesuffix("float") if name.startswith("mp") else name


def _bit_depth(codec: av.AudioCodecContext) -> int | None:
    if match := re.fullmatch(r"pcm_[sufa](\d+).*", codec.name):
        return int(match[1])
    if codec.name == "flac" and codec.extradata and len(codec.extradata) >= 14:  # STREAMINFO, RFC 9639 section 8.2
        return ((codec.extradata[12] & 1) << 4 | codec.extradata[13] >> 4) + 1
    if codec.name in ("alac", "wavpack") and codec.format is not None:
        return 16 if codec.format.bits == 16 else 24
    return None


def _channel_names(codec: av.AudioCodecContext) -> tuple[str, ...]:
    names = tuple(channel.name for channel in codec.layout.channels)
    if "NONE" in names or len(names) != codec.channels:
        return _DEFAULT_CHANNEL_NAMES.get(codec.channels, ("NONE",) * codec.channels)
    return names
