"""Pages, methods, problem types and health."""

import re

import httpx
import pytest

from tactus.errors import TactusError


def test_unknown_paths_and_methods(client: httpx.Client) -> None:
    missing = client.get("/nowhere")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")
    for method, path, allowed in (
        ("GET", "/analyze", "POST"),
        ("DELETE", "/health", "GET"),
        ("PUT", "/live/start", "POST"),
        ("TRACE", "/health", "GET"),
        ("OPTIONS", "/health", "GET"),
        ("BREW", "/health", "GET"),
        ("POST", "/openapi.json", "GET"),
        ("DELETE", f"/analysis/{'0' * 64}", "GET, HEAD, PATCH"),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed"), (method, path)
        assert allowed in answer.headers["allow"]


def test_head_is_get_without_a_body(client: httpx.Client) -> None:
    for path in ("/health", "/", "/docs", "/openapi.json", "/live/status", "/nowhere"):
        head, got = client.head(path), client.get(path)
        assert head.status_code == got.status_code
        assert head.content == b""
        assert head.headers["content-type"] == got.headers["content-type"]


def test_every_problem_has_a_page(client: httpx.Client) -> None:
    listed = {problem["type"] for problem in client.get("/problems").json()["problems"]}
    assert listed == {f"/problems/{error.slug}" for error in TactusError.__subclasses__()}
    for address in listed:
        assert client.get(address).headers["content-type"].startswith("text/html")
    assert client.get("/problems/none-such").status_code == 404


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc"])
def test_pages_load_nothing_from_other_hosts(client: httpx.Client, path: str) -> None:
    page = client.get(path, follow_redirects=True)
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    for address in re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text):
        assert not re.match(r"(https?:)?//", address), address
        if address.startswith("/"):
            assert client.get(address).status_code == 200, address


def test_health(client: httpx.Client) -> None:
    health = client.get("/health").json()
    assert health["status"] == "OK"
    assert health["service"] == "audio-analysis"
    assert health["redis"] in {"off", "ok"}
    assert health["degraded"] == []
    assert isinstance(health["version"], str)


def test_an_unknown_analysis_is_not_found(client: httpx.Client) -> None:
    for file_hash in ("0" * 64, "x", "..%2F..%2Fetc", "%00", "0" * 2000):
        answer = client.get(f"/analysis/{file_hash}")
        assert answer.status_code == 404, file_hash
        assert answer.json()["type"] == "/problems/not-found"
