"""`tactus.analyze`: the service's results, in the calling process."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import tactus
from tactus.analysis.beat_hint import HintError
from tactus.analysis.options import AnalysisType
from tactus.errors import EmptyAudioError, NoAudioError, UndecodableMediaError
from tests.cli.conftest import ROOT
from tests.fixtures.signals import SAMPLE_RATE, Song, click_track, noise, silence, wav_bytes

WITHOUT_ATTRIBUTE = {"file_hash", "sample_rate", "source", "analysis_timestamp", "tempo", "frames"}
"""Fields of the JSON that are no attributes: where it comes from, a second name, and where the frames lie."""


@pytest.fixture(scope="module")
def song_path(tmp_path_factory: pytest.TempPathFactory, short_song_wav: bytes) -> Path:
    path = tmp_path_factory.mktemp("api") / "song.wav"
    path.write_bytes(short_song_wav)
    return path


@pytest.fixture(scope="module")
def full(song_path: Path) -> tactus.Analysis:
    return tactus.analyze(song_path)


def test_a_song_is_what_it_was_made_of(full: tactus.Analysis, short_song: Song) -> None:
    assert full.bpm == pytest.approx(short_song.bpm, rel=0.01)
    assert (full.key, full.mode) == (short_song.key, short_song.mode)
    assert full.duration == pytest.approx(short_song.duration_s, abs=1e-6)
    assert full.time_signature == 4
    assert set(full.downbeat_times) <= set(full.beat_times)
    assert full.chords[0].start == full.sections[0].start == 0
    assert full.chords[-1].end == full.sections[-1].end == full.duration
    assert repr(full) == f"<tactus.Analysis full: {short_song.duration_s:.2f} s, {full.bpm:.2f} bpm>"


@pytest.mark.parametrize("kind", ["tempo_only", "basic", "full"])
def test_it_is_the_json_of_the_service(client: httpx.Client, song_path: Path, kind: AnalysisType) -> None:
    answer = client.post(f"/analyze-upload?analysis_type={kind}", files={"file": song_path.read_bytes()})
    assert answer.status_code == 200, answer.text
    expected = answer.json()
    found = analyzed_on_one_thread(song_path, kind)
    assert list(found) == list(expected)
    for fields in (found, expected):
        del fields["analysis_timestamp"]
    assert found == expected


def analyzed_on_one_thread(path: Path, kind: AnalysisType) -> dict[str, Any]:
    """The analysis in a process whose BLAS has one thread, as the service's has: with more, last digits may differ."""
    code = "import json, sys, tactus; print(json.dumps(tactus.analyze(sys.argv[1], type=sys.argv[2]).to_dict()))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    environment |= {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
    ran = subprocess.run(
        [sys.executable, "-c", code, path, kind],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_attributes_are_the_fields_of_the_json(full: tactus.Analysis) -> None:
    fields = full.to_dict()
    for name in fields.keys() - WITHOUT_ATTRIBUTE - full.features.keys():
        assert_told(getattr(full, name), fields[name], name)
    for name, timeline in full.features.items():
        told = np.atleast_2d(fields[name]).T
        np.testing.assert_allclose(timeline.values, told, rtol=5e-5, atol=1e-30, err_msg=name)
        assert len(timeline.times) == fields["frames"]["n_frames"]


def assert_told(value: Any, told: Any, name: str) -> None:
    """The JSON holds the value, rounded; of records it holds the fields that can be compared."""
    if isinstance(told, list | dict) and not isinstance(value, np.ndarray):
        if name == "correction":
            assert value == told
        elif isinstance(told, list) and name != "tempo_curve":
            assert len(value) == len(told)
            for one, other in zip(value, told, strict=True):
                for field in other.keys() & {"start", "end", "label", "role", "bpm", "relation", "duration"}:
                    assert_told(getattr(one, field), other[field], field)
    elif isinstance(value, float | np.ndarray):
        np.testing.assert_allclose(value, told, rtol=5e-5, atol=6e-3, err_msg=name)
    else:
        assert value == told, name


def test_samples_give_what_their_file_gives(short_song: Song, song_path: Path) -> None:
    of_file = tactus.analyze(song_path, type="basic")
    of_samples = tactus.analyze(short_song.samples, SAMPLE_RATE, type="basic")
    np.testing.assert_allclose(of_samples.beat_times, of_file.beat_times, atol=1e-3)
    assert [chord.label for chord in of_samples.chords] == [chord.label for chord in of_file.chords]
    assert of_samples.loudness == pytest.approx(of_file.loudness, abs=0.01)
    fields = of_samples.to_dict()
    assert fields.keys() == of_file.to_dict().keys()
    assert fields["file_hash"] is None
    assert (fields["source"]["channels"], fields["source"]["sample_rate"]) == (2, SAMPLE_RATE)


@pytest.mark.parametrize("sample_rate", [8000, 22050, 48000, 96000])
def test_samples_of_any_rate_keep_their_times(sample_rate: int) -> None:
    clicks = click_track(120.0, 12.0, offset_s=0.25, sample_rate=sample_rate).astype(np.float64)
    analysis = tactus.analyze(clicks, sample_rate, type="tempo_only")
    assert analysis.duration == 12.0
    assert analysis.bpm == pytest.approx(120.0, rel=0.01)
    truth = 0.25 + 0.5 * np.arange(23)
    assert np.abs(analysis.beat_times - truth[:, None]).min(axis=1).max() < 0.03


def test_a_hint_leads_the_tempo(song_path: Path, short_song: Song) -> None:
    halved = tactus.analyze(song_path, type="tempo_only", correction="x1/2")
    assert halved.bpm == pytest.approx(short_song.bpm / 2, rel=0.02)
    assert halved.correction == {"correction": "x1/2"}
    ranged = tactus.analyze(song_path, type="tempo_only", bpm_min=50.0, bpm_max=70.0)
    assert ranged.bpm == pytest.approx(short_song.bpm / 2, rel=0.02)
    tapped = tactus.analyze(song_path, type="tempo_only", taps=short_song.beat_times_s[:9:2].tolist())
    assert tapped.bpm == pytest.approx(short_song.bpm / 2, rel=0.02)


def test_what_a_type_does_not_contain_is_an_attribute_error() -> None:
    rhythm = tactus.analyze(noise(1, 2.0), SAMPLE_RATE, type="tempo_only")
    for name in ("key", "chords", "loudness", "waveform", "features"):
        with pytest.raises(AttributeError, match=f"no {name}"):
            getattr(rhythm, name)
    assert not hasattr(tactus.analyze(noise(1, 2.0), SAMPLE_RATE, type="basic"), "features")


def test_silence_has_neither_tempo_nor_key() -> None:
    analysis = tactus.analyze(silence(2.0), SAMPLE_RATE)
    assert (analysis.bpm, analysis.key, analysis.mode, analysis.camelot) == (None, None, None, None)
    assert analysis.warnings == ("silent",)
    assert math.isclose(analysis.true_peak_dbtp, -100)


def test_samples_at_full_scale_are_called_clipped() -> None:
    assert "clipped" in tactus.analyze(np.clip(4 * noise(1, 2.0), -1, 1), SAMPLE_RATE, type="basic").warnings


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros(0, np.float32), "empty"),
        (np.zeros((2, 0), np.float32), "empty"),
        (np.zeros(100, np.int16), "floats, full scale 1.0, not int16"),
        (np.zeros((1, 2, 100), np.float32), "shape"),
        (np.float32(0), "shape"),
        (np.zeros((44100, 2), np.float32), "transpose"),
        (np.zeros((9, 44100), np.float32), "at most 8 channels"),
        (np.array([0, np.nan, 0], np.float32), "finite"),
        (np.array([0, np.inf, 0], np.float64), "finite"),
        (np.array([0, 1e30, 0], np.float64), "finite"),
        (["no", "samples"], "floats"),
    ],
)
def test_samples_that_are_unfit_are_refused(samples: Any, said: str) -> None:
    for use in (tactus.analyze, lambda sound, rate: tactus.features(sound, "rms", rate)):
        with pytest.raises(ValueError, match=said):
            use(samples, SAMPLE_RATE)


