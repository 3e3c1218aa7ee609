"""Server-sent events: beats and states, to whoever reads them."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tactus.web.live.listener_slots import SlotLimits
from tactus.web.live.messages import MESSAGE
from tests.fixtures.service import MakeService, Service


@pytest.fixture
def demo(service: Service) -> Iterator[str]:
    """A demo session of the tests' own; its name."""
    with service.client() as client:
        client.post("/live/start", json={"source": "demo", "session": "told"})
        yield "told"
        client.post("/live/stop", json={"session": "told"})


def events_in(answer: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is told: id (empty without) and data; the name of each has been compared."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        fields[name] = value
        if not line and "data" in fields:
            data = json.loads(fields["data"])
            assert data["type"] == fields["event"]
            yield fields.get("id", ""), data
            fields = {}


def test_beats_and_states_are_told_and_no_frames(service: Service, demo: str) -> None:
    with service.client() as client, client.stream("GET", f"/live/events?session={demo}") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        told = events_in(answer)
        number, first = next(told)
        assert (number, first["type"], first["source"]) == ("", "state", "demo")
        beats: list[dict[str, Any]] = []
        while len(beats) < 4:
            number, event = next(told)
            MESSAGE.validate_python(event)
            assert int(number) == event["sequence"]
            if event["type"] == "beat":
                beats.append(event)
        assert abs(beats[-1]["timestamp"] - time.time()) < 2
        client.post("/live/stop", json={"session": demo})
        assert any(event["type"] == "state" and event["state"] == "stopped" for _, event in told)


def test_only_the_types_that_are_wanted(service: Service, demo: str) -> None:
    with service.client() as client, client.stream("GET", f"/live/events?session={demo}&types=onset,gap") as answer:
        told = events_in(answer)
        assert {next(told)[1]["type"] for _ in range(5)} == {"onset"}


def test_who_comes_back_hears_what_was_missed(service: Service, demo: str) -> None:
    with service.client() as client:
        with client.stream("GET", f"/live/events?session={demo}&types=onset") as answer:
            told = events_in(answer)
            last, missed = [next(told) for _ in range(3)][1:]
        back = {"Last-Event-ID": last[0]}
        with client.stream("GET", f"/live/events?session={demo}&types=onset", headers=back) as answer:
            again = events_in(answer)
            assert missed in [next(again) for _ in range(3)]


def test_what_is_asked_wrongly_is_refused(client: httpx.Client) -> None:
    for query in ("types=frame", "types=", "session=a/b", "x=1"):
        answer = client.get(f"/live/events?{query}")
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/validation")
    assert client.get("/live/events", headers={"Last-Event-ID": "-1"}).status_code == 422
    head = client.head("/live/events")
    assert (head.status_code, head.content) == (200, b"")


def test_strangers_have_a_bounded_number_of_them(service: Service, demo: str) -> None:
    stranger = {"X-Forwarded-For": "203.0.113.7"}
    with service.client() as client, contextlib.ExitStack() as opened:
        for _ in range(SlotLimits().per_client):
            opened.enter_context(client.stream("GET", f"/live/events?session={demo}", headers=stranger))
        assert client.get(f"/live/events?session={demo}", headers=stranger).status_code == 429


def test_a_reader_that_leaves_is_gone(service: Service, demo: str) -> None:
    with service.client() as client:
        with client.stream("GET", f"/live/events?session={demo}") as answer:
            told = events_in(answer)
            next(told)
            assert client.get(f"/live/status?session={demo}").json()["n_listeners"] == 1
        deadline_s = time.monotonic() + 5
        while client.get(f"/live/status?session={demo}").json()["n_listeners"]:
            assert time.monotonic() < deadline_s


def test_a_reader_that_does_not_read_holds_nobody_up_and_is_cut(service: Service, demo: str) -> None:
    with socket.socket() as narrow, service.client() as client:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        narrow.connect(("127.0.0.1", service.port))
        query = f"session={demo}&types=onset,beat,beat_cancelled,tempo"
        narrow.sendall(f"GET /live/events?{query} HTTP/1.1\r\nHost: localhost:{service.port}\r\n\r\n".encode())
        with client.stream("GET", f"/live/events?{query}") as answer:
            told = events_in(answer)
            numbers = [int(next(told)[0]) for _ in range(40)]
        assert numbers == sorted(numbers)


def test_a_stream_ends_at_once_when_the_service_stops(make_service: MakeService) -> None:
    with (
        make_service() as stopping,
        stopping.client() as client,
        client.stream("GET", "/live/events?types=state") as answer,
    ):
        lines = answer.iter_lines()
        assert next(lines).startswith("retry")
        began_s = time.monotonic()
        assert stopping.stop() == 0
        assert [line for line in lines if line] == []
        assert time.monotonic() - began_s < 3
