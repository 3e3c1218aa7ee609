"""Relay between the child in charge of a run and the run's listeners."""

from tactus.analysis.live.beat_controls import BeatCommand
from tactus.jobs.live.child_messages import receive_messages
from tactus.jobs.live.progress import LiveProgress
from tactus.jobs.live.publisher import SessionPublisher
from tactus.jobs.live.run_state import StateReport
from tactus.workers.live_message import decode
from tactus.workers.messages import Message
from tactus.workers.supervisor import Child


class Relay:
    """Sends commands to the child in charge and passes its messages on.

    At most one child is in charge: the one that has opened the source, or the placeholder.

    Args:
        progress: Progress of the run.
        report: State of the run.
        publisher: Publisher of the run's messages.
    """

    def __init__(self, progress: LiveProgress, report: StateReport, publisher: SessionPublisher) -> None:
        self._progress = progress
        self._report = report
        self._publisher = publisher
        self._child: Child | None = None
        self._n_received = 0
        self.has_ended = False
        """Whether the source has ended, by the newest message."""

    def put_in_charge(self, child: Child, opened: Message, *, resumed: bool) -> float:
        """Put a child in charge that has opened its source; it gets its place in the run and all pending commands.

        Args:
            child: The child.
            opened: Its message `opened`.
            resumed: Whether the run has had another child before.

        Returns:
            Audio time at which the child continues [s].
        """
        self._n_received = 0
        self._child = child
        handover = self._progress.handover(opened.fields["moment_s"])
        if resumed:
            child.send("go-on", handover)
        for fields in self._progress.commands:
            child.send("command", fields)
        return float(handover["audio_time"])

    def dismiss(self, child: Child) -> bool:
        """Note that a child has ended; whether it was in charge."""
        if self._child is not child:
            return False
        self._child = None
        self._progress.end_child()
        return True

    def send_command(self, command: BeatCommand, moment_s: float) -> None:
        """Send a listener's command, given at `moment_s` of the monotonic clock, to the child in charge now or next."""
        fields = self._progress.add_command(command, moment_s)
        if self._child is not None:
            self._child.send("command", fields)

    async def pass_on_messages(self, child: Child) -> None:
        """Pass the messages of a child on, until it ends or hangs.

        Raises:
            TactusError: The child's error: it has lost its source.
        """
        async for message in receive_messages(child):
            self._pass_on(message)

    def _pass_on(self, message: Message) -> None:
        fields = message.fields
        if message.kind == "state":
            self._report.update_sound(fields)
        if message.kind != "message":
            return
        self._progress.update(fields)
        self.has_ended = fields["type"] == "ended"
        if fields["type"] == "stalled":
            self._report.enter("stalled")
        elif fields["type"] == "resumed":
            self._report.enter("recording")
        n_lost, self._n_received = fields["n_sent"] - self._n_received - 1, fields["n_sent"]
        self._publisher.publish(decode(message), n_lost=n_lost)
