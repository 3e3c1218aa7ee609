"""How far a run has come through the lives of its children: what the next one needs in order to go on."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tactus.analysis.live.beat_controls import BeatCommand, BeatControls


class LiveProgress:
    """Audio time, beats and what listeners have said of them.

    Args:
        first_beat_id: Id of the first beat.
        controls: What holds of the beat before anybody has said anything.
    """

    def __init__(self, first_beat_id: int, controls: BeatControls) -> None:
        self.next_beat_id = first_beat_id
        self.audio_time_s = 0.0
        """How much sound there has been [s]."""
        self.controls = controls
        """What holds of the beat, as listeners are told; taps are moments of the monotonic clock."""
        self._applied = controls
        self._pending: list[tuple[BeatCommand, float]] = []
        self._n_applied = 0
        self._heard_s = 0.0
        self._moment_s: float | None = None
        self._beat: Mapping[str, Any] | None = None

    @property
    def beat_is_held(self) -> bool:
        """Whether the beat goes on where nothing is heard."""
        return self._beat is not None

    @property
    def commands(self) -> list[dict[str, Any]]:
        """What listeners have said, and no child is known to have done."""
        return [_fields(*command) for command in self._pending]

    def command(self, command: BeatCommand, moment_s: float) -> dict[str, Any]:
        """Note what a listener said at a moment [s of the monotonic clock]; in the words in which children hear it."""
        self.controls = self.controls.after(command, moment_s)
        self._pending.append((command, moment_s))
        return _fields(command, moment_s)

    def heard(self, fields: Mapping[str, Any]) -> None:
        """Note what a child says along with each message (see `workers/live_engine`)."""
        self.audio_time_s, self.next_beat_id = fields["audio_time"], fields["next_beat_id"]
        self._beat = fields["beat"]
        if fields["type"] == "frame":
            self._heard_s, self._moment_s = fields["audio_time"], fields["moment_s"]
        for command in self._pending[: fields["n_applied"] - self._n_applied]:
            self._applied = self._applied.after(*command)
        del self._pending[: fields["n_applied"] - self._n_applied]
        self._n_applied = fields["n_applied"]

    def lose(self) -> None:
        """The child is gone. Taps and bars belonged to its sound, unless its beat lasts."""
        self._n_applied = 0
        if self._beat is None:
            self._applied = self.controls = self._applied.for_new_stream()
            for command in self._pending:
                self.controls = self.controls.after(*command)

    def handover(self, moment_s: float) -> dict[str, Any]:
        """Where a child begins whose first sound was in the air at a moment [s of the monotonic clock].

        The first begins at 0 s. Audio time goes on with the clock, and never back: what was heard is passed over.
        """
        if self._moment_s is None:
            self._moment_s = moment_s
        audio_time_s = self._heard_s + moment_s - self._moment_s
        return {
            "audio_time": max(audio_time_s, self.audio_time_s),
            "passed_over_s": max(0.0, self.audio_time_s - audio_time_s),
            "next_beat_id": self.next_beat_id,
            "beat": self._beat,
            "controls": asdict(self._applied.for_new_stream()),
        }


def _fields(command: BeatCommand, moment_s: float) -> dict[str, Any]:
    return {**asdict(command), "moment_s": moment_s}
