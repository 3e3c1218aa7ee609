"""What a media file says of itself: codec, rate, channels, length, tags."""

import re
import unicodedata
from dataclasses import dataclass

import av
import av.container

_MAX_TAG_LENGTH = 200

# Where a file does not say which speaker a channel is for, the order of WAVE (and of FLAC) is the common one.
_CUSTOMARY_CHANNELS = {
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
class Source:
    """A media file as it is, before anything was done to it.

    Args:
        sample_rate: [Hz].
        channels: How many.
        channel_names: The speaker of each channel, as FFmpeg abbreviates them: FL FR FC LFE BL BR SL SR ...
        codec: FFmpeg's name: mp3, flac, pcm_s16le, ...
        bit_rate: [bit/s], of the sound track, or of the file where only that is known.
        bit_depth: Bits per sample of uncompressed and losslessly compressed sound; None for lossy codecs.
        title: From the tags, cleaned; None without.
        artist: Likewise.
        duration_s: Estimated from headers [s], for progress bars only; None where they say nothing.
        declared_s: The length that the file promises exactly [s]; None where headers only allow a guess.
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


def describe(container: av.container.InputContainer, stream: av.AudioStream, size_bytes: int) -> Source:
    """What the opened file says of its sound track."""
    codec = stream.codec_context
    duration_s = _duration_s(container, stream)
    bit_rate = stream.bit_rate or (round(8 * size_bytes / duration_s) if duration_s else None)
    tags = {key.lower(): value for key, value in {**stream.metadata, **container.metadata}.items()}
    return Source(
        sample_rate=codec.sample_rate,
        channels=codec.channels,
        channel_names=_channel_names(codec),
        codec=_public_codec(codec.name),
        bit_rate=bit_rate or None,
        bit_depth=_bit_depth(codec),
        title=clean_tag(tags.get("title")),
        artist=clean_tag(tags.get("artist")),
        duration_s=duration_s,
        declared_s=duration_s if _promises_length(container, stream) else None,
    )


def clean_tag(text: str | None) -> str | None:
    """A tag as it may be shown: printable, one line, of bounded length; None where nothing is left.

    Args:
        text: As the file has it: any bytes may have been in it.
    """
    if not text:
        return None
    whole = unicodedata.normalize("NFC", text[: 8 * _MAX_TAG_LENGTH])
    # Controls, surrogates and marks that reverse the direction of writing could disguise what stands around a tag.
    shown = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in whole)
    shown = "".join(letter for letter in shown if unicodedata.category(letter)[0] != "C" and letter != "\ufffd")
    return re.sub(r"\s+", " ", shown).strip()[:_MAX_TAG_LENGTH].strip() or None


def _duration_s(container: av.container.InputContainer, stream: av.AudioStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration and container.duration > 0 else None


def _promises_length(container: av.container.InputContainer, stream: av.AudioStream) -> bool:
    """Raw AAC has no length at all, and MP3 only where an encoder's header (which also says what to trim) tells it."""
    if container.format.name == "aac":
        return False
    return container.format.name != "mp3" or bool(stream.start_time)


def _public_codec(name: str) -> str:
    return name.removesuffix("float") if name.startswith("mp") else name


def _bit_depth(codec: av.AudioCodecContext) -> int | None:
    if found := re.fullmatch(r"pcm_[sufa](\d+).*", codec.name):
        return int(found[1])
    if codec.name == "flac" and codec.extradata and len(codec.extradata) >= 14:  # STREAMINFO, RFC 9639 section 8.2
        return ((codec.extradata[12] & 1) << 4 | codec.extradata[13] >> 4) + 1
    if codec.name in ("alac", "wavpack") and codec.format is not None:
        return 16 if codec.format.bits == 16 else 24
    return None


def _channel_names(codec: av.AudioCodecContext) -> tuple[str, ...]:
    names = tuple(channel.name for channel in codec.layout.channels)
    if "NONE" in names or len(names) != codec.channels:
        return _CUSTOMARY_CHANNELS.get(codec.channels, ("NONE",) * codec.channels)
    return names
