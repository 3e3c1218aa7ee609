"""The service's own JSON: the contract's fields, numbers and nesting."""

import math
from typing import Any

import numpy as np
import orjson
import pytest

from tactus.analysis.options import ANALYSIS_TYPES, AnalysisType, TrackOptions
from tactus.analysis.track.analyzer import TrackAnalyzer
from tactus.analysis.track.result import Analysis, Provenance
from tactus.analysis.track.signal_pass import Block
from tactus.dsp.arrays import Floats
from tactus.dsp.decimal_digits import significant
from tactus.formats.analysis_json import analysis_fields, encoded, frame_fields
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import Song, silence

PROVENANCE = Provenance(
    file_hash="ab" * 32,
    analysis_timestamp="2026-01-02T03:04:05.678Z",
    source_sample_rate=48000,
    channels=2,
    codec="flac",
    bit_rate=900_000,
    title="A song",
)

RHYTHM_FIELDS = {
    "bpm", "tempo", "tempo_confidence", "tempo_candidates", "time_signature", "time_signature_confidence",
    "beat_times", "downbeat_times", "onset_times",
}  # fmt: skip
IDENTITY_FIELDS = {
    "file_hash", "duration", "sample_rate", "source", "analysis_timestamp", "analyzer_version", "warnings",
}  # fmt: skip
BASIC_FIELDS = {
    "key", "mode", "key_confidence", "camelot", "open_key", "energy", "valence", "danceability", "acousticness",
    "instrumentalness", "liveness", "speechiness", "loudness", "loudness_range", "loudness_momentary_max",
    "loudness_short_term_max", "sample_peak", "true_peak_dbtp", "replaygain_gain", "replaygain_peak",
    "end_of_fade_in", "start_of_fade_out",
    "chords", "sections", "segments", "segment_timbre", "segment_pitches", "waveform",
}  # fmt: skip
FULL_FIELDS = {
    "frames", "spectral_centroid", "spectral_rolloff", "spectral_bandwidth", "zero_crossing_rate", "rms", "mfcc",
    "chroma",
}  # fmt: skip


def analysed(samples: Floats) -> Analysis:
    stereo = np.atleast_2d(samples)
    return TrackAnalyzer(TrackOptions(), network_weights()).analysis(lambda: [Block(stereo, stereo)])


def json_of(analysis: Analysis, kind: AnalysisType) -> bytes:
    fields = analysis_fields(analysis, kind, PROVENANCE)
    return encoded(fields | frame_fields(analysis.timelines) if kind == "full" else fields)


@pytest.fixture(scope="module")
def analysis(short_song: Song) -> Analysis:
    return analysed(short_song.samples)


@pytest.fixture(scope="module")
def bodies(analysis: Analysis) -> dict[str, dict[str, Any]]:
    return {kind: orjson.loads(json_of(analysis, kind)) for kind in ANALYSIS_TYPES}


def test_each_type_has_its_fields_and_none_of_the_next(bodies: dict[str, dict[str, Any]]) -> None:
    assert bodies["tempo_only"].keys() >= IDENTITY_FIELDS | RHYTHM_FIELDS
    assert bodies["tempo_only"].keys().isdisjoint(BASIC_FIELDS | FULL_FIELDS)
    assert bodies["basic"].keys() >= bodies["tempo_only"].keys() | BASIC_FIELDS
    assert bodies["basic"].keys().isdisjoint(FULL_FIELDS)
    assert bodies["full"].keys() >= bodies["basic"].keys() | FULL_FIELDS


def test_a_richer_type_says_the_same_of_what_it_shares(bodies: dict[str, dict[str, Any]]) -> None:
    assert all(bodies["basic"][name] == value for name, value in bodies["tempo_only"].items())
    assert all(bodies["full"][name] == value for name, value in bodies["basic"].items())


def test_frames_say_where_they_lie(bodies: dict[str, dict[str, Any]], short_song: Song) -> None:
    full = bodies["full"]
    n_frames = 1 + short_song.samples.shape[1] // 512
    assert full["frames"] == {
        "start": 0.0,
        "hop_length": 512,
        "frame_length": 2048,
        "sample_rate": 44100,
        "n_frames": n_frames,
    }
    assert {len(full[name]) for name in FULL_FIELDS - {"frames", "mfcc", "chroma"}} == {n_frames}
    assert [len(row) for row in full["mfcc"]] == [n_frames] * 13
    assert [len(row) for row in full["chroma"]] == [n_frames] * 12
    assert 0 <= min(map(min, full["chroma"])) <= max(map(max, full["chroma"])) <= 1


