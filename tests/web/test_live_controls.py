"""The beat of a live session put right by those who listen."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tactus.audio.sources.demo import BPM
from tactus.web.live.messages import MESSAGE
from tests.fixtures.service import Service
from tests.web.test_listening import demo, received

__all__ = ["demo"]


def until(
    listener: ClientConnection, is_it: Callable[[dict[str, Any]], bool], n_messages: int = 1500
) -> dict[str, Any]:
    """The first message for which `is_it` holds."""
    for _ in range(1500):
        message = received(listener)
        if is_it(message):
            return message
    raise AssertionError("it never came")


def goes_at(bpm: float) -> Callable[[dict[str, Any]], bool]:
    return lambda message: bool(message.get("tempo")) and message["tempo"]["bpm"] == pytest.approx(bpm, rel=0.02)


def controlled(client: httpx.Client, session: str, **asked: Any) -> dict[str, Any]:
    answer = client.post("/live/control", json={"session": session, **asked})
    assert answer.status_code == 200, answer.text
    controls: dict[str, Any] = answer.json()["controls"]
    return controls


def test_the_beat_is_told_as_listeners_want_it_until_they_release_it(service: Service, demo: str) -> None:
    address = f"{service.websocket_url}/live/ws?session={demo}&fields=rhythm"
    with service.client() as client, connect(address, proxy=None) as listener:
        until(listener, goes_at(BPM))
        assert controlled(client, demo, tempo="x2", hold=True)["scale"] == 2
        state = until(listener, lambda message: message["type"] == "state")
        MESSAGE.validate_python(state)
        assert (state["controls"]["scale"], state["controls"]["hold"]) == (2, True)
        until(listener, goes_at(2 * BPM))
        shown = [received(listener) for _ in range(86)]
        assert sum(message.get("beat_detected", False) for message in shown) == pytest.approx(4 * BPM / 60, abs=1.1)
        assert controlled(client, demo, nudge_ms=-20, resync=True) == {
            "scale": 2, "bpm_min": None, "bpm_max": None, "nudge_ms": -20, "offset_ms": 0, "hold": True, "taps": 0,
            "one": True,
        }  # fmt: skip
        assert client.get(f"/live/status?session={demo}").json()["controls"]["nudge_ms"] == -20
        with connect(address, proxy=None) as late:
            assert received(late)["controls"]["one"] is True
        assert controlled(client, demo, tap=True, latency_ms=5)["taps"] == 1
        assert controlled(client, demo, release=True)["scale"] == 1
        until(listener, goes_at(BPM))


def test_an_offset_that_is_said_at_the_start_is_not_released(client: httpx.Client) -> None:
    asked = {"source": "demo", "session": "late", "offset_ms": 40}
    assert client.post("/live/start", json=asked).json()["controls"]["offset_ms"] == 40
    assert controlled(client, "late", release=True)["offset_ms"] == 40
    client.post("/live/stop", json={"session": "late"})
    answer = client.post("/live/control", json={"session": "late", "tempo": "x2"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/live-not-running")


@pytest.mark.parametrize(
    "asked", [{"tempo": "x3"}, {"tempo": 500}, {"tempo": {"min": 140, "max": 120}}, {"nudge_ms": 900}, {"tap": "yes"}]
)
def test_what_cannot_be_meant_is_refused(client: httpx.Client, asked: dict[str, Any]) -> None:
    answer = client.post("/live/control", json=asked)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/validation")
