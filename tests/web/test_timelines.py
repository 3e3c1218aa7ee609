"""Timeline options and file formats of analyses over HTTP."""

import io
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.requests import Request

from tactus.errors import NotAcceptableError
from tactus.web.tracks.content_negotiation import MEDIA_TYPES, preferred_format
from tests.fixtures.signals import Song, click_track, wav_bytes

RHYTHM_GRID = {"kind": "frames", "start": 0.0, "hop_length": 512, "frame_length": 2048, "sample_rate": 44100}
PLAIN_FRAMES = {"frames", "rms", "mfcc", "chroma", "spectral_centroid", "spectral_rolloff", "spectral_bandwidth"}


def uploaded(client: httpx.Client, song: bytes, accept: str = "application/json", **query: Any) -> httpx.Response:
    answer = client.post("/analyze-upload", params=query, files={"file": song}, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == accept
    return answer


@pytest.fixture(scope="module")
def full(service: Any, short_song_wav: bytes) -> Iterator[dict[str, Any]]:
    """The plain full analysis."""
    with service.client() as client:
        yield uploaded(client, short_song_wav).json()


def test_features_are_timelines_instead_of_frame_arrays(
    client: httpx.Client, short_song_wav: bytes, full: dict[str, Any]
) -> None:
    shaped = uploaded(client, short_song_wav, features="rms,mfcc").json()
    assert shaped.keys() == (full.keys() - PLAIN_FRAMES - {"zero_crossing_rate"}) | {"timelines"}
    assert shaped["timelines"].keys() == {"rms", "mfcc"}
    assert shaped["timelines"]["rms"]["values"] == full["rms"]
    assert shaped["timelines"]["mfcc"]["values"] == full["mfcc"]
    grid = {"kind": "frames", **full["frames"]}
    assert shaped["timelines"]["rms"]["grid"] == shaped["timelines"]["mfcc"]["grid"] == grid


def test_each_timeline_has_its_grid(client: httpx.Client, short_song_wav: bytes, short_song: Song) -> None:
    names = ["onset_strength", "chroma_harmony", "k_weighted_power"]
    shaped = uploaded(client, short_song_wav, features=names, analysis_type="tempo_only").json()
    assert "key" not in shaped, "features add nothing else to a small analysis"
    n_samples = short_song.samples.shape[1]
    timelines = shaped["timelines"]
    assert timelines["onset_strength"]["grid"] == {**RHYTHM_GRID, "n_frames": 1 + n_samples // 512}
    assert np.shape(timelines["onset_strength"]["values"]) == (6, 1 + n_samples // 512)
    assert timelines["chroma_harmony"]["grid"]["hop_length"] == 4096
    power = timelines["k_weighted_power"]["grid"]
    assert (power["start"], power["hop_length"], power["n_frames"]) == (0.05, 4410, -(-n_samples // 4410))


def test_a_value_per_beat_is_the_mean_until_the_next_beat(
    client: httpx.Client, short_song_wav: bytes, full: dict[str, Any]
) -> None:
    shaped = uploaded(client, short_song_wav, rate="beat").json()
    assert shaped["timelines"].keys() == PLAIN_FRAMES - {"frames"} | {"zero_crossing_rate"}
    rms = shaped["timelines"]["rms"]
    assert rms["grid"] == {"kind": "beats", "n_beats": len(shaped["beat_times"])}
    centres_s = np.arange(len(full["rms"])) * 512 / 44100
    start_s, end_s = shaped["beat_times"][3:5]
    inside = np.array(full["rms"])[(centres_s >= start_s) & (centres_s < end_s)]
    assert rms["values"][3] == pytest.approx(inside.mean(), rel=0.05)


def test_a_low_rate_makes_small_responses(client: httpx.Client, short_song_wav: bytes, short_song: Song) -> None:
    query: dict[str, Any] = {"features": "rms", "rate": 1, "precision": 2, "analysis_type": "tempo_only"}
    answer = uploaded(client, short_song_wav, **query)
    assert len(answer.content) < 10_000
    rms = answer.json()["timelines"]["rms"]
    assert len(rms["values"]) == rms["grid"]["n_intervals"] == int(np.ceil(short_song.duration_s))
    assert all(value == float(f"{value:.2g}") for value in rms["values"])
    assert (
        answer.json()["beat_times"] == uploaded(client, short_song_wav, analysis_type="tempo_only").json()["beat_times"]
    )


def test_precision_alone_keeps_the_frame_arrays(
    client: httpx.Client, short_song_wav: bytes, full: dict[str, Any]
) -> None:
    fewer = uploaded(client, short_song_wav, precision=2).json()
    assert fewer.keys() == full.keys()
    assert fewer["beat_times"] == full["beat_times"]
    np.testing.assert_allclose(fewer["spectral_centroid"], full["spectral_centroid"], rtol=0.051)
    assert all(value == float(f"{value:.2g}") for value in fewer["spectral_centroid"])


def test_npz_has_the_values_of_the_json(client: httpx.Client, short_song_wav: bytes, full: dict[str, Any]) -> None:
    answer = uploaded(client, short_song_wav, MEDIA_TYPES["npz"])
    archive = np.load(io.BytesIO(answer.content), allow_pickle=False)
    fields = orjson.loads(archive["analysis.json"])
    for name in PLAIN_FRAMES - {"frames"}:
        np.testing.assert_array_equal(archive[name], np.array(full[name], np.float32))
    assert archive[fields["timelines"]["rms"]["times"]].shape == archive["rms"].shape
    for name in full.keys() - PLAIN_FRAMES - {"zero_crossing_rate", "analysis_timestamp"}:
        assert fields[name] == full[name]


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_arrow_and_parquet_are_readable(client: httpx.Client, short_song_wav: bytes, form: Any) -> None:
    body = io.BytesIO(uploaded(client, short_song_wav, MEDIA_TYPES[form], features="rms").content)
    table = pq.read_table(body) if form == "parquet" else pa.ipc.open_stream(body).read_all()
    (row,) = table.to_pylist()
    assert row["feature"] == "rms"
    assert len(row["times"]) == len(row["values"][0])


def test_a_stored_analysis_is_found_by_its_timeline_options(client: httpx.Client, short_song_wav: bytes) -> None:
    query = {"features": "peak", "rate": "2", "analysis_type": "basic"}
    first = uploaded(client, short_song_wav, **query)
    path = f"/analysis/{first.json()['file_hash']}"
    again = client.get(path, params={"features": ["peak"], "rate": 2.0})
    assert again.content == first.content
    assert again.headers["cache-status"] == "Tactus; hit"
    assert uploaded(client, short_song_wav, **query).headers["cache-status"] == "Tactus; hit"
    other = client.get(path, params={"features": "peak", "rate": 3})
    assert other.status_code == 404
    assert "with these parameters" in other.json()["detail"]


def test_a_stored_analysis_can_be_requested_by_type(
    client: httpx.Client, short_song_wav: bytes, full: dict[str, Any]
) -> None:
    path = f"/analysis/{full['file_hash']}"
    basic = client.get(path, params={"analysis_type": "basic"}).json()
    assert basic.items() <= full.items()
    assert "frames" not in basic
    assert client.get(path, headers={"Accept": "text/csv"}).status_code == 406


def test_a_request_for_timelines_does_not_change_the_plain_analysis(client: httpx.Client) -> None:
    clicks = wav_bytes(click_track(100.0, 6.0))
    shaped = uploaded(client, clicks, MEDIA_TYPES["npz"], features="rms")
    file_hash = orjson.loads(np.load(io.BytesIO(shaped.content))["analysis.json"])["file_hash"]
    found = client.get(f"/analysis/{file_hash}")
    assert found.headers["content-type"] == "application/json"
    assert found.json().keys() >= {"bpm", "key", "sections"}
    assert "timelines" not in found.json()
    assert uploaded(client, clicks, analysis_type="basic").headers["cache-status"] == "Tactus; hit"
    uploaded(client, clicks, features="mfcc", rate=1)
    assert client.get(f"/analysis/{file_hash}").headers["etag"] == found.headers["etag"]
    full = uploaded(client, clicks)
    assert client.get(f"/analysis/{file_hash}").content == full.content


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"features": "loudnes"}, "features", "k_weighted_power"),
        ({"features": "rms,"}, "features.1", "at least 1"),
        ({"rate": "bar"}, "rate", "beat"),
        ({"rate": "0"}, "rate", "0.01"),
        ({"rate": "nan"}, "rate", "0.01"),
        ({"rate": "1e9"}, "rate", "200"),
        ({"precision": "0"}, "precision", "1"),
        ({"precision": "10"}, "precision", "9"),
    ],
)
def test_invalid_timeline_options_are_refused_before_the_body_is_read(
    client: httpx.Client, query: dict[str, str], field: str, words: str
) -> None:
    for answer in (
        client.post("/analyze-upload", params=query),
        client.get(f"/analysis/{'0' * 64}", params=query),
    ):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["field"] == field
        assert words in error["message"]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"features": ["nothing"]}, "features"),
        ({"features": "rms"}, "features"),
        ({"rate": "2"}, "rate"),
        ({"rate": True}, "rate"),
        ({"precision": 2.5}, "precision"),
    ],
)
def test_json_requests_validate_timeline_options_too(
    client: httpx.Client, parameters: dict[str, Any], field: str
) -> None:
    answer = client.post("/analyze", json={"file_url": "https://example.org/a.mp3", **parameters})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def request_for(accept: str | None) -> Request:
    headers = [] if accept is None else [(b"accept", accept.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "json"),
        ("*/*", "json"),
        ("application/*", "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"),
        ("application/json; charset=utf-8", "json"),
        ("application/x-npz", "npz"),
        ("APPLICATION/X-NPZ", "npz"),
        ("application/x-npz, */*;q=0.5", "npz"),
        ("application/json;q=0.5, application/x-npz;q=0.6", "npz"),
        ("*/*, application/json;q=0", "npz"),
        ("application/vnd.apache.parquet", "parquet"),
        ("application/vnd.apache.arrow.stream", "arrow"),
    ],
)
def test_the_preferred_media_type_is_chosen(accept: str | None, form: str) -> None:
    assert preferred_format(request_for(accept)) == form


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "application/xml, text/*", "nonsense"])
def test_unsupported_media_types_are_refused_with_the_list(client: httpx.Client, accept: str) -> None:
    answer = client.post("/analyze-upload", headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.json()["type"] == "/problems/not-acceptable"
    assert "application/x-npz" in answer.json()["detail"]


def test_without_pyarrow_the_error_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as Python itself notes a module that is not there
    with pytest.raises(NotAcceptableError, match=r"pip install 'tactus\[parquet\]'"):
        preferred_format(request_for("application/vnd.apache.parquet"))
    assert preferred_format(request_for("application/vnd.apache.parquet, application/json;q=0.1")) == "json"
