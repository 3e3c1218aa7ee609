"""Responses with an analysis: content codings, conditional requests, cache status."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import zstandard

from tests.fixtures.service import MakeService, Service


@pytest.fixture
def analysis_path(client: httpx.Client, short_song_wav: bytes) -> str:
    answer = client.post("/analyze-upload", files={"file": short_song_wav})
    assert answer.status_code == 200, answer.text
    return f"/analysis/{answer.json()['file_hash']}"


def raw(client: httpx.Client, path: str, accepted: str) -> tuple[httpx.Response, bytes]:
    with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        return answer, b"".join(answer.iter_raw())


def test_every_content_coding_decodes_to_the_same_body(client: httpx.Client, analysis_path: str) -> None:
    plain, body = raw(client, analysis_path, "identity")
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) == len(body)
    packed, packed_body = raw(client, analysis_path, "br, gzip;q=0.5, deflate")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed_body) == body
    fast, fast_body = raw(client, analysis_path, "gzip, zstd")
    assert fast.headers["content-encoding"] == "zstd"
    assert zstandard.ZstdDecompressor().stream_reader(fast_body).read() == body
    assert len(fast_body) < len(body) / 2
    refused, _ = raw(client, analysis_path, "gzip;q=0, zstd;q=0")
    assert "content-encoding" not in refused.headers
    assert len({answer.headers["etag"] for answer in (plain, packed, fast)}) == 3
    assert all(answer.headers["vary"] == "Accept, Accept-Encoding" for answer in (plain, packed, fast))


def test_concurrent_requests_get_the_same_gzip_body(service: Service, analysis_path: str) -> None:
    def ask(_: int) -> bytes:
        with service.client() as client:
            return raw(client, analysis_path, "gzip")[1]

    with ThreadPoolExecutor(4) as pool:
        bodies = set(pool.map(ask, range(8)))
    assert len(bodies) == 1
    with service.client() as client:
        assert gzip.decompress(bodies.pop()) == raw(client, analysis_path, "identity")[1]


def test_if_none_match_is_answered_with_304(client: httpx.Client, analysis_path: str) -> None:
    first = client.get(analysis_path)
    again = client.get(analysis_path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["vary"] == first.headers["vary"]
    assert client.get(analysis_path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_concurrent_uploads_share_one_analysis(make_service: MakeService, short_song_wav: bytes) -> None:
    with make_service() as service:

        def ask(_: int) -> httpx.Response:
            with service.client() as client:
                return client.post("/analyze-upload?analysis_type=basic", files={"file": short_song_wav})

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(ask, range(4)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        assert len([line for line in service.log if line.get("event") == "track_analysed"]) == 1
        assert ask(0).headers["cache-status"] == "Tactus; hit"


def test_fields_beyond_the_analysis_type_are_absent(service: Service, short_song_wav: bytes) -> None:
    with service.client() as client:
        rhythm, basic, full = (
            client.post(f"/analyze-upload?analysis_type={kind}", files={"file": short_song_wav}).json()
            for kind in ("tempo_only", "basic", "full")
        )
    assert rhythm.keys() < basic.keys() < full.keys()
    assert {"mfcc", "chroma", "spectral_centroid", "frames"} <= full.keys() - basic.keys()
    assert "key" not in rhythm
    assert "NaN" not in json.dumps(full)


def test_the_catalogue_is_listed(client: httpx.Client) -> None:
    names = {feature["name"] for feature in client.get("/features").json()["features"]}
    assert {"rms", "mfcc", "chroma", "spectral_centroid", "zero_crossing_rate"} <= names
