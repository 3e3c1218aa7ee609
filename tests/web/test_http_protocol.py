"""The HTTP protocol: malformed, oversized and slow requests."""

import time

import httpx
import pytest

from tactus.web.security.http_protocol import HEADER_TIMEOUT_S
from tests.fixtures.service import Service
from tests.web.raw import answer_to, connected, read_answer

HOST = b"Host: localhost\r\n"


def is_well(service: Service) -> bool:
    began_s = time.monotonic()
    return httpx.get(f"{service.url}/health", trust_env=False).status_code == 200 and time.monotonic() - began_s < 1


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET  /health HTTP/1.1\r\n" + HOST + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /live/stop HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"GET /health HTTP/1.1\r\n" + HOST + b"Bad Header: x\r\n\r\n",
    ],
    ids=[
        "no-host",
        "two-hosts",
        "absolute",
        "spaces",
        "tls",
        "http2",
        "negative",
        "two-lengths",
        "bad-chunk",
        "bad-name",
    ],
)
def test_malformed_requests_are_refused(service: Service, request_bytes: bytes) -> None:
    answer = answer_to(service, request_bytes)
    assert (answer.status, answer.slug) == (400, "invalid-request")
    assert is_well(service)


@pytest.mark.parametrize(
    ("request_bytes", "status", "slug"),
    [
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "uri-too-long"),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "uri-too-long"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 10_000_000 + b"\r\n\r\n", 431, "headers-too-large"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"a: b\r\n" * 10_000 + b"\r\n", 431, "headers-too-large"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"a: b\r\n" * 200 + b"\r\n", 431, "headers-too-large"),
    ],
    ids=["uri-100k", "uri-9k", "header-10M", "headers-10k", "headers-200"],
)
def test_oversized_headers_are_refused(service: Service, request_bytes: bytes, status: int, slug: str) -> None:
    answer = answer_to(service, request_bytes)
    assert (answer.status, answer.slug) == (status, slug)
    assert is_well(service)


def test_slow_headers_time_out_without_delaying_others(service: Service) -> None:
    slow = [connected(service) for _ in range(300)]
    try:
        for connection in slow:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: local")
        assert is_well(service)
        began_s = time.monotonic()
        answer = read_answer(slow[0])
        assert (answer.status, answer.slug) == (408, "request-timeout")
        assert time.monotonic() - began_s < HEADER_TIMEOUT_S + 2
        assert slow[0].recv(1) == b"", "the connection is closed"
    finally:
        for connection in slow:
            connection.close()


def test_connections_are_reused(service: Service) -> None:
    with connected(service) as connection:
        for _ in range(3):
            connection.sendall(b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n")
            assert read_answer(connection).status == 200


def test_a_request_may_arrive_in_several_packets(service: Service) -> None:
    with connected(service) as connection:
        for byte in b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n":
            connection.sendall(bytes([byte]))
        assert read_answer(connection).status == 200
