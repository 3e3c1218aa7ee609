"""Live frames and events as the fields of their JSON messages, with the rounding of the wire.

Schemas of the messages are in `web/live/messages`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tactus.analysis.live.beat_position import BeatPosition, TempoCandidate
from tactus.analysis.live.events import BeatCancelled, BeatPrediction, LiveEvent, OnsetEvent
from tactus.analysis.live.frame import LiveFrame
from tactus.analysis.live.levels import BandLevels
from tactus.analysis.track.harmony.key import KeyCandidate
from tactus.dsp.arrays import Floats
from tactus.formats.live_fields import SAMPLE_DECIMALS, SPECTRUM, WAVEFORM

TIME_DECIMALS = 6
"""Decimals of times: whole microseconds."""


def frame_head(frame: LiveFrame) -> dict[str, Any]:
    """All fields of a frame but the spectrum and the waveform; numbers, strings, lists and dicts only."""
    return {
        "type": "frame",
        "audio_time": round(frame.audio_time_s, TIME_DECIMALS),
        "sample_rate": frame.sample_rate,
        **_levels(frame.levels, ""),
        **_levels(frame.levels_raw, "_raw"),
        "loudness_momentary": round(frame.loudness.momentary_lufs, 2),
        "loudness_short_term": round(frame.loudness.short_term_lufs, 2),
        "beat_detected": frame.beat is not None,
        "beat": None if frame.beat is None else event_fields(frame.beat),
        **_position(frame.position, frame.tempo_candidates),
        "onsets": [event_fields(event) for event in frame.onsets],
        "events": [event_fields(event) for event in frame.events],
        "drums": {name: round(hit, 2) for name, hit in frame.drums._asdict().items()},
        "chroma": [round(strength, 3) for strength in np.round(frame.chroma, 3).tolist()],
        "key": _key(frame.key),
        "state": {"silent": frame.is_silent, "passage": frame.build_drop},
    }


def frame_arrays(frame: LiveFrame) -> dict[str, Floats]:
    """Spectrum and waveform of a frame under their names on the wire: float32, rounded to `SAMPLE_DECIMALS`."""
    return {
        SPECTRUM: np.round(frame.spectrum, SAMPLE_DECIMALS),
        WAVEFORM: np.round(frame.waveform, SAMPLE_DECIMALS),
    }


def frame_fields(frame: LiveFrame) -> dict[str, Any]:
    """All fields of a frame; its two arrays are float32 arrays."""
    return {**frame_head(frame), **frame_arrays(frame)}


def event_fields(event: LiveEvent) -> dict[str, Any]:
    """All fields of an event, `type` first."""
    known_at = {"known_at": round(event.known_at_s, TIME_DECIMALS)}
    if isinstance(event, BeatCancelled):
        return {"type": "beat_cancelled", "id": event.id, **known_at}
    if isinstance(event, BeatPrediction):
        return {
            "type": "beat",
            "id": event.id,
            "audio_time": round(event.audio_time_s, TIME_DECIMALS),
            **known_at,
            "bpm": round(event.bpm, 3),
            "beat_in_bar": event.beat_in_bar,
            "bar": event.bar,
            "phase": round(event.phase, 4),
            "confidence": round(event.confidence, 4),
            "predicted": event.predicted,
        }
    if isinstance(event, OnsetEvent):
        return {
            "type": "onset",
            "audio_time": round(event.audio_time_s, TIME_DECIMALS),
            **known_at,
            "strength": round(event.strength, 3),
            "band": event.band,
        }
    return {
        "type": "tempo",
        "audio_time": round(event.known_at_s, TIME_DECIMALS),
        **known_at,
        "bpm": None if event.bpm is None else round(event.bpm, 3),
        "confidence": round(event.confidence, 4),
    }


def _levels(levels: BandLevels, suffix: str) -> Mapping[str, float]:
    names = ("bass_level", "mid_level", "treble_level", "overall_volume", "energy_level")
    return {f"{name}{suffix}": round(level, SAMPLE_DECIMALS) for name, level in zip(names, levels, strict=True)}


def _position(position: BeatPosition | None, candidates: tuple[TempoCandidate, ...]) -> Mapping[str, Any]:
    if position is None:
        return {"tempo": None, "bar": None, "phase": None}
    return {
        "tempo": {
            "bpm": round(position.bpm, 3),
            "confidence": round(position.confidence, 4),
            "candidates": [
                {"bpm": round(bpm, 3), "confidence": round(probability, 4)} for bpm, probability in candidates
            ],
        },
        "bar": {"bar": position.bar, "beat_in_bar": position.beat_in_bar},
        "phase": round(position.phase, 4),
    }


def _key(key: KeyCandidate | None) -> Mapping[str, Any] | None:
    return None if key is None else {"tonic": key.tonic, "mode": key.mode, "confidence": round(key.confidence, 3)}
