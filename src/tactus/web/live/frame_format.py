"""In which form a listener gets frames: which fields, how fine a spectrum, how often, and as JSON or binary.

A form of given frames is made once, whoever asks: everything here is pure, and remembered for as long as listeners of
the same session are likely to ask for the same.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import orjson

from tactus.web.live.messages import FRAME_FIELDS, LEVELS, RAW_LEVELS

Scale = Literal["linear", "log"]
Wire = str | bytes
"""A message as it is sent: text, or binary."""

ALWAYS = ("type", "sequence", "audio_time", "timestamp", "dropped", "merged")
"""Of every frame, whatever is asked for."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "levels": LEVELS,
    "levels_raw": RAW_LEVELS,
    "rhythm": ("beat_detected", "beat", "tempo", "bar", "phase"),
    "loudness": ("loudness_momentary", "loudness_short_term"),
    "harmony": ("chroma", "key"),
    "clocks": ("schema_version", "session", "server_time", "latency_s", "input_latency_s"),
}
"""Names for several fields."""

LOWEST_HZ = 30.0
HIGHEST_HZ = 16_000.0
"""What a logarithmic spectrum covers; less where the sound has less."""

BINARY_VERSION = 1
HEADER = struct.Struct("<2sBBHHIfddffHHHH10f")
"""Of a binary frame; docs/live.md has it in words."""
_MARK = b"TF"
_DECIMALS = 5
_REMEMBERED = 128
_FRAME = b'"type":"frame"'
_HEAD_BYTES = 96
"""Within which the hub and the voice write of what type a message is."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a listener wants.

    Args:
        fields: Of a frame, beside those that are always there; None: all.
        bins: Of the spectrum; None: as they are.
        scale: How these divide it: evenly, or as an ear does.
        rate: Frames a second at most; None: every one.
        binary: Whether frames come in binary.
    """

    fields: frozenset[str] | None = None
    bins: int | None = None
    scale: Scale = "linear"
    rate: float | None = None
    binary: bool = False

    def has(self, field: str) -> bool:
        """Whether it holds a field."""
        return self.fields is None or field in self.fields


def named_fields(names: Iterable[str]) -> frozenset[str]:
    """The fields that are meant.

    Raises:
        ValueError: There is no such field; says which there are.
    """
    fields: set[str] = set()
    for name in names:
        if name not in GROUPS and name not in FRAME_FIELDS:
            raise ValueError(f"there is no {name[:40]!r}; there are {', '.join((*GROUPS, *FRAME_FIELDS))}")
        fields.update(GROUPS.get(name, (name,)))
    return frozenset(fields)


class FrameFormatter:
    """One listener's messages in its form; keeps the frames that wait to be sent as one.

    Frames are joined between the ticks of one clock for all, audio time, so that all listeners of a form get the same.
    """

    def __init__(self, form: Form) -> None:
        self._form = form
        self._waiting: list[bytes] = []
        self._tick: int | None = None

    def take(self, message: bytes) -> Sequence[Wire]:
        """What is to be sent now that this message has come (a JSON object)."""
        if self._form == Form():
            return (message.decode(),)
        if not is_frame(message):
            return (*self._joined(), message.decode())
        self._waiting.append(message)
        if self._form.rate is not None:
            tick = math.floor(parsed(message)["audio_time"] * self._form.rate)
            last, self._tick = self._tick, tick
            if tick == last:
                return ()
        return self._joined()

    def _joined(self) -> tuple[Wire, ...]:
        if not self._waiting:
            return ()
        messages = tuple(self._waiting)
        self._waiting.clear()
        return shaped(self._form, messages)


@lru_cache(_REMEMBERED)
def shaped(form: Form, messages: tuple[bytes, ...]) -> tuple[Wire, ...]:
    """Successive frames (JSON) as one, in a form: flags or-ed, levels and spectrum their greatest, all else the newest.

    Returns:
        The messages to send: one text; or in binary one for each event, as text, and the frame.
    """
    frames = [parsed(message) for message in messages]
    frame: dict[str, Any] = dict(frames[-1])
    if form.has("frequency_data"):
        spectra = [_spectrum(message, form.bins, form.scale) for message in messages]
        frame["frequency_data"] = (
            spectra[0] if len(spectra) == 1 else [max(bins) for bins in zip(*spectra, strict=True)]
        )
    if form.rate is not None:
        frame |= _merged(frames)
    if dropped := sum(each.get("dropped", 0) for each in frames):
        frame["dropped"] = dropped
    if form.binary:
        said = events_of(frame, [name for name in ("events", "onsets") if form.has(name)])
        return (*(orjson.dumps(event).decode() for event in said), _binary(form, frame))
    kept = {name: value for name, value in frame.items() if name in ALWAYS or form.has(name)}
    return (orjson.dumps(kept).decode(),)


