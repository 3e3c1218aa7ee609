"""Opening of a live source in the session's process: what an opener returns, and how it is found."""

import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tactus.audio.sources.capture import Capture
from tactus.audio.sources.kinds import SourceKind
from tactus.audio.sources.source_request import SourceRequest


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """A source that is open.

    Args:
        capture: Where the samples are read.
        device: Description of the device, for clients; empty for sources that are no device.
        input_latency_s: Latency of the sound system before a block of samples arrives [s].
        push: Takes the samples that a client sends, as fields of a `PcmFormat` and raw bytes; None for other sources.
    """

    capture: Capture
    device: Mapping[str, Any] = field(default_factory=dict)
    input_latency_s: float = 0.0
    push: Callable[[Mapping[str, Any], bytes], None] | None = None


Opener = Callable[[SourceRequest], AbstractContextManager[OpenedSource]]
"""Opens a source for the length of a `with` block; raises a `TactusError` where it cannot."""


def opener(kind: SourceKind) -> Opener:
    """The function that opens sources of a kind, imported now: an HTTP client or a sound library takes time to load."""
    module, _, name = kind.opener.partition(":")
    found: Opener = getattr(importlib.import_module(module), name)
    return found