def test_times_are_whole_microseconds_and_shared(bodies: dict[str, dict[str, Any]], analysis: Analysis) -> None:
    full = bodies["full"]
    assert full["beat_times"] == analysis.rhythm.beat_times.tolist()
    for name in ("beat_times", "downbeat_times", "onset_times"):
        assert all(time == round(time, 6) for time in full[name])
    assert set(full["downbeat_times"]) <= set(full["beat_times"])
    assert full["chords"][-1]["end"] == full["sections"][-1]["end"] == full["duration"]
    assert len(full["segments"]) == len(full["segment_timbre"]) == len(full["segment_pitches"]) > 0
    assert max(map(max, full["segment_pitches"])) == 1.0


def test_values_have_at_most_five_digits(analysis: Analysis) -> None:
    text = json_of(analysis, "full")
    for name in (b"spectral_centroid", b"rms", b"zero_crossing_rate"):
        numbers = text.split(b'"' + name + b'":[')[1].split(b"]")[0].split(b",")
        mantissas = [number.split(b"e")[0].lstrip(b"-").replace(b".", b"").strip(b"0") for number in numbers]
        assert max(map(len, mantissas)) == 5


def test_where_it_comes_from_is_told(bodies: dict[str, dict[str, Any]]) -> None:
    for body in bodies.values():
        assert body["file_hash"] == "ab" * 32
        assert body["analysis_timestamp"] == "2026-01-02T03:04:05.678Z"
        assert body["source"] == {
            "sample_rate": 48000,
            "channels": 2,
            "codec": "flac",
            "bit_rate": 900_000,
            "title": "A song",
            "artist": None,
        }


def test_silence_says_that_there_is_nothing() -> None:
    body = orjson.loads(json_of(analysed(silence(1.0)), "full"))
    assert body["bpm"] is body["tempo"] is body["key"] is body["mode"] is body["time_signature"] is None
    assert body["tempo_confidence"] == body["key_confidence"] == body["time_signature_confidence"] == 0
    assert body["loudness"] == -70.0
    assert body["beat_times"] == body["onset_times"] == []
    assert "silent" in body["warnings"]
    assert len(body["chords"]) == len(body["sections"]) == 1


@pytest.mark.parametrize("kind", ["basic", "full"])
def test_what_was_not_analysed_cannot_be_told(kind: AnalysisType) -> None:
    stereo = silence(0.5)[None]
    poor = TrackAnalyzer(TrackOptions(analysis_type="tempo_only"), network_weights()).analysis(
        lambda: [Block(stereo, stereo)]
    )
    with pytest.raises(ValueError, match="is not"):
        json_of(poor, kind)


def test_significant_digits_keep_what_means_something() -> None:
    rng = np.random.default_rng(1)
    values = (rng.choice([-1, 1], 5000) * 10 ** rng.uniform(-30, 30, 5000)).astype(np.float32)
    for value, rounded in zip(values.tolist(), significant(values), strict=True):
        assert math.isclose(value, float(rounded), rel_tol=0.51e-4)
        assert np.float32(float(f"{value:.5g}")) == pytest.approx(rounded, rel=1.01e-5)
        digits = orjson.dumps(rounded, option=orjson.OPT_SERIALIZE_NUMPY).decode().lstrip("-").split("e")[0]
        assert len(digits.replace(".", "").strip("0")) <= 5
    assert (
        orjson.dumps(significant(np.array([-0.0, 0.0], np.float32)), option=orjson.OPT_SERIALIZE_NUMPY) == b"[0.0,0.0]"
    )


def test_loudness_agrees_with_itself(bodies: dict[str, dict[str, Any]]) -> None:
    basic = bodies["basic"]
    assert basic["replaygain_gain"] == pytest.approx(-18 - basic["loudness"], abs=0.011)
    assert basic["true_peak_dbtp"] == pytest.approx(20 * math.log10(basic["replaygain_peak"]), abs=0.01)
    assert basic["replaygain_peak"] >= basic["sample_peak"]
    assert basic["loudness_momentary_max"] >= max(bodies["full"]["loudness_momentary"]) - 0.01
    assert basic["loudness_short_term_max"] >= max(bodies["full"]["loudness_short_term"]) - 0.01
    assert 0 <= basic["end_of_fade_in"] <= basic["start_of_fade_out"] <= basic["duration"]


def test_silence_has_a_peak_that_json_can_tell_and_no_replay_gain() -> None:
    found = orjson.loads(json_of(analysed(silence(2.0)), "basic"))
    assert (found["true_peak_dbtp"], found["replaygain_gain"], found["replaygain_peak"]) == (-100.0, None, 0.0)
    assert (found["end_of_fade_in"], found["start_of_fade_out"]) == (0.0, found["duration"])
