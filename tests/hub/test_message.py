"""The envelope of live messages: JSON is made once, and only of what a message has."""

from dataclasses import replace

import orjson

from tactus.hub.float_array import FloatArray
from tactus.hub.message import LiveMessage

SPECTRUM, WAVEFORM = FloatArray.of([0.5, 0.25]), FloatArray.of([0.125, -0.125, 0.0])
FRAME = LiveMessage("frame", {"audio_time": 1.5}, sequence=7, spectrum=SPECTRUM, waveform=WAVEFORM)


def test_json_has_the_fields_the_number_and_the_arrays() -> None:
    assert orjson.loads(FRAME.json) == {
        "type": "frame",
        "sequence": 7,
        "audio_time": 1.5,
        "frequency_data": [0.5, 0.25],
        "time_domain_data": [0.125, -0.125, 0.0],
    }


def test_what_a_message_does_not_have_is_absent_from_json() -> None:
    assert orjson.loads(LiveMessage("state", {"source": "demo"}).json) == {"type": "state", "source": "demo"}


def test_the_first_message_of_a_session_has_number_zero() -> None:
    assert orjson.loads(LiveMessage("gap", {}, sequence=0).json)["sequence"] == 0


def test_dropped_messages_are_counted_where_there_were_some() -> None:
    assert orjson.loads(replace(FRAME, dropped=1).json)["dropped"] == 1
    assert "dropped" not in orjson.loads(FRAME.json)


def test_json_and_text_are_made_once_for_all_readers() -> None:
    assert FRAME.json is FRAME.json
    assert FRAME.text is FRAME.text
    assert FRAME.text == FRAME.json.decode()


def test_copies_share_head_and_arrays() -> None:
    numbered, after_drops = FRAME.numbered(8), FRAME.after_drops(3)
    for copy in (numbered, after_drops):
        assert (copy.kind, copy.head) == (FRAME.kind, FRAME.head)
        assert copy.arrays == {"frequency_data": SPECTRUM, "time_domain_data": WAVEFORM}
    assert (numbered.sequence, numbered.dropped) == (8, 0)
    assert (after_drops.sequence, after_drops.dropped) == (7, 3)
    assert after_drops.numbered(9).dropped == 3


def test_a_dictionary_of_a_message_is_what_its_json_says() -> None:
    assert FRAME.to_dict() == orjson.loads(FRAME.json)
    assert FRAME.to_dict(with_arrays=False) == {"type": "frame", "sequence": 7, "audio_time": 1.5}
    FRAME.to_dict()["audio_time"] = 0.0
    assert FRAME.fields["audio_time"] == 1.5, "it is a copy"


def test_without_its_waveform_a_message_is_otherwise_the_same() -> None:
    silent = FRAME.without_waveform
    assert orjson.loads(silent.json) == {
        name: value for name, value in orjson.loads(FRAME.json).items() if name != "time_domain_data"
    }
    event = LiveMessage("gap", {})
    assert event.without_waveform is event


def test_only_frames_are_frames() -> None:
    assert FRAME.is_frame
    assert not LiveMessage("state", {"type": "frame"}).is_frame


def test_messages_are_equal_only_to_themselves() -> None:
    """They are keys of caches: two frames with equal fields have different arrays."""
    one, two = LiveMessage("gap", {}), LiveMessage("gap", {})
    assert one != two
    assert len({one, two}) == 2