def band_edges_hz(n_bands: int, sample_rate: int) -> list[float]:
    """Borders of the bands of a logarithmic spectrum [Hz], `[n_bands + 1]`."""
    highest_hz = min(HIGHEST_HZ, sample_rate / 2)
    return [LOWEST_HZ * (highest_hz / LOWEST_HZ) ** (k / n_bands) for k in range(n_bands + 1)]


def is_frame(message: bytes) -> bool:
    """Whether a message of the hub (a JSON object) is a frame, told without reading all of it."""
    return _FRAME in message[:_HEAD_BYTES]


def events_of(frame: Mapping[str, Any], names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """What a frame says in the fields `names`, each as a message of its own: a beat's `timestamp` is when it sounds."""
    for name in names:
        for event in frame[name]:
            late_s = frame["audio_time"] - event.get("audio_time", frame["audio_time"])
            yield {
                **event,
                "session": frame["session"],
                "sequence": frame["sequence"],
                "timestamp": round(frame["timestamp"] - late_s, 6),
            }


@lru_cache(_REMEMBERED)
def parsed(message: bytes) -> dict[str, Any]:
    """A message as an object, which nobody may change."""
    parsed: dict[str, Any] = orjson.loads(message)
    return parsed


def _merged(frames: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    beats = [frame["beat"] for frame in frames if frame["beat"]]
    return {
        "merged": len(frames),
        **{name: max(frame[name] for frame in frames) for name in (*LEVELS, *RAW_LEVELS)},
        "beat_detected": any(frame["beat_detected"] for frame in frames),
        "beat": beats[-1] if beats else None,
        "drums": {name: max(frame["drums"][name] for frame in frames) for name in frames[0]["drums"]},
        "onsets": [onset for frame in frames for onset in frame["onsets"]],
        "events": [event for frame in frames for event in frame["events"]],
    }


@lru_cache(_REMEMBERED)
def _spectrum(message: bytes, n_bins: int | None, scale: Scale) -> list[float]:
    """The greatest amplitude in each of the bins that are wanted."""
    frame = parsed(message)
    amplitudes: list[float] = frame["frequency_data"]
    n = len(amplitudes)
    if n_bins is None:
        return amplitudes
    if scale == "linear":
        n_bins = min(n_bins, n)
        return [max(amplitudes[k * n // n_bins : (k + 1) * n // n_bins]) for k in range(n_bins)]
    places = _places(n_bins, frame["sample_rate"], n)
    at_edges = [amplitudes[low] + (amplitudes[low + 1] - amplitudes[low]) * part for low, part in places]
    bins = []
    for k in range(n_bins):
        within = amplitudes[places[k][0] + 1 : places[k + 1][0] + 1]  # bins between the edges, where there are any
        bins.append(round(max(at_edges[k], at_edges[k + 1], *within), _DECIMALS))
    return bins


@lru_cache(_REMEMBERED)
def _places(n_bands: int, sample_rate: int, n_bins: int) -> list[tuple[int, float]]:
    """Where the edges of bands lie between FFT bins: the bin below, and how far to the next."""
    places = []
    for edge_hz in band_edges_hz(n_bands, sample_rate):
        place = edge_hz / (sample_rate / 2 / n_bins)
        low = min(int(place), n_bins - 2)
        places.append((low, min(1.0, place - low)))
    return places


def _binary(form: Form, frame: Mapping[str, Any]) -> bytes:
    beat, bar, tempo = frame["beat"] or {}, frame["bar"] or {}, frame["tempo"] or {}
    bins = frame["frequency_data"] if form.has("frequency_data") else []
    samples = frame["time_domain_data"] if form.has("time_domain_data") else []
    flags = (
        frame["beat_detected"]
        | (frame["beat_detected"] and beat.get("beat_in_bar") == 1) << 1
        | frame["state"]["silent"] << 2
        | bool(frame["onsets"]) << 3
    )
    phase, bpm = frame["phase"], tempo.get("bpm")
    head = HEADER.pack(
        _MARK,
        BINARY_VERSION,
        flags,
        min(frame.get("merged", 1), 0xFFFF),
        min(frame.get("dropped", 0), 0xFFFF),
        frame["sequence"] & 0xFFFFFFFF,
        frame["latency_s"],
        frame["audio_time"],
        frame["timestamp"],
        math.nan if bpm is None else bpm,
        math.nan if phase is None else phase,
        bar.get("beat_in_bar") or 0,
        len(bins),
        len(samples),
        0,
        *(frame[name] for name in (*LEVELS, *RAW_LEVELS)),
    )
    return head + struct.pack(f"<{len(bins) + len(samples)}f", *bins, *samples)
