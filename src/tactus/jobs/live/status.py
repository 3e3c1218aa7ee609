"""How a live session is doing, as callers are told."""

from dataclasses import dataclass
from typing import Any

from tactus.jobs.live.run import RunState


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """How a session is doing; `current_device` and the like are None where nothing is recorded.

    Args:
        session: Its name.
        is_recording: Whether it has been started and not been stopped.
        state: What it is doing.
        sample_rate: Of the messages [Hz].
        chunk_size: Samples between messages.
        source: Where the sound comes from.
        current_device: Index of the device in use.
        device_name: Its name.
        device_id: Its stable id.
        capture_rate: At which the device delivers [Hz].
        started_at: When the session was started [s since 1970].
        sequence: Number of its newest message; -1 before the first.
        n_restarts: How often its child had to be started again.
        n_listeners: Local listeners.
        controls: What listeners have said of the beat.
    """

    session: str
    is_recording: bool
    state: RunState
    sample_rate: int
    chunk_size: int
    source: str | None = None
    current_device: int | None = None
    device_name: str | None = None
    device_id: str | None = None
    capture_rate: float | None = None
    started_at: float | None = None
    sequence: int = -1
    n_restarts: int = 0
    n_listeners: int = 0
    controls: dict[str, Any] | None = None
