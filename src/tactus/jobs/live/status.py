"""Status of a live session, for callers."""

from dataclasses import dataclass
from typing import Any

from tactus.jobs.live.run_state import RunState


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """Status of a session. Device fields are None while no device is in use.

    Args:
        session: Name of the session.
        is_recording: Whether it was started and not stopped.
        state: State of its run.
        sample_rate: Sample rate of the messages [Hz].
        chunk_size: Samples between messages.
        source: Name of the kind of source.
        current_device: Index of the device in use.
        device_name: Name of the device.
        device_id: Stable id of the device.
        capture_rate: Sample rate at which the device delivers [Hz].
        started_at: When the session was started [s since 1970].
        sequence: Sequence number of the newest message; -1 before the first.
        n_restarts: How often the source was opened again after a failure.
        n_listeners: Number of local listeners.
        controls: Controls of the beat.
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
