"""The security middleware: Host, Origin, token and loopback checks of every request and WebSocket handshake."""

from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tactus.web.security.access_policy import AccessPolicy
from tests.fixtures.service import MakeService, Service
from tests.web.raw import HANDSHAKE, answer_to

PATHS = ("/health", "/docs", "/openapi.json", "/", "/metrics", "/nowhere", "/live/status", "/devices")
TOKEN = "a-token-of-twenty-four-letters"


def slug(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).removeprefix("/problems/")


def handshake_status(service: Service, path: str = "/live/ws", **headers: str) -> int:
    try:
        with connect(f"{service.websocket_url}{path}", additional_headers=headers, proxy=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.com",
        "127.0.0.1.nip.io",
        "localhost:8001@evil",
        "user@localhost",
        "localhost.",
        "127.0.0.2",
        "0.0.0.0:8001",
        "localhost:99999",
        "[::2]",
        "",
    ],
)
def test_foreign_host_names_are_refused_everywhere(service: Service, host: str, path: str) -> None:
    answer = answer_to(service, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert (answer.status, answer.slug) == (403, "host-not-allowed")
    assert b"TACTUS_ALLOWED_HOSTS" in answer.body


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8001", "127.0.0.1:8001", "[::1]:8001", "[::1]", "127.0.0.1"])
def test_every_loopback_name_is_served(service: Service, host: str) -> None:
    assert answer_to(service, f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).status == 200


def test_ipv6_loopback_is_served_where_there_is_one(service: Service) -> None:
    address = f"http://[::1]:{service.port}/health"
    assert httpx.get(address, trust_env=False).json()["status"] == "OK"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"data": {"source": "demo"}},
        {"files": {"file": b"x"}},
        {"content": b'{"source":"demo"}', "headers": {"Content-Type": "text/plain"}},
        {"content": b"", "headers": {"Content-Type": "application/octet-stream"}},
    ],
    ids=["no-body", "form", "multipart", "text", "beacon"],
)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost:1", "http://localhost.evil.com"])
def test_simple_posts_from_other_origins_are_refused(
    client: httpx.Client, options: dict[str, object], origin: str
) -> None:
    headers = {**dict(options.get("headers", {})), "Origin": origin}  # type: ignore[call-overload]
    for path in ("/live/start", "/analyze", "/analyze-upload", "/devices/0", "/live/stop"):
        answer = client.post(path, **{**options, "headers": headers})  # type: ignore[arg-type]
        assert (answer.status_code, slug(answer)) == (403, "origin-not-allowed")
        assert "TACTUS_ALLOWED_ORIGINS" in answer.json()["detail"]
        assert "access-control-allow-origin" not in answer.headers
    assert client.get("/live/status").json()["is_recording"] is False


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_cross_site_requests_are_refused_except_navigation(client: httpx.Client, site: str) -> None:
    from_page = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert slug(client.get("/devices", headers=from_page)) == "origin-not-allowed"
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=link).status_code == 200
    assert slug(client.post("/live/stop", headers=link)) == "origin-not-allowed"
    assert slug(client.get("/", headers={**link, "Sec-Fetch-Dest": "iframe"})) == "origin-not-allowed"


def test_own_pages_and_programs_pass(client: httpx.Client, service: Service) -> None:
    own = {"Origin": service.url, "Sec-Fetch-Site": "same-origin"}
    assert client.post("/live/stop", headers=own).status_code == 200
    assert client.post("/live/stop", headers={"Sec-Fetch-Site": "none"}).status_code == 200
    assert client.post("/live/stop").status_code == 200


def test_websocket_handshakes_are_checked_like_requests(service: Service) -> None:
    assert handshake_status(service) == 101
    assert handshake_status(service, Origin=service.url) == 101
    assert handshake_status(service, Origin="http://evil.example") == 403
    assert handshake_status(service, Origin="null") == 403
    assert handshake_status(service, path="/nowhere") == 404
    assert handshake_status(service, path="/live/ws?session=a/b") == 422
    assert handshake_status(service, path="/live/ws?token=x") == 422
    answer = answer_to(service, f"GET /live/ws HTTP/1.1\r\nHost: evil.example\r\n{HANDSHAKE}\r\n".encode())
    assert (answer.status, answer.slug) == (403, "host-not-allowed")


def test_malformed_handshakes_are_refused(service: Service) -> None:
    head = f"GET /live/ws HTTP/1.1\r\nHost: localhost:{service.port}\r\nConnection: Upgrade\r\n"
    websocket = head + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    assert answer_to(service, (websocket + "Sec-WebSocket-Key: short\r\n\r\n").encode()).status == 400
    old = head + "Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    assert answer_to(service, old.encode()).status in {400, 426}


