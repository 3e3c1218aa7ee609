"""The events of a frame as messages of their own: at their own moment, with the number of the frame."""

import pytest

from tactus.web.live.frame_events import frame_events
from tests.web.frames import BEGAN_S, FRAME_S, beat, frame, onset


def test_an_event_has_the_frame_s_number_and_its_own_moment() -> None:
    predicted = beat(4, 10 * FRAME_S + 0.05)
    (event,) = frame_events(frame(10, events=[predicted]).fields, ("events", "onsets"))
    assert event == {
        **predicted,
        "session": "s",
        "sequence": 10,
        "timestamp": pytest.approx(BEGAN_S + predicted["audio_time"], abs=1e-6),
    }


def test_an_event_without_a_moment_has_that_of_the_frame() -> None:
    cancelled = {"type": "beat_cancelled", "id": 4, "known_at": 1.0}
    (event,) = frame_events(frame(10, events=[cancelled]).fields, ("events",))
    assert event["timestamp"] == pytest.approx(BEGAN_S + 10 * FRAME_S, abs=1e-6)


def test_only_events_in_the_named_fields_are_given_in_their_order() -> None:
    fields = frame(10, events=[beat(4, 0.0), beat(5, 0.5)], onsets=[onset(0.1)]).fields
    assert [event["type"] for event in frame_events(fields, ("onsets", "events"))] == ["onset", "beat", "beat"]
    assert [event["type"] for event in frame_events(fields, ("onsets",))] == ["onset"]
    assert list(frame_events(fields, ())) == []
