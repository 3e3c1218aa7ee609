"""Clients that send their sound: a browser's microphone in every form, and whatever else they may send."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tactus.dsp.arrays import Floats
from tactus.web.live.audio_ingest import INCOMPLETE_SAMPLE, NOT_AUDIO, TOO_FAST, IngestLimits
from tests.fixtures.service import MakeService, Service
from tests.fixtures.signals import tone

PIECE_S = 0.02
LIMITS = IngestLimits()


@pytest.fixture
def session(service: Service, request: pytest.FixtureRequest) -> Iterator[str]:
    """A session of the test's own; its name. It is stopped at the end."""
    name = f"in-{abs(hash(request.node.nodeid))}"
    yield name
    with service.client() as client:
        client.post("/live/stop", json={"session": name})


def sending(service: Service, query: str, **options: Any) -> ClientConnection:
    opened: ClientConnection = connect(f"{service.websocket_url}/live/in?{query}", proxy=None, **options)
    return opened


def listening(service: Service, session: str) -> ClientConnection:
    return connect(f"{service.websocket_url}/live/ws?session={session}", proxy=None)


def send_paced(sender: ClientConnection, raw: bytes, seconds: float) -> None:
    """Send a sound as it sounds."""
    n_pieces = round(seconds / PIECE_S)
    length = len(raw) // n_pieces // 8 * 8
    began_s = time.monotonic()
    for k in range(n_pieces):
        sender.send(raw[k * length : (k + 1) * length])
        time.sleep(max(0.0, began_s + (k + 1) * PIECE_S - time.monotonic()))


def written(samples: Floats, form: str, n_channels: int) -> bytes:
    interleaved = np.repeat(samples[:, None], n_channels, axis=1)
    return (interleaved * 32767).astype("<i2").tobytes() if form == "s16" else interleaved.astype("<f4").tobytes()


