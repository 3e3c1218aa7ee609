"""WebSocket listeners: everything in order, a late joiner's state first, and a slow one only hurts itself."""

import contextlib
import itertools
import json
import socket
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tactus.web.live.binary_frame import HEADER
from tactus.web.live.listener_slots import SlotLimits
from tactus.web.live.messages import MESSAGE
from tactus.web.live.websocket import SLOW_CONSUMER
from tests.fixtures.service import Service
from tests.web.raw import HANDSHAKE

SECONDS_OF_DEMO = 43


def received(listener: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(listener.recv(timeout=10))
    return message


def close_code(listener: ClientConnection) -> int:
    """With which code the service ends the connection, once everything has been read."""
    with contextlib.suppress(ConnectionClosed):  # what iterating raises for any code but 1000 and 1001
        for _ in listener:
            pass
    return listener.close_code or 0


@pytest.fixture
def demo(service: Service, request: pytest.FixtureRequest) -> Iterator[str]:
    """A demo session of the test's own; its name."""
    name = request.node.name.replace("[", "_").replace("]", "")[:60]
    with service.client() as client:
        assert client.post("/live/start", json={"source": "demo", "session": name}).status_code == 200
        yield name
        client.post("/live/stop", json={"session": name})


def test_messages_come_in_order_without_a_gap(service: Service, demo: str) -> None:
    with connect(f"{service.websocket_url}/live/ws?session={demo}", proxy=None) as listener:
        first = received(listener)
        assert (first["type"], first["session"]) == ("state", demo)
        frames = [message for message in (received(listener) for _ in range(60)) if "frequency_data" in message]
    sequences = [frame["sequence"] for frame in frames]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    assert all(len(frame["frequency_data"]) == 512 and len(frame["time_domain_data"]) == 1024 for frame in frames)
    assert max(frame["overall_volume"] for frame in frames) > 0, "the demo makes sound"


def test_sessions_that_run_are_listed_with_their_listeners(service: Service, demo: str) -> None:
    with service.client() as client, connect(f"{service.websocket_url}/live/ws?session={demo}", proxy=None) as listener:
        received(listener)
        (told,) = [each for each in client.get("/live/sessions").json()["sessions"] if each["session"] == demo]
        assert told["source"] == "demo"
        assert (told["is_recording"], told["n_listeners"]) == (True, 1)
        client.post("/live/stop", json={"session": demo})
        assert demo not in {each["session"] for each in client.get("/live/sessions").json()["sessions"]}


def test_who_comes_back_hears_what_was_missed(service: Service, demo: str) -> None:
    address = f"{service.websocket_url}/live/ws?session={demo}"
    with connect(address, proxy=None) as listener:
        heard = [received(listener) for _ in range(10)][-1]["sequence"]
    with connect(f"{address}&after={heard}", proxy=None) as listener:
        numbered = [message for message in (received(listener) for _ in range(10)) if "sequence" in message]
    assert numbered[0]["sequence"] == heard + 1


def test_a_listener_that_does_not_read_is_cut_and_no_other_notices(service: Service, demo: str) -> None:
    address = f"{service.websocket_url}/live/ws?session={demo}"
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", service.port))
    narrow.sendall(
        f"GET /live/ws?session={demo} HTTP/1.1\r\nHost: localhost:{service.port}\r\n{HANDSHAKE}\r\n".encode()
    )
    with narrow, connect(address, proxy=None) as healthy, service.client() as client:
        assert received(healthy)["type"] == "state"
        sequences = []
        for _ in range(12 * SECONDS_OF_DEMO):
            message = received(healthy)
            sequences.append(message["sequence"])
            assert "dropped" not in message
            status = client.get(f"/live/status?session={demo}").json()
            if len(sequences) > SECONDS_OF_DEMO and status["n_listeners"] == 1:
                break
        else:
            raise AssertionError("it was not cut")
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert "slow_consumer_cut" in {line.get("event") for line in service.log}
        narrow.settimeout(10)
        sent = b""
        with contextlib.suppress(OSError):  # cut while its buffer was full
            while piece := narrow.recv(1 << 16):
                sent = (sent + piece)[-200:]
        assert SLOW_CONSUMER.to_bytes(2, "big") in sent or len(sent) == 200


def test_strangers_hear_the_demo_but_not_what_was_before(service: Service, demo: str) -> None:
    stranger = {"X-Forwarded-For": "203.0.113.7"}
    with connect(f"{service.websocket_url}/live/ws?session={demo}", proxy=None) as us:
        while (heard := received(us).get("sequence", 0)) < 5:
            pass
    with connect(
        f"{service.websocket_url}/live/ws?session={demo}&after=0", additional_headers=stranger, proxy=None
    ) as them:
        first, second = received(them), received(them)
    assert first["type"] == "state"
    assert second["sequence"] > heard


def test_strangers_have_a_bounded_number_of_connections(service: Service, demo: str) -> None:
    stranger = {"X-Forwarded-For": "203.0.113.7"}
    address = f"{service.websocket_url}/live/ws?session={demo}"
    with contextlib.ExitStack() as opened:
        for _ in range(SlotLimits().per_client):
            opened.enter_context(connect(address, additional_headers=stranger, proxy=None))
        with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=stranger, proxy=None):
            pass
        assert refused.value.response.status_code == 429
        assert "Retry-After" in refused.value.response.headers