def test_allowed_origins_get_cors_and_no_others(make_service: MakeService) -> None:
    allowed, evil = "http://localhost:3000", "http://localhost:3001"
    with make_service(TACTUS_ALLOWED_ORIGINS=allowed) as service, service.client() as client:
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        preflight = client.options("/analyze", headers={"Origin": allowed, **asks})
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == allowed
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert "Content-Type" in preflight.headers["access-control-allow-headers"]
        assert "Origin" in preflight.headers["vary"]
        answer = client.get("/health", headers={"Origin": allowed, "Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, allowed)
        assert "Origin" in client.get("/health").headers["vary"]
        failing = client.get("/analysis/unknown", headers={"Origin": allowed})
        assert (failing.status_code, failing.headers["access-control-allow-origin"]) == (404, allowed)
        refused = client.options("/analyze", headers={"Origin": evil, **asks})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
        assert "Origin" in refused.headers["vary"]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    from tests.fixtures.service import running_service  # noqa: PLC0415

    with running_service(tmp_path_factory.mktemp("guarded"), TACTUS_API_TOKEN=TOKEN) as service:
        yield service


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer " + "x" * 30_000},
        {"Authorization": b"Bearer t\xf6ken"},
    ],
    ids=["none", "wrong", "basic", "bare", "longer", "huge", "umlaut"],
)
def test_without_the_token_requests_are_refused(guarded: Service, headers: dict[str, str]) -> None:
    with guarded.client() as client:
        for method, path in (("GET", "/devices"), ("POST", "/live/start"), ("GET", f"/analysis/x?token={TOKEN}")):
            answer = client.request(method, path, headers=headers)
            assert (answer.status_code, slug(answer)) == (401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert TOKEN not in answer.text
        assert client.get("/health", headers=headers).status_code == 200


def test_the_token_gives_access(guarded: Service) -> None:
    with guarded.client(headers={"Authorization": f"bearer {TOKEN}"}) as client:
        assert client.get("/live/status").status_code == 200
    assert handshake_status(guarded) == 401
    assert handshake_status(guarded, Authorization=f"Bearer {TOKEN}") == 101
    offered = [Subprotocol("tactus"), Subprotocol(f"bearer.{TOKEN}")]
    with connect(f"{guarded.websocket_url}/live/ws", subprotocols=offered, proxy=None) as socket:
        assert socket.subprotocol == "tactus"


def test_sound_of_this_machine_is_for_local_clients(client: httpx.Client) -> None:
    stranger = {"X-Forwarded-For": "203.0.113.7"}
    for headers in (stranger, {"Forwarded": "for=127.0.0.1"}, {"X-Forwarded-Host": "localhost"}):
        assert slug(client.get("/devices", headers=headers)) == "unauthorized"
        assert slug(client.post("/devices/0", headers=headers)) == "unauthorized"
        assert slug(client.post("/live/start", headers=headers)) == "unauthorized"
        assert slug(client.post("/live/start", json={"source": "loopback"}, headers=headers)) == "unauthorized"
    assert client.get("/live/status", headers=stranger).status_code == 200
    started = client.post("/live/start", json={"source": "demo", "session": "theirs"}, headers=stranger)
    assert started.status_code == 200
    assert client.post("/live/stop", json={"session": "theirs"}, headers=stranger).status_code == 200


def test_forwarding_headers_of_a_trusted_proxy_are_followed(make_service: MakeService) -> None:
    with make_service(TACTUS_TRUSTED_PROXIES="127.0.0.1, ::1") as service, service.client() as client:
        path = "/live/ws"
        assert client.get("/devices", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 401
        assert client.get("/devices", headers={"X-Forwarded-For": "127.0.0.1, 203.0.113.7"}).status_code == 401
        assert client.get("/devices", headers={"X-Forwarded-For": "127.0.0.1"}).status_code != 401
        assert client.get("/devices", headers={"Forwarded": "for=203.0.113.7"}).status_code == 401
        assert client.get("/devices", headers={"Forwarded": 'for="[::1]"'}).status_code != 401
        assert client.get("/devices", headers={"X-Forwarded-For": "nobody"}).status_code == 401
        assert handshake_status(service, path) == 101


@pytest.mark.parametrize(
    ("peer", "is_loopback"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("172.17.0.1", False),
     ("::ffff:8.8.8.8", False), ("fe80::1%eth0", False), (None, False), ("", False)],
)  # fmt: skip
def test_loopback_peers(peer: str | None, is_loopback: bool) -> None:
    from starlette.datastructures import Headers  # noqa: PLC0415

    assert AccessPolicy().is_loopback(Headers({"host": "localhost"}), peer) is is_loopback
