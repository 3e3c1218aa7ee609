"""Frames in the form that a listener asks for: nothing that happened is lost, and a spectrum keeps its peaks."""

import itertools
import math
from typing import Any

import numpy as np
import orjson
import pytest

from tactus.web.live.frame_format import HEADER, Form, FrameFormatter, band_edges_hz, named_fields, shaped
from tactus.web.live.messages import FRAME_FIELDS, LEVELS, MESSAGE, RAW_LEVELS

N_BINS, SAMPLE_RATE = 512, 44100


def beat(number: int, at_s: float) -> dict[str, Any]:
    return {
        "type": "beat", "id": number, "audio_time": at_s, "known_at": at_s - 0.02, "bpm": 120.0, "beat_in_bar": 1,
        "bar": 0, "phase": 0.0, "confidence": 0.9, "predicted": True,
    }  # fmt: skip


def frame(number: int, *, hz: float = 1000.0, level: float = 0.5, has_beat: bool = False) -> bytes:
    """A frame as the hub hands it out: the spectrum of one line."""
    audio_time = number * 1024 / SAMPLE_RATE
    spectrum = [0.0] * N_BINS
    spectrum[round(hz / (SAMPLE_RATE / 2 / N_BINS))] = level
    said = beat(number, audio_time)
    return orjson.dumps(
        {
            "sequence": number, "type": "frame", "audio_time": audio_time, "sample_rate": SAMPLE_RATE,
            "frequency_data": spectrum, "time_domain_data": [0.25] * 1024,
            **dict.fromkeys((*LEVELS, *RAW_LEVELS), level),
            "beat_detected": has_beat, "beat": said if has_beat else None,
            "tempo": {"bpm": 120.0, "confidence": 0.9, "candidates": [{"bpm": 120.0, "confidence": 0.8}]},
            "bar": {"bar": 0, "beat_in_bar": 1}, "phase": 0.5,
            "drums": {"kick": 0.0, "snare": 2 * level, "hat": 0.0}, "onsets": [],
            "events": [said] if has_beat else [], "state": {"silent": False, "passage": None}, "schema_version": 1,
            "session": "s", "timestamp": 1e9 + audio_time, "server_time": 1e9, "latency_s": 0.002,
            "input_latency_s": 0.01,
        }
    )  # fmt: skip


def heard(form: Form, messages: list[bytes]) -> list[Any]:
    shaper = FrameFormatter(form)
    said = [wire for message in messages for wire in shaper.take(message)]
    return [orjson.loads(wire) if isinstance(wire, str) else wire for wire in said]


def test_without_a_wish_messages_are_those_of_the_hub() -> None:
    assert FrameFormatter(Form()).take(frame(3)) == (frame(3).decode(),)


def test_named_fields_come_and_what_tells_messages_apart() -> None:
    (message,) = heard(Form(fields=named_fields(["levels", "phase"])), [frame(3)])
    assert message.keys() == {"type", "sequence", "audio_time", "timestamp", *LEVELS, "phase"}
    with pytest.raises(ValueError, match="beat_detected"):
        named_fields(["beet_detected"])
    assert named_fields(FRAME_FIELDS) == frozenset(FRAME_FIELDS)


def test_a_form_is_made_once_for_all() -> None:
    form = Form(bins=64, scale="log")
    assert FrameFormatter(form).take(frame(3)) is FrameFormatter(Form(bins=64, scale="log")).take(frame(3))


@pytest.mark.parametrize("n_bins", [1, 7, 64, 500, 512, 4000])
@pytest.mark.parametrize("hz", [100.0, 440.0, 4000.0, 15000.0])
def test_a_line_stands_in_its_band_with_its_height(n_bins: int, hz: float) -> None:
    (message,) = heard(Form(bins=n_bins), [frame(0, hz=hz, level=0.7)])
    spectrum = message["frequency_data"]
    assert len(spectrum) == min(n_bins, N_BINS)
    assert max(spectrum) == 0.7
    assert np.argmax(spectrum) == pytest.approx(hz / (SAMPLE_RATE / 2) * len(spectrum), abs=1)

    (message,) = heard(Form(bins=n_bins, scale="log"), [frame(0, hz=hz, level=0.7)])
    spectrum = np.array(message["frequency_data"])
    edges_hz = band_edges_hz(n_bins, SAMPLE_RATE)
    assert len(spectrum) == n_bins
    bin_hz = SAMPLE_RATE / 2 / N_BINS
    if np.diff(edges_hz)[np.argmax(spectrum)] > bin_hz:
        assert spectrum.max() == pytest.approx(0.7)
    loudest = int(np.argmax(spectrum))
    assert edges_hz[loudest] - bin_hz < hz < edges_hz[loudest + 1] + bin_hz