def test_large_client_messages_end_the_connection(service: Service, demo: str) -> None:
    with connect(f"{service.websocket_url}/live/ws?session={demo}", proxy=None) as listener:
        listener.send("x" * 70_000)
        assert close_code(listener) == 1009


def test_a_listener_gets_the_fields_the_spectrum_and_the_rate_it_wants(service: Service, demo: str) -> None:
    wish = "fields=levels,frequency_data,beat_detected,sample_rate&bins=32&scale=log&rate=10"
    with connect(f"{service.websocket_url}/live/ws?session={demo}&{wish}", proxy=None) as listener:
        assert received(listener)["type"] == "state"
        frames = [message for message in (received(listener) for _ in range(20)) if message["type"] == "frame"]
        assert any(received(listener).get("beat_detected") for _ in range(100))
    for earlier, later in itertools.pairwise(frames[1:]):  # the first is there at once
        assert later["audio_time"] - earlier["audio_time"] == pytest.approx(0.1, abs=1024 / 44100)
        assert later["sequence"] - earlier["sequence"] == later["merged"]
    assert all(len(frame["frequency_data"]) == 32 and "time_domain_data" not in frame for frame in frames)


def test_frames_come_in_binary_on_request(service: Service, demo: str) -> None:
    address = f"{service.websocket_url}/live/ws?session={demo}"
    with connect(f"{address}&format=binary", proxy=None) as listener, connect(address, proxy=None) as reader:
        texts = {message["sequence"]: message for message in (received(reader) for _ in range(60)) if "bar" in message}
        compared = 0
        while compared < 20:
            said = listener.recv(timeout=10)
            if isinstance(said, str):
                assert json.loads(said)["type"] in {"state", "beat", "tempo", "onset", "beat_cancelled"}
                continue
            head = HEADER.unpack_from(said)
            if (text := texts.get(head[5])) is None:
                continue
            compared += 1
            assert head[7] == text["audio_time"]
            numbers = np.frombuffer(said, "<f4", offset=HEADER.size)
            assert numbers == pytest.approx(text["frequency_data"] + text["time_domain_data"])


@pytest.mark.parametrize(
    "wish",
    ["fields=beet", "fields=", "bins=0", "bins=9999", "scale=mel", "rate=0", "rate=nan", "rate=1e9", "format=xml"],
)
def test_a_form_that_there_is_not_is_refused_at_the_handshake(service: Service, wish: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{service.websocket_url}/live/ws?{wish}", proxy=None):
        pass
    assert refused.value.response.status_code == 422


def test_the_time_is_told_to_whoever_asks_and_rubbish_goes_unheard(service: Service, demo: str) -> None:
    address = f"{service.websocket_url}/live/ws?session={demo}&fields=server_time&rate=1"
    with connect(address, proxy=None) as listener:
        for rubbish in ("", "x" * 60_000, '{"type":"ping"}', '{"type":"ping","id":-1}', b"\0\1", "\0"):
            listener.send(rubbish)
        listener.send('{"type":"ping","id":7}')
        while (answer := received(listener))["type"] != "pong":
            assert answer["type"] in {"state", "frame"}
        assert answer["id"] == 7
        frame = received(listener)
        assert abs(frame["server_time"] - answer["server_time"]) < 2


def test_every_message_of_a_session_is_what_the_schema_says(service: Service, demo: str) -> None:
    with service.client() as client, connect(f"{service.websocket_url}/live/ws?session={demo}", proxy=None) as listener:
        messages = [received(listener) for _ in range(3 * SECONDS_OF_DEMO)]
        client.post("/live/stop", json={"session": demo})
        while messages[-1].get("state") != "stopped":
            messages.append(received(listener))
    for message in messages:
        MESSAGE.validate_python(message)
    assert {message["type"] for message in messages} == {"state", "frame"}
