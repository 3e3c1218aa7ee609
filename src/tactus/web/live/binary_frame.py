"""The binary layout of a frame: a header of 88 bytes, the spectrum, the waveform. docs/live.md has it in a table."""

import math
import struct
from collections.abc import Mapping
from typing import Any

from tactus.hub.float_array import FloatArray
from tactus.web.live.messages import LEVELS, RAW_LEVELS

VERSION = 1
HEADER = struct.Struct("<2sBBHHIfddffHHHH10f")
"""Magic, version, flags, merged, dropped, sequence, latency, audio time, timestamp, tempo, phase, beat in the bar, the
sizes of both arrays, padding, ten levels."""
MAGIC = b"TF"
MAX_U16, MAX_U32 = 0xFFFF, 0xFFFFFFFF

BEAT, DOWNBEAT, SILENT, ONSET = 1, 2, 4, 8
"""Bits of the flags."""


def pack(fields: Mapping[str, Any], spectrum: FloatArray | None, waveform: FloatArray | None) -> bytes:
    """A frame in binary.

    Args:
        fields: JSON fields of the frame (see `messages.Frame`).
        spectrum: Amplitudes; None: left out.
        waveform: Samples; None: left out.
    """
    bar, tempo = fields["bar"] or {}, fields["tempo"] or {}
    bpm, phase = tempo.get("bpm"), fields["phase"]
    bins, samples = spectrum or _EMPTY, waveform or _EMPTY
    header = HEADER.pack(
        MAGIC,
        VERSION,
        _flags(fields),
        min(fields.get("merged", 1), MAX_U16),
        min(fields.get("dropped", 0), MAX_U16),
        fields["sequence"] & MAX_U32,
        fields["latency_s"],
        fields["audio_time"],
        fields["timestamp"],
        math.nan if bpm is None else bpm,
        math.nan if phase is None else phase,
        bar.get("beat_in_bar") or 0,
        len(bins),
        len(samples),
        0,
        *(fields[name] for name in (*LEVELS, *RAW_LEVELS)),
    )
    return b"".join((header, bins.raw, samples.raw))


_EMPTY = FloatArray(b"")


def _flags(fields: Mapping[str, Any]) -> int:
    beat = fields["beat"] or {}
    has_beat = bool(fields["beat_detected"])
    flags = BEAT if has_beat else 0
    if has_beat and beat.get("beat_in_bar") == 1:
        flags |= DOWNBEAT
    if fields["state"]["silent"]:
        flags |= SILENT
    return flags | ONSET if fields["onsets"] else flags