def test_joined_frames_lose_no_flag_no_event_and_no_peak() -> None:
    messages = [frame(k, hz=500.0 * (k % 40 + 1), level=0.25 * (k % 4), has_beat=k % 7 == 3) for k in range(60)]
    joined = heard(Form(rate=10.0), messages)
    for earlier, later in itertools.pairwise(joined):
        assert later["audio_time"] - earlier["audio_time"] == pytest.approx(0.1, abs=1024 / SAMPLE_RATE)
        assert later["sequence"] - earlier["sequence"] == later["merged"]
    n_told = joined[-1]["sequence"] + 1
    n_beats = sum(k % 7 == 3 for k in range(n_told))
    assert sum(message["beat_detected"] for message in joined) == n_beats
    assert [event["id"] for message in joined for event in message["events"]] == [3 + 7 * k for k in range(n_beats)]
    assert {max(message["frequency_data"]) for message in joined[1:-1]} == {0.75}
    assert {message["bass_level"] for message in joined[1:-1]} == {0.75}


def test_what_is_no_frame_never_overtakes_and_never_waits() -> None:
    gap = b'{"sequence":3,"type":"gap","reason":"late","timestamp":1.0,"audio_time":1.0}'
    said = heard(Form(rate=1.0), [frame(0), frame(1), frame(2), gap, frame(4)])
    assert [(message["type"], message["sequence"]) for message in said] == [("frame", 0), ("frame", 2), ("gap", 3)]


def test_lost_messages_are_counted_in_what_is_joined() -> None:
    lossy = b'{"dropped":3,' + frame(1)[1:]
    (_, message) = heard(Form(rate=20.0), [frame(0), lossy, frame(2), frame(3)])
    assert message["dropped"] == 3


def test_a_binary_frame_holds_what_the_text_does() -> None:
    source = orjson.loads(frame(70_000, has_beat=True, level=0.3))
    event, packed = heard(Form(binary=True), [frame(70_000, has_beat=True, level=0.3)])
    timestamp = pytest.approx(source["timestamp"], abs=1e-6)
    assert event == {**source["beat"], "session": "s", "sequence": 70_000, "timestamp": timestamp}
    (mark, version, flags, merged, dropped, sequence, latency_s, audio_time, timestamp, bpm, phase, in_bar, n_bins,
     n_samples, _, *levels) = HEADER.unpack_from(packed)  # fmt: skip
    assert (mark, version, flags, merged, dropped) == (b"TF", 1, 0b0011, 1, 0)
    assert (sequence, audio_time, timestamp) == (70_000, source["audio_time"], source["timestamp"])
    assert (bpm, phase, in_bar) == (120.0, 0.5, 1)
    assert latency_s == pytest.approx(0.002)
    assert levels == pytest.approx([0.3] * 10)
    assert HEADER.size == 88
    numbers = np.frombuffer(packed, "<f4", offset=HEADER.size)
    assert numbers[:n_bins] == pytest.approx(source["frequency_data"])
    assert numbers[n_bins:] == pytest.approx(source["time_domain_data"])
    assert len(numbers) == n_bins + n_samples


def test_a_binary_frame_without_a_tempo_says_so_and_leaves_out_what_is_not_wanted() -> None:
    silent = {
        **orjson.loads(frame(1)),
        "tempo": None,
        "bar": None,
        "phase": None,
        "state": {"silent": True, "passage": None},
    }
    (packed,) = shaped(Form(fields=frozenset({"levels"}), binary=True), (orjson.dumps(silent),))
    assert len(packed) == HEADER.size
    values = HEADER.unpack_from(packed if isinstance(packed, bytes) else b"")
    assert values[2] == 0b0100
    assert math.isnan(values[9])
    assert math.isnan(values[10])


def test_frames_are_what_the_schema_says() -> None:
    for form in (Form(), Form(rate=10.0, bins=5), Form(fields=frozenset())):
        for message in heard(form, [frame(k, has_beat=k == 2) for k in range(20)]):
            MESSAGE.validate_python(message)
