"""Decoding of every format: times, levels and channels of the samples."""

import io
from pathlib import Path

import numpy as np
import pytest

from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.decoding.sound import Sound
from tactus.dsp.arrays import Floats, Times
from tactus.errors import AudioOutOfRangeError, AudioTooLongError, EmptyAudioError, NoAudioError
from tests.fixtures import signals
from tests.fixtures.media import KINDS, encoded, video

LIMITS = DecodeLimits()
EXACT = {"wav": 2**-15, "wav-u8": 2**-7, "wav-24": 2**-22, "wav-32": 2**-23, "wav-float": 0.0, "wav-double": 0.0}
EXACT |= {"w64": 2**-15, "aiff": 2**-15, "flac": 2**-15, "matroska": 2**-15, "alac": 2**-22}
LOSSY = ("mp3", "m4a", "vorbis", "opus", "webm")
UNDECLARED_DELAY_S = {"mp3-bare": 1105 / 44100, "aac": 1024 / 44100, "m4a-fragmented": 1024 / 44100}
"""Kinds that do not declare the delay of the encoder, and that delay [s]: 576 + 529 samples of LAME, a frame of AAC."""


def read(media: bytes, sample_rate: int = 44100, limits: DecodeLimits = LIMITS) -> tuple[Floats, Sound]:
    with open_sound(io.BytesIO(media), limits, sample_rate) as sound:
        blocks = list(sound.blocks())
    assert all(block.dtype == np.float32 for block in blocks)
    return np.concatenate(blocks, axis=1), sound


