"""The binary layout of a frame, byte by byte as docs/live.md has it."""

import math
import struct
from typing import Any

import numpy as np
import pytest

from tactus.hub.float_array import FloatArray
from tactus.web.live.binary_frame import HEADER, pack
from tactus.web.live.messages import LEVELS, RAW_LEVELS
from tests.web.frames import BEGAN_S, beat, frame, onset

LEVEL_VALUES: dict[str, Any] = {name: k / 100 for k, name in enumerate((*LEVELS, *RAW_LEVELS), start=1)}


def packed(number: int = 70_000, **fields: Any) -> bytes:
    return pack(frame(number, **fields).fields, None, None)


def at(offset: int, code: str, data: bytes) -> Any:
    (value,) = struct.unpack_from(f"<{code}", data, offset)
    return value


def test_every_field_is_at_its_offset() -> None:
    source = frame(70_000, **LEVEL_VALUES, latency_s=0.004, phase=0.25, bar={"bar": 2, "beat_in_bar": 3})
    data = pack({**source.fields, "merged": 5, "dropped": 6}, FloatArray.of([0.5] * 3), FloatArray.of([-0.5] * 2))
    assert data[:2] == b"TF"
    assert at(2, "B", data) == 1
    assert at(4, "H", data) == 5
    assert at(6, "H", data) == 6
    assert at(8, "I", data) == 70_000
    assert at(12, "f", data) == pytest.approx(0.004)
    assert at(16, "d", data) == source.head["audio_time"]
    assert at(24, "d", data) == BEGAN_S + source.head["audio_time"]
    assert at(32, "f", data) == 120.0
    assert at(36, "f", data) == 0.25
    assert at(40, "H", data) == 3
    assert (at(42, "H", data), at(44, "H", data), at(46, "H", data)) == (3, 2, 0)
    assert struct.unpack_from("<10f", data, 48) == pytest.approx(list(LEVEL_VALUES.values()))
    assert HEADER.size == 88
    assert np.frombuffer(data, "<f4", offset=88).tolist() == [0.5] * 3 + [-0.5] * 2


def test_arrays_that_are_left_out_have_length_zero() -> None:
    data = packed()
    assert (at(42, "H", data), at(44, "H", data), len(data)) == (0, 0, 88)


def test_a_frame_of_its_own_counts_as_one_and_no_drops() -> None:
    data = packed()
    assert (at(4, "H", data), at(6, "H", data)) == (1, 0)


def test_numbers_that_are_too_large_for_their_field_are_bounded_or_wrapped() -> None:
    data = pack({**frame((1 << 32) + 5).fields, "merged": 70_000, "dropped": 80_000}, None, None)
    assert (at(4, "H", data), at(6, "H", data), at(8, "I", data)) == (0xFFFF, 0xFFFF, 5)


def test_without_a_tempo_there_is_none() -> None:
    data = packed(tempo=None, bar=None, phase=None)
    assert math.isnan(at(32, "f", data))
    assert math.isnan(at(36, "f", data))
    assert at(40, "H", data) == 0


def test_a_bar_that_is_not_known_has_beat_zero() -> None:
    assert at(40, "H", packed(bar={"bar": None, "beat_in_bar": None})) == 0


def test_a_tempo_that_is_not_known_is_none() -> None:
    assert math.isnan(at(32, "f", packed(tempo={"bpm": None, "confidence": 0.0, "candidates": []})))


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({}, 0),
        ({"beat_detected": True, "beat": beat(1, 0.0, beat_in_bar=2)}, 1),
        ({"beat_detected": True, "beat": beat(1, 0.0, beat_in_bar=1)}, 1 | 2),
        ({"beat_detected": True, "beat": None}, 1),
        ({"beat_detected": False, "beat": beat(1, 0.0)}, 0),
        ({"state": {"silent": True, "passage": None}}, 4),
        ({"onsets": [onset(0.0)]}, 8),
        ({"beat_detected": True, "beat": beat(1, 0.0), "onsets": [onset(0.0)]}, 1 | 2 | 8),
    ],
)
def test_flags(fields: dict[str, Any], flags: int) -> None:
    assert at(3, "B", packed(**fields)) == flags