def messages_until(listener: ClientConnection, kind: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    while not messages or messages[-1]["type"] != kind:
        messages.append(json.loads(listener.recv(timeout=10)))
    return messages


def close_code(sender: ClientConnection) -> int:
    with contextlib.suppress(ConnectionClosed):
        while True:
            sender.recv(timeout=10)
    return sender.close_code or 0


@pytest.mark.parametrize(
    ("form", "n_channels", "rate"), [("f32", 1, 44100), ("f32", 2, 48000), ("s16", 1, 16000), ("s16", 2, 44100)]
)
def test_what_is_sent_is_heard(service: Service, session: str, form: str, n_channels: int, rate: int) -> None:
    raw = written(tone(1000, 1.0, amplitude=0.5, sample_rate=rate), form, n_channels)
    with (
        listening(service, session) as listener,
        sending(service, f"session={session}&format={form}&channels={n_channels}&rate={rate}") as sender,
    ):
        send_paced(sender, raw, 1.0)
        frames = [message for message in messages_until(listener, "stalled")[:-1] if message["type"] == "frame"]
        if not frames:  # that it waited for the first sound was said before
            frames = [message for message in messages_until(listener, "stalled") if message["type"] == "frame"]
    spectrum = np.array(frames[len(frames) // 2]["frequency_data"])
    assert np.argmax(spectrum) == pytest.approx(1000 / 44100 * 1024, abs=1)
    assert spectrum.max() == pytest.approx(0.5, rel=0.2)
    assert len(frames) == pytest.approx(1.0 * 44100 / 1024, abs=3)  # the last are still on their way
    assert np.median([frame["latency_s"] for frame in frames]) < 0.02


def test_a_started_session_waits_for_its_sender_and_says_so(service: Service, client: httpx.Client) -> None:
    name = "waiting"
    started = client.post("/live/start", json={"source": "browser", "session": name, "gain_db": 6})
    assert (started.status_code, started.json()["source"]) == (200, "browser")
    with listening(service, name) as listener:
        with sending(service, f"session={name}") as sender:
            send_paced(sender, written(tone(500, 0.5, amplitude=0.25), "f32", 1), 0.5)
            told = messages_until(listener, "resumed")
            frame = messages_until(listener, "frame")[-1]
            assert max(frame["time_domain_data"]) == pytest.approx(0.5, abs=0.02)  # 6 dB more
        stalled = messages_until(listener, "stalled")[-1]
    assert stalled["reason"] == "nothing-sent"
    assert "device_lost" not in {message["type"] for message in told}
    assert client.get(f"/live/status?session={name}").json()["state"] == "stalled"
    assert client.post("/live/stop", json={"session": name}).status_code == 200


def test_whoever_sends_is_told_when_the_session_stops(service: Service, client: httpx.Client, session: str) -> None:
    with sending(service, f"session={session}") as sender:
        client.post("/live/stop", json={"session": session})
        assert close_code(sender) == 1000


def test_one_session_hears_one_sender(service: Service, client: httpx.Client, session: str) -> None:
    with (
        sending(service, f"session={session}"),
        pytest.raises(InvalidStatus) as second,
        sending(service, f"session={session}"),
    ):
        pass
    assert second.value.response.status_code == 409
    assert b"device-busy" in (second.value.response.body or b"")
    client.post("/live/stop", json={"session": session})
    client.post("/live/start", json={"source": "demo", "session": session})
    with pytest.raises(InvalidStatus) as other, sending(service, f"session={session}"):
        pass
    assert other.value.response.status_code == 409
    assert b"live-already-running" in (other.value.response.body or b"")


def test_a_flood_is_cut_and_nobody_else_notices(service: Service, session: str) -> None:
    second = written(tone(1000, 0.25), "f32", 1)
    with sending(service, f"session={session}") as sender:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(1000):
                sender.send(second)
        assert close_code(sender) == TOO_FAST
    with sending(service, f"session={session}") as sender:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(round(LIMITS.max_ahead_s * LIMITS.max_messages_per_s) * 20):
                sender.send(b"\0\0\0\0")
        assert close_code(sender) == TOO_FAST


@pytest.mark.parametrize(
    ("rubbish", "code"),
    [("text", NOT_AUDIO), (b"\0" * 5, INCOMPLETE_SAMPLE), (b"\0" * 70_000, 1009)],
    ids=["text", "half a sample", "too large"],
)
def test_what_is_no_sound_ends_the_connection(service: Service, session: str, rubbish: bytes | str, code: int) -> None:
    with sending(service, f"session={session}") as sender:
        sender.send(rubbish)
        assert close_code(sender) == code


def test_numbers_that_are_none_are_silence(service: Service, session: str) -> None:
    bad = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-42] * 4000, np.float32)
    with listening(service, session) as listener, sending(service, f"session={session}") as sender:
        send_paced(sender, bad.tobytes(), len(bad) / 44100)
        send_paced(sender, written(tone(1000, 1.0, amplitude=0.5), "f32", 1), 1.0)
        messages_until(listener, "resumed")
        frames = [message for message in messages_until(listener, "stalled") if message["type"] == "frame"]
    assert all(0 <= frame["bass_level"] <= 1 for frame in frames)
    assert max(frames[-5]["frequency_data"]) == pytest.approx(0.5, rel=0.2)


@pytest.mark.parametrize(
    "query", ["rate=1", "rate=1e9", "channels=3", "channels=0", "format=mp3", "session=a/b", "x=1", "rate=48000&rate=1"]
)
def test_a_handshake_for_what_is_not_taken_is_refused(service: Service, query: str) -> None:
    with pytest.raises(InvalidStatus) as refused, sending(service, query):
        pass
    assert refused.value.response.status_code == 422


def test_a_channel_that_is_not_sent_is_refused(service: Service, client: httpx.Client, session: str) -> None:
    client.post("/live/start", json={"source": "browser", "session": session, "channel": 1})
    with pytest.raises(InvalidStatus) as refused, sending(service, f"session={session}"):
        pass
    assert refused.value.response.status_code == 422
    with sending(service, f"session={session}&channels=2") as sender, listening(service, session) as listener:
        left, right = tone(500, 1.0, amplitude=0.5), tone(2000, 1.0, amplitude=0.5)
        send_paced(sender, np.stack((left, right), axis=1).astype("<f4").tobytes(), 1.0)
        messages_until(listener, "resumed")
        frame = messages_until(listener, "frame")[-1]
    assert np.argmax(frame["frequency_data"]) == pytest.approx(2000 / 44100 * 1024, abs=1)


def test_strangers_may_send_their_own_sound_where_they_may_call(service: Service, session: str) -> None:
    stranger = {"X-Forwarded-For": "203.0.113.7"}
    with sending(service, f"session={session}", additional_headers=stranger):
        pass
    with (
        pytest.raises(InvalidStatus) as refused,
        sending(service, f"session={session}", additional_headers={"Origin": "https://evil.example"}),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_a_token_is_asked_for(make_service: MakeService) -> None:
    with make_service(TACTUS_API_TOKEN="secret") as guarded:
        with pytest.raises(InvalidStatus) as refused, sending(guarded, ""):
            pass
        assert refused.value.response.status_code == 401
        with sending(guarded, "", subprotocols=["tactus", "bearer.secret"]) as sender:
            assert sender.subprotocol == "tactus"