def click_times_s(samples: Floats, sample_rate: int) -> Times:
    loud = np.flatnonzero(np.abs(samples) > 0.3)
    return loud[np.diff(loud, prepend=-sample_rate) > sample_rate // 10] / sample_rate


@pytest.mark.parametrize("kind", EXACT)
def test_lossless_formats_are_decoded_exactly(kind: str) -> None:
    stereo = np.stack((signals.tone(440, 0.5, amplitude=0.8), signals.noise(1, 0.5, amplitude=0.1)))
    samples, sound = read(encoded(stereo, kind))
    assert samples.shape == stereo.shape
    assert np.abs(samples - stereo).max() <= EXACT[kind]
    assert sound.warnings == []


@pytest.mark.parametrize("kind", [*EXACT, *LOSSY])
def test_time_zero_is_the_first_encoded_sample(kind: str) -> None:
    rate = KINDS[kind].sample_rate
    samples, _ = read(encoded(signals.click_track(120, 3, offset_s=0.5, sample_rate=rate), kind), rate)
    assert click_times_s(samples[0], rate) == pytest.approx([0.5, 1, 1.5, 2, 2.5], abs=0.001)


@pytest.mark.parametrize("kind", UNDECLARED_DELAY_S)
def test_without_a_declared_delay_times_are_late_by_the_encoder_delay(kind: str) -> None:
    samples, _ = read(encoded(signals.click_track(120, 3, offset_s=0.5), kind))
    expected = np.array([0.5, 1, 1.5, 2, 2.5]) + UNDECLARED_DELAY_S[kind]
    assert click_times_s(samples[0], 44100) == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("sample_rate", [4000, 8000, 22050, 48000, 96000, 192000, 384000])
def test_any_sample_rate_is_converted_to_the_requested_one(sample_rate: int) -> None:
    tone = signals.tone(500, 1.0, amplitude=0.5, sample_rate=sample_rate)
    samples, sound = read(signals.wav_bytes(tone, sample_rate))
    assert sound.info.sample_rate == sample_rate
    assert samples.shape == (1, 44100)
    middle = slice(4410, -4410)  # the filter rings at both ends
    assert np.abs(samples[0] - signals.tone(500, 1.0, amplitude=0.5))[middle].max() < 1e-3


def test_blocks_are_short_and_contiguous() -> None:
    tone = signals.tone(100, 60, amplitude=0.5, sample_rate=8000)
    with open_sound(io.BytesIO(signals.wav_bytes(tone, 8000)), LIMITS, 8000) as sound:
        blocks = list(sound.blocks())
    assert len(blocks) > 1
    assert max(block.shape[1] for block in blocks) < 300_000
    assert np.abs(np.concatenate(blocks, axis=1)[0] - tone).max() < 2**-15


def test_channels_stay_separate_and_have_names() -> None:
    six = np.stack([signals.tone(200 * (k + 1), 0.2, amplitude=0.1 * (k + 1)) for k in range(6)])
    samples, sound = read(signals.wav_bytes(six))
    assert np.abs(samples - six).max() < 2**-14
    assert sound.info.channel_names == ("FL", "FR", "FC", "LFE", "BL", "BR")
    assert sound.info.channels == 6


@pytest.mark.parametrize(("kind", "codec", "bit_depth"), [("wav-24", "pcm_s24le", 24), ("flac", "flac", 16)])
def test_codec_bit_depth_tags_and_length_of_a_file(kind: str, codec: str, bit_depth: int) -> None:
    info = read(encoded(signals.tone(440, 2.0), kind, tags={"title": "A Song", "artist": "An Artist"}))[1].info
    assert (info.codec, info.bit_depth, info.sample_rate, info.channels) == (codec, bit_depth, 44100, 2)
    assert (info.title, info.artist) == ("A Song", "An Artist")
    assert info.duration_s == pytest.approx(2.0)


def test_a_lossy_file_has_a_bit_rate_and_no_bit_depth() -> None:
    info = read(encoded(signals.noise(1, 2.0), "mp3"))[1].info
    assert (info.codec, info.bit_depth) == ("mp3", None)
    assert info.bit_rate == pytest.approx(160_000, rel=0.05)


def test_the_sound_of_a_video_is_read() -> None:
    samples, sound = read(video(signals.tone(440, 1.0, amplitude=0.5)))
    assert sound.info.codec == "aac"
    assert samples.shape[1] == pytest.approx(44100, abs=2048)


def test_a_video_without_sound_is_refused() -> None:
    with pytest.raises(NoAudioError):
        read(video())


def test_a_path_is_read_like_bytes(tmp_path: Path) -> None:
    path = tmp_path / 'a "song" ♫.wav'
    path.write_bytes(signals.wav_bytes(signals.tone(440)))
    with open_sound(path, LIMITS) as sound:
        assert sum(block.shape[1] for block in sound.blocks()) == 44100


def test_a_file_removed_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    path.write_bytes(encoded(signals.noise(1, 20.0), "flac"))
    with open_sound(path, LIMITS) as sound:
        blocks = sound.blocks()
        n_samples = next(blocks).shape[1]
        path.unlink()
        assert n_samples + sum(block.shape[1] for block in blocks) == 20 * 44100


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_the_longest_length_is_allowed_and_one_sample_more_is_not(kind: str) -> None:
    limits = DecodeLimits(max_s=2.0)
    samples, _ = read(encoded(signals.tone(440, 2.0), kind), limits=limits)
    assert samples.shape[1] == 88200
    with pytest.raises(AudioTooLongError):
        read(encoded(np.append(signals.tone(440, 2.0), np.float32(0)), kind), limits=limits)


def test_a_long_file_is_refused_before_it_is_decoded() -> None:
    with (
        pytest.raises(AudioTooLongError),
        open_sound(io.BytesIO(encoded(signals.tone(440, 3.0), "mp3")), DecodeLimits(max_s=2.0)),
    ):
        pass


@pytest.mark.parametrize(("sample_rate", "n_channels"), [(3999, 1), (384_001, 1), (44100, 9)])
def test_rates_and_channels_out_of_range_are_refused(sample_rate: int, n_channels: int) -> None:
    with pytest.raises(AudioOutOfRangeError):
        read(signals.wav_bytes(np.zeros((n_channels, 1000), np.float32), sample_rate))


@pytest.mark.parametrize("media", [b"", signals.wav_bytes(signals.silence(0))], ids=["no bytes", "no samples"])
def test_a_file_without_samples_is_empty(media: bytes) -> None:
    with pytest.raises(EmptyAudioError):
        read(media)


def test_a_file_of_one_sample_is_decoded() -> None:
    samples, _ = read(signals.wav_bytes(np.array([0.5], np.float32)))
    assert samples == pytest.approx(np.array([[0.5]]), abs=2**-15)


def test_a_change_of_the_sample_rate_within_a_file_is_followed() -> None:
    first = encoded(signals.tone(440, 1.0), "mp3-bare")
    second = encoded(signals.tone(440, 1.0, sample_rate=48000), "mp3-bare", sample_rate=48000)
    samples, sound = read(first + second)
    assert "format_changed" in sound.warnings
    assert samples.shape[1] / 44100 == pytest.approx(2.0, abs=0.15)  # encoders pad each by up to three frames
    late = samples[0, -22050:-11025]
    crossings = np.count_nonzero(np.diff(np.signbit(late)))
    assert crossings / 2 / 0.25 == pytest.approx(440, abs=5)
