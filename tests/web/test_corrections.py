"""PATCH /analysis/{file_hash}: corrections are applied, and invalid ones refused with the field."""

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.fixtures.service import MakeService
from tests.fixtures.signals import click_track, wav_bytes

CLICKS = wav_bytes(click_track(110.0, 8.0))
ADDRESS = f"/analysis/{hashlib.sha256(CLICKS).hexdigest()}"


@pytest.fixture
def corrected(client: httpx.Client) -> Iterator[httpx.Client]:
    """A client of a service with an analysis of the clicks, whose correction is removed at the end."""
    client.post("/analyze-upload", files={"file": CLICKS}).raise_for_status()
    yield client
    client.patch(ADDRESS, json={"clear": True}).raise_for_status()


@pytest.mark.parametrize(
    ("correction", "bpm"),
    [
        ({"correction": "x1/2"}, 55.0),
        ({"bpm": 220}, 220.0),
        ({"bpm_max": 70}, 55.0),
        ({"taps": [1.0, 1.5454, 2.0909, 2.6363]}, 110.0),
        ({"downbeat_at": 2.2}, 110.0),
    ],
)
def test_the_response_is_the_corrected_analysis(
    corrected: httpx.Client, correction: dict[str, Any], bpm: float
) -> None:
    answer = corrected.patch(ADDRESS, json=correction)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["bpm"] == found["tempo"] == pytest.approx(bpm, rel=0.02)
    assert found["correction"] == correction
    assert len(found["rms"]) == found["frames"]["n_frames"], "the rest of the richest analysis came along"
    assert corrected.get(ADDRESS).content == answer.content
    assert corrected.post("/analyze-upload", files={"file": CLICKS}).content == answer.content
    back = corrected.patch(ADDRESS, json={"clear": True}).json()
    assert back["correction"] is None
    assert back["bpm"] == pytest.approx(110.0, rel=0.02)


def test_a_hint_applies_to_one_upload(client: httpx.Client) -> None:
    clicks = wav_bytes(click_track(100.0, 8.0))
    query: dict[str, Any] = {"analysis_type": "tempo_only", "bpm_min": 30, "bpm_max": 70}
    found = client.post("/analyze-upload", params=query, files={"file": clicks}).json()
    assert found["bpm"] == pytest.approx(50.0, rel=0.02)
    assert found["correction"] == {"bpm_min": 30.0, "bpm_max": 70.0}
    plain = client.post("/analyze-upload", params={"analysis_type": "tempo_only"}, files={"file": clicks}).json()
    assert plain["correction"] is None
    assert plain["bpm"] == pytest.approx(100.0, rel=0.02)


def test_a_correction_of_an_unknown_track_applies_to_its_next_analysis(client: httpx.Client) -> None:
    clicks = wav_bytes(click_track(96.0, 8.0))
    address = f"/analysis/{hashlib.sha256(clicks).hexdigest()}"
    assert client.patch(address, json={"clear": True}).status_code == 404
    answer = client.patch(address, json={"correction": "x2"})
    assert answer.status_code == 202
    assert answer.json()["correction"] == {"correction": "x2"}
    assert client.get(address).status_code == 404
    found = client.post("/analyze-upload", params={"analysis_type": "tempo_only"}, files={"file": clicks}).json()
    assert found["bpm"] == pytest.approx(192.0, rel=0.02)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"correction": None}, ""),
        ({"clear": False}, ""),
        ({"clear": True, "bpm": 100}, "clear"),
        ({"bpm": 100, "correction": "x2"}, "bpm"),
        ({"correction": "x7"}, "correction"),
        ({"bpm": "100"}, "bpm"),
        ({"bpm": 0}, "bpm"),
        ({"bpm_min": 120, "bpm_max": 100}, "bpm_min"),
        ({"taps": [1, 2, 3]}, "taps"),
        ({"taps": [4, 3, 2, 1]}, "taps"),
        ({"taps": [1, 2, 3, -4]}, "taps.3"),
        ({"downbeat_at": -1}, "downbeat_at"),
        ({"tempo": 100}, "tempo"),
    ],
)
def test_invalid_corrections_are_refused_with_the_field(client: httpx.Client, body: dict[str, Any], field: str) -> None:
    answer = client.patch(ADDRESS, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field


def test_media_type_and_hash_are_checked(client: httpx.Client) -> None:
    assert client.patch(ADDRESS, content=b'{"bpm": 100}', headers={"Content-Type": "text/plain"}).status_code == 415
    assert client.patch(ADDRESS, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert (
        client.patch(ADDRESS, content=b'{"bpm": NaN}', headers={"Content-Type": "application/json"}).status_code == 422
    )
    assert client.patch("/analysis/song.mp3", json={"bpm": 100}).status_code == 404
    refused = client.put(ADDRESS, json={"bpm": 100})
    assert refused.status_code == 405


def test_corrections_outlive_the_service(make_service: MakeService) -> None:
    with make_service(CACHE_EXPIRY="1") as service, service.client() as client:
        assert client.patch(ADDRESS, json={"bpm": 55}).status_code == 202
    with make_service() as service, service.client() as client:
        found = client.post("/analyze-upload", params={"analysis_type": "tempo_only"}, files={"file": CLICKS}).json()
        assert found["bpm"] == pytest.approx(55.0, rel=0.02)


def test_pages_of_other_origins_may_not_correct(client: httpx.Client) -> None:
    answer = client.patch(ADDRESS, json={"bpm": 100}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
