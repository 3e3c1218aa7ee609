"""Malformed, truncated and malicious files: an error of Tactus or correct samples, in limited time and memory."""

import io
import socket
import struct
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.decoding.media_info import clean_tag
from tactus.audio.decoding.sound import Sound
from tactus.dsp.arrays import Floats
from tactus.errors import (
    AudioOutOfRangeError,
    AudioTooLongError,
    EmptyAudioError,
    NoAudioError,
    TactusError,
    UndecodableMediaError,
)
from tests.fixtures import signals
from tests.fixtures.media import KINDS, encoded

LIMITS = DecodeLimits()
TONE = signals.tone(440, 2.0, amplitude=0.5)


def read(media: bytes, limits: DecodeLimits = LIMITS) -> tuple[Floats, Sound]:
    with open_sound(io.BytesIO(media), limits) as sound:
        blocks = list(sound.blocks())
    return np.concatenate(blocks, axis=1), sound


def wav_header(*, n_channels: int = 1, rate_hz: int = 44100, bits: int = 16, data_bytes: int, riff_bytes: int) -> bytes:
    align = n_channels * bits // 8
    layout = struct.pack("<HHIIHH", 1, n_channels, rate_hz, rate_hz * align & 0xFFFFFFFF, align & 0xFFFF, bits)
    return (
        b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVEfmt " + struct.pack("<I", 16) + layout
        + b"data" + struct.pack("<I", data_bytes)
    )  # fmt: skip


@pytest.fixture
def bait(tmp_path: Path) -> Path:
    """A valid file as an entry of playlists: if one were followed, it would be decoded."""
    path = tmp_path / "bait.wav"
    path.write_bytes(signals.wav_bytes(TONE))
    return path


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that must receive no connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n",
    "hls-variant": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{target}\n",
    "hls-map": '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-MAP:URI="{target}"\n#EXTINF:9,\nx.mp4\n#EXT-X-ENDLIST\n',
    "hls-key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n',
    "hls-concat": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nconcat:{target}|{target}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{target}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet '
    'mimeType="audio/mp4"><Representation id="1"><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period>'
    "</MPD>",
    "asx": '<asx version="3.0"><entry><ref href="{target}"/></entry></asx>',
    "pls": "[playlist]\nFile1={target}\n",
    "ffmetadata": ";FFMETADATA1\ntitle=x\n",
    "subtitles": "1\n00:00:00,000 --> 00:00:01,000\n{target}\n",
    "lyrics": "[00:01.00]{target}\n",
    "imf": '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">{target}'
    "</CompositionPlaylist>",
    "html": "<!doctype html><title>Sign in</title><audio src='{target}'></audio>",
}


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("scheme", ["", "file://", "http://"])
@pytest.mark.parametrize("suffix", [".m3u8", ".mp3", ""])
def test_playlists_are_refused_and_their_entries_are_not_opened(
    name: str, scheme: str, suffix: str, bait: Path, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    target = f"http://127.0.0.1:{port}/bait.wav" if scheme == "http://" else f"{scheme}{bait}"
    path = bait.with_name(f"upload{suffix}")
    path.write_text(PLAYLISTS[name].format(target=target, port=port))
    started_s = time.process_time()
    with pytest.raises(UndecodableMediaError), open_sound(path, LIMITS):
        pass
    assert time.process_time() - started_s < 1
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_playlist_after_the_sound_is_ignored(bait: Path) -> None:
    playlist = PLAYLISTS["hls"].format(target=bait).encode()
    samples, _ = read(signals.wav_bytes(TONE) + playlist)
    assert samples.shape[1] == len(TONE)


def test_an_mp4_with_samples_in_another_file_does_not_read_it(bait: Path) -> None:
    media = encoded(TONE, "m4a")
    own = struct.pack(">I4sI", 12, b"url ", 1)  # "the samples are in this file"
    location = f"file://{bait}".encode() + b"\0"
    foreign = struct.pack(">I4sI", 12 + len(location), b"url ", 0) + location
    assert media.count(own) == 1
    moved = media.replace(own, foreign)
    for name in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):  # the boxes around it grow
        at = moved.index(name) - 4
        size = struct.unpack_from(">I", moved, at)[0] + len(foreign) - len(own)
        moved = moved[:at] + struct.pack(">I", size) + moved[at + 4 :]
    try:
        samples, _ = read(moved)
    except (UndecodableMediaError, EmptyAudioError):
        return
    assert samples.shape[1] != len(TONE)  # the bait's length; this track has the encoder's padding


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (wav_header(n_channels=0, data_bytes=4000, riff_bytes=4036), NoAudioError),
        (wav_header(n_channels=9, data_bytes=4000, riff_bytes=4036), AudioOutOfRangeError),
        (wav_header(n_channels=255, data_bytes=4000, riff_bytes=4036), AudioOutOfRangeError),
        (wav_header(n_channels=65535, data_bytes=4000, riff_bytes=4036), NoAudioError),
        (wav_header(bits=0, data_bytes=4000, riff_bytes=4036), UndecodableMediaError),
        (wav_header(rate_hz=0, data_bytes=4000, riff_bytes=4036), UndecodableMediaError),
        (wav_header(rate_hz=1, data_bytes=4000, riff_bytes=4036), AudioOutOfRangeError),
        (wav_header(rate_hz=2**31, data_bytes=4000, riff_bytes=4036), UndecodableMediaError),
    ],
    ids=["0 channels", "9 channels", "255 channels", "65535 channels", "0 bits", "0 Hz", "1 Hz", "2 GHz"],
)
def test_impossible_headers_are_refused(header: bytes, error: type[TactusError]) -> None:
    with pytest.raises(error):
        read(header + bytes(4000))


