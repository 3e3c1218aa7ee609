"""State of a run: its name, device and controls, and the `state` messages in which listeners get them.

    opening ───first sound──▶ recording ◀───sound───▶ stalled
       │                        │     ▲                  │
       │ cannot be opened       │     └─first sound─┐    │
       │                        └────lost──▶ device_lost ◀┘
       ▼                                            │
    stopped ◀──────cancelled, ended, given up───────┘   (from every state)

While the device is lost, a placeholder may hold the beat over (see `placeholder`); the state stays `device_lost`.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from tactus.jobs.live.progress import LiveProgress
from tactus.jobs.live.publisher import SessionPublisher
from tactus.workers.live_options import LiveOptions

RunState = Literal["opening", "recording", "stalled", "device_lost", "stopped"]
"""Waiting for the first sound; analysing; no data from the source; waiting for its return; not running."""

RUN_STATES: tuple[RunState, ...] = get_args(RunState)

TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    "opening": frozenset({"recording", "device_lost", "stopped"}),
    "recording": frozenset({"stalled", "device_lost", "stopped"}),
    "stalled": frozenset({"recording", "device_lost", "stopped"}),
    "device_lost": frozenset({"recording", "stalled", "stopped"}),
    "stopped": frozenset(),
}
"""States that may follow each; every state may also follow itself, when something else of it changes."""


class StateReport:
    """The state of one run, as its listeners get it.

    Args:
        publisher: Publisher of the run's messages.
        progress: Progress of the run, for its controls and audio time.
        options: Options of the run at its start.
    """

    def __init__(self, publisher: SessionPublisher, progress: LiveProgress, options: LiveOptions) -> None:
        self._publisher = publisher
        self._progress = progress
        self._source = options.source
        self._constant = {"sample_rate": options.sample_rate, "chunk_size": options.chunk_size}
        self._sound: Mapping[str, Any] = {}
        self.state: RunState = "opening"
        self.device: Mapping[str, Any] = {}
        """The open device: `index`, `name`, `id`, `capture_rate`; empty for sources that are no device."""

    def change(self, state: RunState, **fields: Any) -> None:
        """Enter a state, and send a `state` message.

        Args:
            state: The state to enter.
            fields: More fields of the message.

        Raises:
            ValueError: The state does not follow the present one.
        """
        self.enter(state)
        controls = self._progress.controls.to_dict()
        self.publish_event("state", state=state, source=self._source, device=self.device, controls=controls, **fields)

    def enter(self, state: RunState) -> None:
        """Enter a state without a message of its own: the message that causes it is sent already.

        Raises:
            ValueError: The state does not follow the present one.
        """
        if state != self.state and state not in TRANSITIONS[self.state]:
            raise ValueError(f"{state!r} does not follow {self.state!r}")
        self.state = state
        self._keep()

    def update_sound(self, fields: Mapping[str, Any]) -> None:
        """Take tempo, bar, phase and silence of the sound, which late joiners get."""
        self._sound = fields
        self._keep()

    def publish_event(self, kind: str, **fields: Any) -> None:
        """Send an event of the run itself, at the audio time of the newest message."""
        self._publisher.publish_event(kind, self._progress.audio_time_s, fields)

    def _keep(self) -> None:
        self._publisher.keep_state(
            {
                "state": self.state,
                "source": self._source,
                "device": self.device,
                **self._constant,
                "controls": self._progress.controls.to_dict(),
                **self._sound,
            }
        )
