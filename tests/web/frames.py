"""Frames as the hub hands them out, for tests of the formats that listeners subscribe to."""

from typing import Any

from tactus.hub.float_array import FloatArray
from tactus.hub.message import LiveMessage
from tactus.web.live.messages import LEVELS, RAW_LEVELS

N_BINS, CHUNK_SIZE, SAMPLE_RATE = 512, 1024, 44100
BIN_HZ = SAMPLE_RATE / CHUNK_SIZE
FRAME_S = CHUNK_SIZE / SAMPLE_RATE
BEGAN_S = 1e9
"""When audio time was 0 [s since 1970]."""


def beat(number: int, audio_time_s: float, *, beat_in_bar: int = 1) -> dict[str, Any]:
    return {
        "type": "beat", "id": number, "audio_time": audio_time_s, "known_at": audio_time_s - 0.02, "bpm": 120.0,
        "beat_in_bar": beat_in_bar, "bar": 0, "phase": 0.0, "confidence": 0.9, "predicted": True,
    }  # fmt: skip


def onset(audio_time_s: float) -> dict[str, Any]:
    return {"type": "onset", "audio_time": audio_time_s, "known_at": audio_time_s, "strength": 2.0, "band": 0}


def spectral_line(hz: float, level: float) -> FloatArray:
    """A spectrum with one bin that is not 0."""
    spectrum = [0.0] * N_BINS
    spectrum[round(hz / BIN_HZ)] = level
    return FloatArray.of(spectrum)


def frame(number: int, *, hz: float = 1000.0, level: float = 0.5, has_beat: bool = False, **fields: Any) -> LiveMessage:
    """The frame with this sequence number; its spectrum is a line, its levels are all `level`.

    Args:
        number: Sequence number, from 0.
        hz: Frequency of the line [Hz].
        level: Its amplitude, and all levels.
        has_beat: Whether a beat sounds in it, predicted in it, too.
        fields: Fields in the place of those above.
    """
    audio_time = number * FRAME_S
    sounding = beat(number, audio_time)
    head = {
        "audio_time": audio_time, "sample_rate": SAMPLE_RATE, **dict.fromkeys((*LEVELS, *RAW_LEVELS), level),
        "loudness_momentary": -20.0, "loudness_short_term": -21.0,
        "beat_detected": has_beat, "beat": sounding if has_beat else None,
        "tempo": {"bpm": 120.0, "confidence": 0.9, "candidates": [{"bpm": 120.0, "confidence": 0.8}]},
        "bar": {"bar": 0, "beat_in_bar": 1}, "phase": 0.5,
        "drums": {"kick": 0.0, "snare": 2 * level, "hat": 0.0}, "onsets": [], "chroma": [0.5] * 12, "key": None,
        "events": [sounding] if has_beat else [], "state": {"silent": False, "passage": None}, "schema_version": 1,
        "session": "s", "timestamp": BEGAN_S + audio_time, "server_time": BEGAN_S, "latency_s": 0.002,
        "input_latency_s": 0.01, **fields,
    }  # fmt: skip
    waveform = FloatArray.of([0.25] * CHUNK_SIZE)
    return LiveMessage("frame", head, number, spectrum=spectral_line(hz, level), waveform=waveform)
