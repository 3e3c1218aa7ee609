"""Progress of a run across its child processes: what the next child needs in order to continue."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tactus.analysis.live.beat_controls import BeatCommand, BeatControls


class LiveProgress:
    """Audio time, beats and controls of a run.

    Args:
        first_beat_id: Id of the first beat.
        controls: Controls of the beat at the start.
    """

    def __init__(self, first_beat_id: int, controls: BeatControls) -> None:
        self.next_beat_id = first_beat_id
        self.audio_time_s = 0.0
        """Audio time of the newest message [s]."""
        self.controls = controls
        """Controls of the beat after all commands; taps are moments of the monotonic clock."""
        self._applied = controls
        self._pending: list[tuple[BeatCommand, float]] = []
        self._n_applied = 0
        self._frame_s = 0.0  # audio time of the newest frame, and the moment of its sound
        self._moment_s: float | None = None
        self._beat: Mapping[str, Any] | None = None

    @property
    def beat_is_held(self) -> bool:
        """Whether the beat continues while there is no sound."""
        return self._beat is not None

    @property
    def commands(self) -> list[dict[str, Any]]:
        """Commands that no child is known to have applied, as fields of messages."""
        return [_fields(*command) for command in self._pending]

    def add_command(self, command: BeatCommand, moment_s: float) -> dict[str, Any]:
        """Add a listener's command.

        Args:
            command: The command.
            moment_s: Moment at which it was given [s of the monotonic clock].

        Returns:
            The fields of the message to the child.
        """
        self.controls = self.controls.after(command, moment_s)
        self._pending.append((command, moment_s))
        return _fields(command, moment_s)

    def update(self, fields: Mapping[str, Any]) -> None:
        """Take the fields that a child sends along with each message (see `workers/live_engine`)."""
        self.audio_time_s, self.next_beat_id = fields["audio_time"], fields["next_beat_id"]
        self._beat = fields["beat"]
        if fields["type"] == "frame":
            self._frame_s, self._moment_s = fields["audio_time"], fields["moment_s"]
        n_new = fields["n_applied"] - self._n_applied
        for command in self._pending[:n_new]:
            self._applied = self._applied.after(*command)
        del self._pending[:n_new]
        self._n_applied = fields["n_applied"]

    def end_child(self) -> None:
        """Note that the child has ended. Taps and bars belonged to its sound, unless its beat is held."""
        self._n_applied = 0
        if self._beat is None:
            self._applied = self.controls = self._applied.for_new_stream()
            for command in self._pending:
                self.controls = self.controls.after(*command)

    def handover(self, moment_s: float) -> dict[str, Any]:
        """Fields of the message for a child: where it continues.

        The first child begins at 0 s. Audio time continues with the clock and never goes back: sound that was
        analysed already is skipped.

        Args:
            moment_s: Moment of the child's first sound [s of the monotonic clock].
        """
        if self._moment_s is None:
            self._moment_s = moment_s
        audio_time_s = self._frame_s + moment_s - self._moment_s
        return {
            "audio_time": max(audio_time_s, self.audio_time_s),
            "passed_over_s": max(0.0, self.audio_time_s - audio_time_s),
            "next_beat_id": self.next_beat_id,
            "beat": self._beat,
            "controls": asdict(self._applied.for_new_stream()),
        }


def _fields(command: BeatCommand, moment_s: float) -> dict[str, Any]:
    return {**asdict(command), "moment_s": moment_s}