@pytest.mark.parametrize("bits", [8, 16, 24, 32, 64])
def test_every_width_of_integers_is_read(bits: int) -> None:
    samples, sound = read(wav_header(bits=bits, data_bytes=4800, riff_bytes=4836) + bytes(4800))
    assert samples.shape[1] == 4800 * 8 // bits
    assert sound.info.bit_depth == bits


@pytest.mark.parametrize(
    ("media", "n_samples", "warnings"),
    [
        (wav_header(data_bytes=0xFFFFFFF0, riff_bytes=0xFFFFFFF8) + bytes(100), 50, ["truncated"]),
        (wav_header(data_bytes=0xFFFFFFFF, riff_bytes=200_000) + bytes(100), 50, ["truncated"]),
        (wav_header(data_bytes=0xFFFFFFFF, riff_bytes=0xFFFFFFFF) + bytes(100), 50, []),  # written to a pipe
    ],
    ids=["4 GiB of samples", "200 kB in all", "length unknown"],
)
def test_samples_are_counted_instead_of_trusting_headers(media: bytes, n_samples: int, warnings: list[str]) -> None:
    tracemalloc.start()
    samples, sound = read(media)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert samples.shape[1] == n_samples
    assert sound.warnings == warnings
    assert peak_bytes < 64 << 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_truncated_anywhere_is_decoded_with_a_warning_or_refused(kind: str) -> None:
    rate = KINDS[kind].sample_rate
    media = encoded(signals.noise(3, 2.0, sample_rate=rate), kind)
    n_whole = read(media)[0].shape[1]
    n_read = 0
    for sixteenth in range(1, 16):
        try:
            samples, sound = read(media[: len(media) * sixteenth // 16])
        except UndecodableMediaError:
            continue
        n_read += 1
        assert "truncated" in sound.warnings, sixteenth
        assert samples.shape[1] < n_whole
    assert n_read >= 4 or kind in (
        "m4a",
        "alac",
        "opus",
        "vorbis",
    )  # their index, or a long page, is at the end


def test_a_wave_file_that_declares_exabytes_is_decoded_to_its_end() -> None:
    sizes = struct.pack("<QQQI", 1 << 62, 1 << 62, 1 << 61, 0)
    plain = signals.wav_bytes(TONE)
    media = b"RF64" + b"\xff" * 4 + b"WAVEds64" + struct.pack("<I", len(sizes)) + sizes + plain[12:40] + b"\xff" * 4
    samples, _ = read(media + plain[44:])
    assert samples.shape[1] == len(TONE)


def test_damaged_mp3_frames_give_one_warning_and_keep_times() -> None:
    clicks = signals.click_track(120, 10, offset_s=0.5)
    media = bytearray(encoded(clicks, "mp3"))
    random = np.random.default_rng(5)
    for first in random.integers(4000, len(media) - 500, 40):
        media[first : first + 100] = random.bytes(100)
    samples, sound = read(bytes(media))
    assert sound.warnings.count("corrupt_frames") == 1
    assert samples.shape[1] / 44100 == pytest.approx(10, abs=0.5)


def test_a_packet_that_cannot_be_decoded_becomes_silence_of_its_length() -> None:
    clicks = signals.click_track(120, 4, offset_s=0.5)
    media = bytearray(encoded(clicks + signals.noise(2, 4.0, amplitude=0.02), "m4a"))
    whole, _ = read(bytes(media))
    with av.open(io.BytesIO(media), "r") as container:
        packet = [packet for packet in container.demux(audio=0) if packet.size][80]
        first, n_bytes = packet.pos, packet.size
    assert first is not None
    media[first : first + n_bytes] = b"\xff" * n_bytes
    samples, sound = read(bytes(media))
    assert sound.warnings == ["corrupt_frames"]
    assert samples.shape == whole.shape
    later = slice(2 * 44100, 4 * 44100)
    assert np.abs(samples[0, later] - whole[0, later]).max() < 0.2  # clicks of 0.8 have not moved


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "m4a", "vorbis", "opus", "webm", "aiff", "alac"])
def test_mutated_files_are_decoded_or_refused(kind: str) -> None:
    original = encoded(signals.noise(4, 0.5, sample_rate=KINDS[kind].sample_rate), kind)
    random = np.random.default_rng(7)
    refusals: set[int] = set()
    for _ in range(40):
        media = bytearray(original)
        for at in random.integers(0, len(media), random.integers(1, 30)):
            media[at] = random.integers(256)
        head = random.integers(0, min(400, len(media)), 3)
        for at in head:  # the region of the headers
            media[at] = random.choice([0, 1, 0x7F, 0x80, 0xFF])
        started_s = time.process_time()
        try:
            samples, _ = read(bytes(media))
            assert np.isfinite(samples).all()
        except TactusError as error:
            refusals.add(error.status)
        assert time.process_time() - started_s < 5
    assert refusals <= {422}


