"""Frames as listeners subscribed to them: the fields they named, at the rate they named, and nothing lost."""

import itertools
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tactus.hub.float_array import FloatArray
from tactus.hub.message import LiveMessage
from tactus.web.live.binary_frame import HEADER
from tactus.web.live.frame_format import ALWAYS, GROUPS, FrameFormatter, FrameSubscription, format_frames, named_fields
from tactus.web.live.messages import FRAME_FIELDS, LEVELS, MESSAGE
from tests.web.frames import FRAME_S, beat, frame, onset

GAP = LiveMessage("gap", {"reason": "late", "timestamp": 1.0, "audio_time": 1.0}, 3)


def received(subscription: FrameSubscription, messages: list[LiveMessage]) -> list[Any]:
    """What a listener gets of messages, texts parsed."""
    formatter = FrameFormatter(subscription)
    sent = [wire for message in messages for wire in formatter.format(message)]
    return [orjson.loads(wire) if isinstance(wire, str) else wire for wire in sent]


def test_without_a_subscription_messages_are_those_of_the_hub() -> None:
    message = frame(3)
    (text,) = FrameFormatter(FrameSubscription()).format(message)
    assert text is message.text


def test_a_subscription_to_fields_gets_those_and_what_identifies_the_frame() -> None:
    (message,) = received(FrameSubscription(fields=named_fields(["levels", "phase"])), [frame(3)])
    assert message.keys() == {"type", "sequence", "audio_time", "timestamp", *LEVELS, "phase"}
    assert (message["type"], message["sequence"], message["phase"]) == ("frame", 3, 0.5)


@pytest.mark.parametrize(
    ("field", "has_spectrum", "has_waveform"),
    [("frequency_data", True, False), ("time_domain_data", False, True), ("phase", False, False)],
)
def test_arrays_are_sent_where_they_are_subscribed_to(field: str, has_spectrum: bool, has_waveform: bool) -> None:
    source = frame(3)
    (message,) = received(FrameSubscription(fields=frozenset({field})), [source])
    assert ("frequency_data" in message, "time_domain_data" in message) == (has_spectrum, has_waveform)
    assert all(message[name] == source.to_dict()[name] for name in message)


def test_group_names_stand_for_their_fields() -> None:
    assert named_fields(["harmony", "phase"]) == {"chroma", "key", "phase"}
    assert named_fields(FRAME_FIELDS) == frozenset(FRAME_FIELDS)
    assert {name for group in GROUPS.values() for name in group} <= set(FRAME_FIELDS)
    assert set(ALWAYS) - set(FRAME_FIELDS) == {"type", "dropped", "merged"}


def test_an_unknown_field_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="beat_detected"):
        named_fields(["beet_detected"])


def test_one_subscription_is_formatted_once_for_all_its_listeners() -> None:
    message = frame(3)
    one, two = (FrameFormatter(FrameSubscription(bins=64, scale="log")) for _ in range(2))
    assert one.format(message) is two.format(message)


def test_a_reduced_spectrum_has_as_many_bins_as_were_asked_for() -> None:
    (message,) = received(FrameSubscription(bins=32, scale="log"), [frame(0, level=0.7)])
    assert len(message["frequency_data"]) == 32
    assert len(message["time_domain_data"]) == 1024, "all else is as it was"


def test_frames_are_sent_when_audio_time_passes_a_tick() -> None:
    """At 43 frames a second and a rate of 10, the first frame after every tenth of a second is sent."""
    messages = received(FrameSubscription(rate=10.0), [frame(k) for k in range(60)])
    ticks = [int(10 * message["audio_time"]) for message in messages]
    assert ticks == list(range(len(ticks)))
    assert [int(10 * (message["audio_time"] - FRAME_S)) for message in messages[1:]] == ticks[:-1]


def test_listeners_that_come_at_different_times_get_the_same_frames() -> None:
    frames = [frame(k) for k in range(60)]
    early = received(FrameSubscription(rate=10.0), frames)
    late = received(FrameSubscription(rate=10.0), frames[17:])
    assert late[2:] == early[-len(late[2:]) :]


def test_merged_frames_lose_no_flag_no_event_and_no_peak() -> None:
    messages = [frame(k, hz=500.0 * (k % 40 + 1), level=0.25 * (k % 4), has_beat=k % 7 == 3) for k in range(60)]
    merged = received(FrameSubscription(rate=10.0), messages)
    for earlier, later in itertools.pairwise(merged):
        assert later["sequence"] - earlier["sequence"] == later["merged"]
    n_sent = merged[-1]["sequence"] + 1
    n_beats = sum(k % 7 == 3 for k in range(n_sent))
    assert sum(message["beat_detected"] for message in merged) == n_beats
    assert [event["id"] for message in merged for event in message["events"]] == [3 + 7 * k for k in range(n_beats)]
    assert {max(message["frequency_data"]) for message in merged[1:-1]} == {0.75}
    assert {message["bass_level"] for message in merged[1:-1]} == {0.75}
    assert {message["treble_level_raw"] for message in merged[1:-1]} == {0.75}
    assert {message["drums"]["snare"] for message in merged[1:-1]} == {1.5}


