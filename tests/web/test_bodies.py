"""JSON bodies and parameters: invalid ones are refused with the name of the field, and never cause a 500."""

from typing import Any

import httpx
import pytest

JSON = {"Content-Type": "application/json"}


def fields(answer: httpx.Response) -> set[str]:
    return {error["field"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"source":"demo","gain_db":NaN}', 422),
        (b'{"source":"demo","gain_db":Infinity}', 422),
        (b'{"source":"demo","gain_db":-Infinity}', 422),
        (b'{"source":"demo","gain_db":1e400}', 422),
        (b'{"source":"demo","channel":' + b"9" * 5000 + b"}", 422),
        (b'{"source":"demo","session":"\\ud800"}', 422),
        (b'{"\\ud800":1}', 422),
        (b'{"source":"demo","session":"a\\u0000b"}', 422),
        (b'{"source":"demo","session":"' + b"a" * 1_000_000 + b'"}', 422),
        (b'{"source":"\xc0\xaf"}', 400),
        (b'\xef\xbb\xbf{"source":"demo"}', 400),
        (b'{"source":"\xff"}', 400),
        (b'{"source":"demo"', 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
        (b'{"source":"demo","source":"device"}', 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"demo"', 422),
        (b"7", 422),
    ],
)
def test_malformed_json_is_refused(client: httpx.Client, body: bytes, status: int) -> None:
    answer = client.post("/live/start", content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == ("/problems/invalid-request" if status == 400 else "/problems/validation")
    assert client.get("/live/status").json()["is_recording"] is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"source": "telepathy"}, "source"),
        ({"source": "demo", "volume": 11}, "volume"),
        ({"source": "demo", "channel": -1}, "channel"),
        ({"source": "demo", "channel": 2**63}, "channel"),
        ({"source": "demo", "channel": "left"}, "channel"),
        ({"source": "demo", "channel": 1.5}, "channel"),
        ({"source": "demo", "gain_db": "loud"}, "gain_db"),
        ({"source": "demo", "gain_db": 1e9}, "gain_db"),
        ({"source": None}, "source"),
        ({"source": "demo", "session": ""}, "session"),
        ({"source": "demo", "session": "../../etc"}, "session"),
    ],
)
def test_wrong_fields_are_named(client: httpx.Client, body: dict[str, Any], field: str) -> None:
    answer = client.post("/live/start", json=body)
    assert answer.status_code == 422
    assert field in fields(answer)


def test_missing_and_unknown_fields_are_named(client: httpx.Client) -> None:
    assert fields(client.post("/analyze", json={})) == {"file_url"}
    assert fields(client.post("/analyze")) == {"file_url"}
    both = client.post("/analyze", json={"file_url": "https://example.org/a.mp3", "analysis_type": "most", "x": 1})
    assert fields(both) == {"analysis_type", "x"}
    assert fields(client.post("/analyze", json={"file_url": "https://e.org", "cache_result": "yes"})) == {
        "cache_result"
    }
    wrong_query = client.post("/analyze-upload?analysis_type=most&colour=red", files={"file": b"x"})
    assert fields(wrong_query) == {"analysis_type", "colour"}


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", None])
def test_json_needs_its_media_type(client: httpx.Client, media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = client.post("/live/start", content=b'{"source":"demo"}', headers=headers)
    assert answer.status_code == 415
    assert answer.json()["type"] == "/problems/unsupported-media"


def test_an_empty_body_needs_no_media_type(client: httpx.Client) -> None:
    assert client.post("/live/stop", content=b"").status_code == 200
    assert client.post("/live/stop", json={}).status_code == 200
    assert (
        client.post(
            "/live/stop", content=b"{}", headers={"Content-Type": "application/json; charset=utf-8"}
        ).status_code
        == 200
    )


def test_json_bodies_are_bounded(client: httpx.Client) -> None:
    answer = client.post("/live/start", content=b" " * (3 << 20), headers=JSON)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