@pytest.mark.parametrize("media", [bytes(1 << 16), b"\xff\xfb\x90\x64" * 50_000, b"la " * 50_000, b"\x89PNG\r\n\x1a\n"])
def test_content_that_is_not_audio_is_refused(media: bytes) -> None:
    with pytest.raises(UndecodableMediaError) as refusal:
        read(media)
    assert "MP3" in refusal.value.detail


def id3_frame(name: bytes, body: bytes) -> bytes:
    return name + syncsafe(len(body)) + b"\0\0" + body


def syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def id3(*frames: bytes) -> bytes:
    body = b"".join(frames)
    return b"ID3\x04\0\0" + syncsafe(len(body)) + body


@pytest.mark.parametrize(
    "tag",
    [
        id3(id3_frame(b"APIC", b"\0image/jpeg\0\3\0\xff\xd8" + bytes(20 << 20))),
        b"ID3\x04\0\0" + syncsafe(64 << 20) + bytes(64 << 20),
        id3(*(id3_frame(b"CHAP", b"c%d\0" % k + bytes(16)) for k in range(10_000))),
        id3(id3_frame(b"TIT2", b"\3\xff\xfe\xc3\x28\0")),
    ],
    ids=["cover of 20 MB", "64 MiB of nothing", "10,000 chapters", "invalid UTF-8"],
)
def test_large_or_damaged_tags_do_not_hide_the_audio(tag: bytes) -> None:
    samples, _ = read(tag + encoded(TONE, "mp3"))
    assert samples.shape[1] == pytest.approx(len(TONE), abs=1)


def test_an_mp3_with_only_a_cover_is_refused() -> None:
    with pytest.raises((NoAudioError, UndecodableMediaError, EmptyAudioError)):
        read(id3(id3_frame(b"APIC", b"\0image/png\0\3\0\x89PNG\r\n\x1a\n" + bytes(5000))))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Cafe\u0301", "Caf\u00e9"),
        ("a\0b\x1b[31mc\r\nd", "a b [31mc d"),
        ("\u202eevil\u202c", "evil"),
        ("a\ufffd\udce9b", "ab"),
        ("x" * 5000, "x" * 200),
        ("  \n ", None),
        (None, None),
    ],
    ids=["plain", "controls", "reversed", "invalid", "long", "blank", "none"],
)
def test_tags_are_cleaned(raw: str | None, shown: str | None) -> None:
    assert clean_tag(raw) == shown


def test_a_small_file_of_much_silence_is_refused_quickly() -> None:
    minutes_of_silence = encoded(np.zeros(44100 * 180, np.float32), "flac")
    assert len(minutes_of_silence) < 100_000
    started_s = time.process_time()
    with pytest.raises(AudioTooLongError):
        read(minutes_of_silence, DecodeLimits(max_s=30))
    assert time.process_time() - started_s < 1


def test_a_header_with_too_few_samples_does_not_evade_the_length_limit() -> None:
    media = bytearray(encoded(np.zeros(44100 * 20, np.float32), "flac"))
    at = media.index(b"fLaC") + 8 + 13  # STREAMINFO: the last 36 bits before the checksum count samples
    media[at] &= 0xF0
    media[at + 1 : at + 5] = struct.pack(">I", 44100)
    with pytest.raises(AudioTooLongError):
        read(bytes(media), DecodeLimits(max_s=10))
