"""The envelope of a live message, between the process that makes it and the protocols that carry it to clients."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from tactus.formats.live_fields import SPECTRUM, WAVEFORM
from tactus.hub.float_array import FloatArray

DEFAULT_SESSION = "default_user"
"""The session of callers that name none; its messages go to `audio:realtime` itself."""


@dataclass(frozen=True, eq=False)
class LiveMessage:
    """One message of a live session. All readers share it; what is made of it on first use is kept with it.

    Two messages are equal only if they are the same object, so that one can be the key of a cache.

    Args:
        kind: Message type: "frame", "state", "gap" and so on; `type` in JSON.
        head: All fields but numbering and the two large arrays, ready for JSON. Not to be changed.
        sequence: Number of the message in its session; None for one that is not numbered.
        dropped: Messages that the receiving listener lost just before this one.
        spectrum: Magnitudes of a frame's FFT bins; None where the message has none.
        waveform: Samples of a frame; None where the message has none.
    """

    kind: str
    head: Mapping[str, Any]
    sequence: int | None = None
    dropped: int = 0
    spectrum: FloatArray | None = None
    waveform: FloatArray | None = None

    @property
    def is_frame(self) -> bool:
        """True for a frame: the analysis of one chunk of sound."""
        return self.kind == "frame"

    @cached_property
    def fields(self) -> dict[str, Any]:
        """All JSON fields but the two large arrays. Not to be changed."""
        numbering: dict[str, Any] = {"type": self.kind}
        if self.sequence is not None:
            numbering["sequence"] = self.sequence
        if self.dropped:
            numbering["dropped"] = self.dropped
        return {**numbering, **self.head}

    @property
    def arrays(self) -> dict[str, FloatArray]:
        """The arrays that the message has, by JSON field."""
        arrays = {SPECTRUM: self.spectrum, WAVEFORM: self.waveform}
        return {name: array for name, array in arrays.items() if array is not None}

    def to_dict(self, *, with_arrays: bool = True) -> dict[str, Any]:
        """A copy of what a client reads from `json`, arrays as lists of numbers.

        Args:
            with_arrays: Whether it has the two large arrays.
        """
        arrays = {name: array.decimals for name, array in self.arrays.items()} if with_arrays else {}
        return {**self.fields, **arrays}

    @cached_property
    def json(self) -> bytes:
        """The message as a JSON object, UTF-8."""
        return orjson.dumps({**self.fields, **{name: array.json for name, array in self.arrays.items()}})

    @cached_property
    def text(self) -> str:
        """`json` as text."""
        return self.json.decode()

    @cached_property
    def without_waveform(self) -> "LiveMessage":
        """The message without its waveform."""
        if self.waveform is None:
            return self
        return LiveMessage(self.kind, self.head, self.sequence, self.dropped, self.spectrum)

    def numbered(self, sequence: int) -> "LiveMessage":
        """A copy with a sequence number; it shares head and arrays."""
        return LiveMessage(self.kind, self.head, sequence, self.dropped, self.spectrum, self.waveform)

    def after_drops(self, dropped: int) -> "LiveMessage":
        """A copy for a listener that lost `dropped` messages just before; it shares head and arrays."""
        return LiveMessage(self.kind, self.head, self.sequence, dropped, self.spectrum, self.waveform)