@pytest.mark.parametrize("sample_rate", [None, 0, -44100, 100, 44100.5, 1e9, math.nan])
def test_a_sample_rate_that_is_missing_or_impossible_is_refused(sample_rate: Any) -> None:
    with pytest.raises(ValueError, match="sample_rate"):
        tactus.analyze(noise(1, 1.0), sample_rate)


def test_a_file_has_its_own_sample_rate(song_path: Path) -> None:
    for use in (tactus.analyze, lambda sound, rate: tactus.features(sound, "rms", rate)):
        with pytest.raises(ValueError, match="a file has its own"):
            use(song_path, SAMPLE_RATE)


def test_an_unknown_type_and_a_hint_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="tempo_only, basic, full"):
        tactus.analyze(noise(1, 1.0), SAMPLE_RATE, type="everything")  # type: ignore[arg-type]
    with pytest.raises(HintError, match="bpm"):
        tactus.analyze(noise(1, 1.0), SAMPLE_RATE, bpm=1000.0)


def test_a_file_that_is_none_is_refused_as_the_service_does(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tactus.analyze(tmp_path / "missing.mp3")
    for content, error in ((b"", EmptyAudioError), (b"This is no sound. " * 100, UndecodableMediaError)):
        (tmp_path / "file.mp3").write_bytes(content)
        for use in (tactus.analyze, lambda path: tactus.features(path, "rms")):
            with pytest.raises(error):
                use(tmp_path / "file.mp3")
    (tmp_path / "empty.wav").write_bytes(wav_bytes(silence(0.0)))
    with pytest.raises((EmptyAudioError, NoAudioError)):
        tactus.analyze(tmp_path / "empty.wav")
