"""Live frames and events as JSON fields: names and rounding of the wire."""

import json

import numpy as np
import orjson
import pytest

from tactus.analysis.live.beat_position import BeatPosition, TempoCandidate
from tactus.analysis.live.drums import DrumHits
from tactus.analysis.live.events import BeatCancelled, BeatPrediction, OnsetEvent, TempoChange
from tactus.analysis.live.frame import LiveFrame
from tactus.analysis.live.levels import BandLevels
from tactus.analysis.live.loudness import LoudnessReading
from tactus.analysis.track.harmony.key import KeyCandidate
from tactus.formats.live_json import event_fields, frame_arrays, frame_fields, frame_head
from tactus.web.live.messages import EVENT, MESSAGE

BEAT = BeatPrediction(
    id=17,
    audio_time_s=8.5120004,
    known_at_s=8.4600004,
    bpm=124.0004,
    beat_in_bar=2,
    bar=5,
    phase=0.90004,
    confidence=0.80004,
    predicted=True,
)
BEAT_FIELDS = {
    "type": "beat",
    "id": 17,
    "audio_time": 8.512,
    "known_at": 8.46,
    "bpm": 124.0,
    "beat_in_bar": 2,
    "bar": 5,
    "phase": 0.9,
    "confidence": 0.8,
    "predicted": True,
}
FRAME = LiveFrame(
    audio_time_s=1.2345678,
    sample_rate=44100,
    waveform=np.array([0.1234567, -1, 0, 0.5], np.float32),
    spectrum=np.array([0.0000049, 0.7654321], np.float32),
    levels=BandLevels(0.1, 0.2, 0.3, 0.4, 0.123456),
    levels_raw=BandLevels(0.01, 0.02, 0.03, 0.04, 0.05),
    loudness=LoudnessReading(-23.004, -24.006),
    beat=BEAT,
    position=BeatPosition(bpm=124.00049, confidence=0.9, phase=0.25004, beat_in_bar=2, bar=5),
    tempo_candidates=(TempoCandidate(124.00049, 0.75004), TempoCandidate(62.0, 0.2)),
    onsets=(OnsetEvent(1.2, 1.23, 1.50049, 3),),
    events=(BEAT, BeatCancelled(16, 1.2000004)),
    drums=DrumHits(kick=0.0, snare=9.404, hat=6.1),
    chroma=np.array([1, 0.1234567] + 10 * [0], np.float32),
    key=KeyCandidate("A", "minor", 0.31049),
    is_silent=False,
    build_drop="drop",
)
CLOCKS = {"sequence": 1, "timestamp": 2.0}


def test_events_have_the_names_and_decimals_of_the_wire() -> None:
    assert event_fields(BEAT) == BEAT_FIELDS
    assert event_fields(BeatCancelled(16, 1.2000004)) == {"type": "beat_cancelled", "id": 16, "known_at": 1.2}
    assert event_fields(OnsetEvent(1.2000004, 1.2300004, 1.50049, 3)) == {
        "type": "onset",
        "audio_time": 1.2,
        "known_at": 1.23,
        "strength": 1.5,
        "band": 3,
    }
    tempo = {"type": "tempo", "audio_time": 2.0, "known_at": 2.0}
    assert event_fields(TempoChange(2.0000004, 124.00049, 0.80004)) == {**tempo, "bpm": 124.0, "confidence": 0.8}
    assert event_fields(TempoChange(2.0, None, 0.0)) == {**tempo, "bpm": None, "confidence": 0.0}


def test_every_event_fits_the_schema_of_the_live_messages() -> None:
    for event in (BEAT, BeatCancelled(16, 1.2), OnsetEvent(1.2, 1.23, 1.5, 3), TempoChange(2.0, None, 0.0)):
        EVENT.validate_python(event_fields(event))


def test_a_frame_has_the_names_and_decimals_of_the_wire() -> None:
    assert frame_head(FRAME) == {
        "type": "frame",
        "audio_time": 1.234568,
        "sample_rate": 44100,
        "bass_level": 0.1,
        "mid_level": 0.2,
        "treble_level": 0.3,
        "overall_volume": 0.4,
        "energy_level": 0.12346,
        "bass_level_raw": 0.01,
        "mid_level_raw": 0.02,
        "treble_level_raw": 0.03,
        "overall_volume_raw": 0.04,
        "energy_level_raw": 0.05,
        "loudness_momentary": -23.0,
        "loudness_short_term": -24.01,
        "beat_detected": True,
        "beat": BEAT_FIELDS,
        "tempo": {
            "bpm": 124.0,
            "confidence": 0.9,
            "candidates": [{"bpm": 124.0, "confidence": 0.75}, {"bpm": 62.0, "confidence": 0.2}],
        },
        "bar": {"bar": 5, "beat_in_bar": 2},
        "phase": 0.25,
        "onsets": [event_fields(FRAME.onsets[0])],
        "events": [BEAT_FIELDS, {"type": "beat_cancelled", "id": 16, "known_at": 1.2}],
        "drums": {"kick": 0.0, "snare": 9.4, "hat": 6.1},
        "chroma": [1.0, 0.123] + 10 * [0.0],
        "key": {"tonic": "A", "mode": "minor", "confidence": 0.31},
        "state": {"silent": False, "passage": "drop"},
    }
    MESSAGE.validate_json(orjson.dumps({**frame_fields(FRAME), **CLOCKS}, option=orjson.OPT_SERIALIZE_NUMPY))


def test_the_head_of_a_frame_is_plain_json() -> None:
    assert json.loads(json.dumps(frame_head(FRAME))) == frame_head(FRAME)


def test_what_is_not_there_is_null() -> None:
    frame = LiveFrame(
        **{name: getattr(FRAME, name) for name in LiveFrame.__dataclass_fields__}
        | {"beat": None, "position": None, "tempo_candidates": (), "key": None, "build_drop": None}
    )
    head = frame_head(frame)
    names = ("beat", "tempo", "bar", "phase", "key")
    assert {name: head[name] for name in names} == dict.fromkeys(names)
    assert head["beat_detected"] is False
    assert head["state"] == {"silent": False, "passage": None}


def test_arrays_are_float32_with_five_decimals() -> None:
    arrays = frame_arrays(FRAME)
    assert list(arrays) == ["frequency_data", "time_domain_data"]
    assert all(array.dtype == np.float32 for array in arrays.values())
    assert arrays["frequency_data"] == pytest.approx([0.0, 0.76543], abs=1e-9)
    assert arrays["time_domain_data"] == pytest.approx([0.12346, -1, 0, 0.5], abs=1e-8)
    assert frame_fields(FRAME).keys() == {*frame_head(FRAME), *arrays}