def test_a_merged_frame_is_otherwise_the_newest() -> None:
    frames = [frame(k, phase=0.1 * k, has_beat=k == 1, onsets=[onset(k * FRAME_S)]) for k in range(4)]
    (first, merged) = received(FrameSubscription(rate=20.0), frames)
    assert (first["merged"], merged["merged"], merged["sequence"]) == (1, 3, 3)
    assert merged["phase"] == pytest.approx(0.3)
    assert merged["beat"]["id"] == 1, "a beat in an earlier frame is not lost"
    assert [event["audio_time"] for event in merged["onsets"]] == [k * FRAME_S for k in (1, 2, 3)]


def test_the_waveform_of_a_merged_frame_is_the_newest() -> None:
    frames = [replace(frame(k), waveform=FloatArray.of([k / 8])) for k in range(4)]
    assert received(FrameSubscription(rate=20.0), frames)[1]["time_domain_data"] == [0.375]


def test_the_newest_of_several_beats_is_the_beat_of_a_merged_frame() -> None:
    frames = [frame(k, has_beat=k in (1, 2)) for k in range(4)]
    assert received(FrameSubscription(rate=20.0), frames)[1]["beat"]["id"] == 2


def test_frames_without_a_beat_merge_into_one_without() -> None:
    (_, merged) = received(FrameSubscription(rate=20.0), [frame(k) for k in range(4)])
    assert (merged["beat_detected"], merged["beat"]) == (False, None)


def test_other_messages_neither_wait_nor_overtake_frames() -> None:
    messages = received(FrameSubscription(rate=1.0), [frame(0), frame(1), frame(2), GAP, frame(4)])
    assert [(message["type"], message["sequence"]) for message in messages] == [("frame", 0), ("frame", 2), ("gap", 3)]


def test_other_messages_are_sent_as_they_are() -> None:
    (gap,) = received(FrameSubscription(fields=frozenset(), binary=True), [GAP])
    assert gap == GAP.to_dict()


def test_drops_are_summed_over_merged_frames() -> None:
    frames = [frame(0), replace(frame(1), dropped=3), replace(frame(2), dropped=2), frame(3)]
    (first, merged) = received(FrameSubscription(rate=20.0), frames)
    assert "dropped" not in first
    assert merged["dropped"] == 5
    (single,) = received(FrameSubscription(fields=frozenset()), [replace(frame(1), dropped=3)])
    assert single["dropped"] == 3


def test_events_of_a_binary_frame_are_texts_before_it() -> None:
    source = frame(7, has_beat=True, onsets=[onset(6.5 * FRAME_S)])
    first, second, packed = received(FrameSubscription(binary=True), [source])
    assert (first["type"], first["id"], first["sequence"], first["session"]) == ("beat", 7, 7, "s")
    assert (second["type"], second["sequence"]) == ("onset", 7)
    assert HEADER.unpack_from(packed)[5] == 7
    assert packed[HEADER.size :] == source.arrays["frequency_data"].raw + source.arrays["time_domain_data"].raw


def test_events_that_are_not_subscribed_to_are_left_out_of_binary() -> None:
    source = frame(7, has_beat=True, onsets=[onset(0.0)])
    for field, kinds in (("onsets", ["onset"]), ("events", ["beat"]), ("levels", [])):
        subscription = FrameSubscription(fields=named_fields([field]), binary=True)
        *events, packed = received(subscription, [source])
        assert [event["type"] for event in events] == kinds
        assert len(packed) == HEADER.size


def test_binary_frames_never_become_text() -> None:
    source = frame(7)
    format_frames(FrameSubscription(binary=True), (source,))
    assert not {"json", "text"} & vars(source).keys()
    assert not {"text", "decimals"} & vars(source.arrays["time_domain_data"]).keys()


def test_merged_binary_frames_count_frames_and_drops() -> None:
    frames = [frame(0), replace(frame(1, level=0.75), dropped=3), frame(2)]
    (packed,) = format_frames(FrameSubscription(rate=10.0, binary=True), tuple(frames))
    assert isinstance(packed, bytes)
    header = HEADER.unpack_from(packed)
    assert (header[3], header[4], header[5]) == (3, 3, 2)
    assert header[15] == 0.75


def test_formatted_frames_fit_the_schema() -> None:
    for subscription in (
        FrameSubscription(),
        FrameSubscription(rate=10.0, bins=5),
        FrameSubscription(fields=frozenset()),
    ):
        for message in received(subscription, [frame(k, has_beat=k == 2) for k in range(20)]):
            MESSAGE.validate_python(message)
    MESSAGE.validate_python(beat(1, 2.0))
