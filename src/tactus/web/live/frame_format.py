"""Frames as a listener subscribed to them: which fields, spectrum size, frame rate, JSON or binary.

Frames of one subscription are formatted once, however many listeners share it: `format_frames` is pure and cached.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from tactus.formats.live_fields import SPECTRUM, WAVEFORM
from tactus.hub.float_array import FloatArray
from tactus.hub.message import LiveMessage
from tactus.web.live import binary_frame
from tactus.web.live.frame_events import frame_events
from tactus.web.live.messages import FRAME_FIELDS, LEVELS, RAW_LEVELS
from tactus.web.live.spectrum_bands import Scale, maximum, reduce_spectrum

WireMessage = str | bytes
"""A message as it is sent by WebSocket: text or binary."""

ALWAYS = ("type", "sequence", "audio_time", "timestamp", "dropped", "merged")
"""Fields of every frame, whatever is subscribed to."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "levels": LEVELS,
    "levels_raw": RAW_LEVELS,
    "rhythm": ("beat_detected", "beat", "tempo", "bar", "phase"),
    "loudness": ("loudness_momentary", "loudness_short_term"),
    "harmony": ("chroma", "key"),
    "clocks": ("schema_version", "session", "server_time", "latency_s", "input_latency_s"),
}
"""Names for several fields."""

_CACHED = 128
"""Formatted frames kept for the other listeners of the same subscription."""


@dataclass(frozen=True, slots=True)
class FrameSubscription:
    """A listener's choice of fields, spectrum size, frame rate and encoding.

    Args:
        fields: Fields beside those in `ALWAYS`; None: all.
        bins: Size of the spectrum; None: as it is.
        scale: Frequency scale of a reduced spectrum.
        rate: Frames per second at most; None: every frame.
        binary: Frames are binary instead of JSON.
    """

    fields: frozenset[str] | None = None
    bins: int | None = None
    scale: Scale = "linear"
    rate: float | None = None
    binary: bool = False

    def includes(self, field: str) -> bool:
        """True for a field that is subscribed to."""
        return self.fields is None or field in self.fields


_EVERYTHING = FrameSubscription()


def named_fields(names: Iterable[str]) -> frozenset[str]:
    """The fields of a list of field names and group names.

    Raises:
        ValueError: There is no such field; the message lists those that exist.
    """
    fields: set[str] = set()
    for name in names:
        if name not in GROUPS and name not in FRAME_FIELDS:
            raise ValueError(f"there is no {name[:40]!r}; there are {', '.join((*GROUPS, *FRAME_FIELDS))}")
        fields.update(GROUPS.get(name, (name,)))
    return frozenset(fields)


class FrameFormatter:
    """Turns the messages of a session into those of one listener; merges frames where its rate is lower.

    Frames are merged between the ticks of a clock that is the same for all listeners, audio time, so that listeners
    with equal subscriptions get equal frames.
    """

    def __init__(self, subscription: FrameSubscription) -> None:
        self._subscription = subscription
        self._pending: list[LiveMessage] = []
        self._tick: int | None = None

    def format(self, message: LiveMessage) -> Sequence[WireMessage]:
        """The messages to send now that `message` has arrived."""
        if self._subscription == _EVERYTHING:
            return (message.text,)
        if not message.is_frame:
            return (*self._take_pending(), message.text)
        self._pending.append(message)
        if self._subscription.rate is not None:
            last, self._tick = self._tick, math.floor(message.head["audio_time"] * self._subscription.rate)
            if self._tick == last:
                return ()
        return self._take_pending()

    def _take_pending(self) -> tuple[WireMessage, ...]:
        if not self._pending:
            return ()
        frames = tuple(self._pending)
        self._pending.clear()
        return format_frames(self._subscription, frames)


@lru_cache(_CACHED)
def format_frames(subscription: FrameSubscription, frames: tuple[LiveMessage, ...]) -> tuple[WireMessage, ...]:
    """Successive frames merged into one: flags or-ed, levels and spectrum their maximum, all else from the newest.

    Returns:
        The messages to send: one text; or in binary a text for each event, then the frame.
    """
    fields = frames[-1].fields
    if subscription.rate is not None:
        fields = {**fields, **_merge([frame.fields for frame in frames])}
    if dropped := sum(frame.dropped for frame in frames):
        fields = {**fields, "dropped": dropped}
    spectrum = _spectrum(subscription, frames)
    waveform = frames[-1].waveform if subscription.includes(WAVEFORM) else None
    if subscription.binary:
        events = frame_events(fields, [name for name in ("events", "onsets") if subscription.includes(name)])
        return (*(orjson.dumps(event).decode() for event in events), binary_frame.pack(fields, spectrum, waveform))
    kept = {name: value for name, value in fields.items() if name in ALWAYS or subscription.includes(name)}
    arrays = {SPECTRUM: spectrum, WAVEFORM: waveform}
    kept |= {name: array.json for name, array in arrays.items() if array is not None}
    return (orjson.dumps(kept).decode(),)


def _spectrum(subscription: FrameSubscription, frames: Sequence[LiveMessage]) -> FloatArray | None:
    if not subscription.includes(SPECTRUM):
        return None
    return maximum(
        [
            reduce_spectrum(frame.spectrum, frame.head["sample_rate"], subscription.bins, subscription.scale)
            for frame in frames
            if frame.spectrum is not None
        ]
    )


def _merge(frames: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of several frames that are not simply those of the newest."""
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
