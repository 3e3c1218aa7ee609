"""Messages of the child process of a track, run in a real child process."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import zstandard

from tactus.analysis.options import ANALYSIS_TYPES, TrackOptions
from tactus.analysis.track.version import analyzer_version
from tactus.errors import AudioTooLongError, EmptyAudioError, NonFiniteAudioError, TactusError, UndecodableMediaError
from tactus.workers.child import ChildLimits
from tactus.workers.messages import Message
from tactus.workers.supervisor import Supervisor
from tests.fixtures.signals import Song, noise, silence, wav_bytes

LIMITS = ChildLimits(cpu_s=60)
FILE_HASH = "c0ffee" * 10 + "c0de"


async def analyse(
    path: Path, options: TrackOptions, progress: list[Any] | None = None, **decode_limits: float
) -> Message:
    async with Supervisor() as supervisor:
        return await supervisor.call(
            "tactus.workers.track_child:analyse",
            str(path),
            FILE_HASH,
            options,
            decode_limits,
            limits=LIMITS,
            on_progress=None if progress is None else progress.append,
        )


def parts(message: Message) -> dict[str, dict[str, Any]]:
    start, bodies = 0, {}
    for part in message.fields["parts"]:
        body = message.body[start : start + part["n_bytes"]]
        bodies[part["analysis_type"]] = orjson.loads(zstandard.decompress(body))
        start += part["n_bytes"]
    assert start + message.fields["n_retained_bytes"] == len(message.body)
    return bodies


@pytest.fixture
def song_path(tmp_path: Path, short_song_wav: bytes) -> Path:
    path = tmp_path / "song.wav"
    path.write_bytes(short_song_wav)
    return path


async def test_a_full_analysis_sends_all_three_types(song_path: Path, short_song: Song) -> None:
    progress: list[Any] = []
    bodies = parts(await analyse(song_path, TrackOptions(), progress))
    assert list(bodies) == list(ANALYSIS_TYPES)
    for body in bodies.values():
        assert body["file_hash"] == FILE_HASH
        assert body["duration"] == pytest.approx(short_song.duration_s, abs=1e-6)
        assert body["bpm"] == pytest.approx(short_song.bpm, rel=0.01)
        assert body["source"]["channels"] == 2
        assert body["source"]["codec"] == "pcm_s16le"
        assert body["analyzer_version"] == analyzer_version()
    assert bodies["full"]["key"] == short_song.key
    assert progress
    done_s = [fields["done_s"] for fields in progress]
    assert done_s == sorted(done_s)
    assert progress[0]["total_s"] == pytest.approx(short_song.duration_s, abs=0.01)


@pytest.mark.parametrize(("kind", "n_types"), [("tempo_only", 1), ("basic", 2)])
async def test_a_smaller_analysis_sends_the_types_that_it_contains(song_path: Path, kind: Any, n_types: int) -> None:
    bodies = parts(await analyse(song_path, TrackOptions(analysis_type=kind)))
    assert list(bodies) == list(ANALYSIS_TYPES[:n_types])


async def test_the_output_grid_is_the_requested_one(song_path: Path, short_song: Song) -> None:
    options = TrackOptions(sample_rate=22050, frame_length=1024, hop_length=256)
    full = parts(await analyse(song_path, options))["full"]
    assert full["frames"]["sample_rate"] == full["sample_rate"] == 22050
    assert full["frames"]["n_frames"] == len(full["rms"]) == 1 + round(short_song.duration_s * 22050) // 256
    # The waveform overview counts samples of the output grid.
    n_points, per_point = len(full["waveform"]["lows"]), full["waveform"]["samples_per_point"]
    assert 0 <= n_points * per_point - short_song.duration_s * 22050 < per_point


async def test_warnings_of_the_decoder_are_in_the_analysis(tmp_path: Path) -> None:
    path = tmp_path / "clipped.wav"
    path.write_bytes(wav_bytes(np.clip(8 * noise(1, 1.0), -1, 1)))
    body = parts(await analyse(path, TrackOptions(analysis_type="tempo_only")))["tempo_only"]
    assert "clipped" in body["warnings"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyAudioError),
        (wav_bytes(silence(0.0)), EmptyAudioError),
        (b"no audio at all, only text" * 100, UndecodableMediaError),
        (wav_bytes(np.array([0.0, np.nan, 0.5], np.float32), subtype="FLOAT"), NonFiniteAudioError),
    ],
    ids=["no bytes", "no samples", "text", "not a number"],
)
async def test_a_defective_file_is_reported_by_its_error(
    tmp_path: Path, content: bytes, error: type[TactusError]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(error):
        await analyse(path, TrackOptions())


async def test_decode_limits_of_the_caller_apply(song_path: Path) -> None:
    with pytest.raises(AudioTooLongError):
        await analyse(song_path, TrackOptions(), max_s=5.0)
