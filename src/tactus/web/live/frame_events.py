"""The events of a frame as messages of their own, for listeners that do not get them inside frames."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def frame_events(frame: Mapping[str, Any], names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Each event in the fields `names` of a frame ("events", "onsets") as the fields of a message.

    The `timestamp` of an event is when it sounds; its `sequence` is the frame's.
    """
    for name in names:
        for event in frame[name]:
            before_frame_s = frame["audio_time"] - event.get("audio_time", frame["audio_time"])
            yield {
                **event,
                "session": frame["session"],
                "sequence": frame["sequence"],
                "timestamp": round(frame["timestamp"] - before_frame_s, 6),
            }
