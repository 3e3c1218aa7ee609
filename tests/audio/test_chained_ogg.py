"""Chained Ogg: each link is decoded by itself, so its sample rate, channels and codec may differ from the last."""

import io
import math
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest

from tactus.audio.decoding.chained_ogg import file_links, stream_links
from tactus.audio.decoding.decode import open_sound, open_sound_stream
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.decoding.sound import Sound
from tactus.dsp.arrays import Floats
from tests.fixtures.media import encoded
from tests.fixtures.signals import SAMPLE_RATE, tone

OPUS_HZ = 48000


def vorbis(frequency_hz: float, sample_rate: int = SAMPLE_RATE) -> bytes:
    return encoded(tone(frequency_hz, 2.0, sample_rate=sample_rate, amplitude=0.5), "vorbis", sample_rate=sample_rate)


def opus(frequency_hz: float) -> bytes:
    return encoded(tone(frequency_hz, 2.0, sample_rate=OPUS_HZ, amplitude=0.5), "opus")


Opens = Callable[[bytes], AbstractContextManager[Sound]]
FIRST, SECOND, THIRD = vorbis(500), vorbis(1000, 22050), opus(2000)


class SlowStream:
    """A stream that returns at most `n_bytes` at a time."""

    def __init__(self, content: bytes, n_bytes: int) -> None:
        self._file = io.BytesIO(content)
        self._n_bytes = n_bytes

    def read(self, n_bytes: int, /) -> bytes:
        return self._file.read(min(n_bytes, self._n_bytes))


def read_links(content: bytes, n_bytes: int, n_read: int = 4096) -> list[bytes]:
    """The content of each link of a stream."""
    return [
        b"".join(iter(lambda link=link: link.read(n_read), b""))  # type: ignore[misc]
        for link in stream_links(SlowStream(content, n_bytes))
    ]


@pytest.mark.parametrize("n_bytes", [1, 127, 4096, 1 << 20])
def test_a_stream_is_split_at_its_links(n_bytes: int) -> None:
    assert read_links(FIRST + SECOND + THIRD, n_bytes) == [FIRST, SECOND, THIRD]


def test_a_file_is_split_at_its_links() -> None:
    content = FIRST + SECOND + THIRD
    links = list(file_links(io.BytesIO(content), len(content)))
    assert [link.read() for link in links] == [FIRST, SECOND, THIRD]
    assert links[1].seek(-4, io.SEEK_END) == len(SECOND) - 4
    assert (links[1].read(100), links[1].tell(), links[1].read(1)) == (SECOND[-4:], len(SECOND), b"")


@pytest.mark.parametrize(
    "content",
    [b"", b"O", b"Ogg", b"OggS", b"\xff\xfb" * 5000, FIRST, FIRST[:-100], FIRST[:30]],
    ids=["empty", "O", "Ogg", "OggS", "mp3", "one", "cut", "header"],  # serial numbers from FFmpeg are random
)
def test_content_without_further_links_is_one_link(content: bytes) -> None:
    assert read_links(content, 127) == [content]
    assert [link.read() for link in file_links(io.BytesIO(content), len(content))] == [content]


def test_damage_is_confined_to_its_link() -> None:
    damaged = FIRST[:-700] + bytes(500) + FIRST[-200:]
    assert read_links(damaged + SECOND, 127) == [damaged, SECOND]


def test_an_unread_link_is_skipped() -> None:
    links = stream_links(SlowStream(FIRST + SECOND + THIRD, 4096))
    next(links)
    next(links).read(10)
    assert next(links).read(40) == THIRD[:40]


@pytest.mark.parametrize(
    "open_",
    [
        lambda content: open_sound(io.BytesIO(content), DecodeLimits()),
        lambda content: open_sound_stream(SlowStream(content, 1000), DecodeLimits(max_s=math.inf)),
    ],
    ids=["file", "stream"],
)
@pytest.mark.parametrize("links", [(FIRST, vorbis(2000)), (FIRST, SECOND, THIRD), (THIRD, FIRST, opus(1000))])
def test_every_link_is_decoded(links: tuple[bytes, ...], open_: Opens) -> None:
    with open_(b"".join(links)) as sound:
        samples = np.concatenate([block.mean(axis=0) for block in sound.blocks()])
        assert set(sound.warnings) <= {"format_changed"}
    assert len(samples) / SAMPLE_RATE == pytest.approx(2 * len(links), abs=0.1)
    for k, link in enumerate(links):
        with open_sound(io.BytesIO(link), DecodeLimits()) as alone:
            expected = np.concatenate([block.mean(axis=0) for block in alone.blocks()])
        middle = slice(SAMPLE_RATE // 2, SAMPLE_RATE)
        part = samples[2 * k * SAMPLE_RATE :][middle]
        assert peak_hz(part) == pytest.approx(peak_hz(expected[middle]), abs=2)
        assert np.abs(part).max() == pytest.approx(0.5, abs=0.05)


def peak_hz(samples: Floats) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * SAMPLE_RATE / len(samples))
