"""One live session from start to stop, across its child processes (its states: see `run_state`)."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.audio.sources.kinds import SourceKind
from tactus.errors import DecoderCrashedError, TactusError
from tactus.hub.listeners import Hub
from tactus.jobs.live.child_messages import HANG_S, LIVE_LIMITS, wait_for_first_sound
from tactus.jobs.live.placeholder import Placeholder
from tactus.jobs.live.progress import LiveProgress
from tactus.jobs.live.publisher import SessionPublisher
from tactus.jobs.live.relay import Relay
from tactus.jobs.live.retry_policy import GONE, RetryPolicy
from tactus.jobs.live.run_state import RunState, StateReport
from tactus.jobs.live.source_selection import SourceSelection
from tactus.jobs.ports import Publisher
from tactus.logs import log
from tactus.workers.live_options import LiveOptions
from tactus.workers.messages import Message
from tactus.workers.supervisor import Child, Supervisor

LIVE_CHILD = "tactus.workers.live_child:run"
"""What the children of a run execute."""

MAX_UNSENT_BYTES = 1 << 20
"""Samples queued for a child that does not read [bytes]; more are dropped."""


class LiveRun:
    """A running session. It begins at once and runs until it is cancelled, ends, or cannot be opened.

    Args:
        supervisor: Starts child processes.
        publisher: The outputs, for other programs.
        hub: The session's hub, for local listeners.
        options: Options of the session.
        kind: Kind of its source.
        before: The session's earlier run, which has to be gone first: two streams never hold one device.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        publisher: Publisher,
        hub: Hub,
        options: LiveOptions,
        *,
        kind: SourceKind,
        before: "LiveRun | None" = None,
    ) -> None:
        self.kind = kind
        self.n_restarts = 0
        """How often the source was opened again after a failure."""
        self._supervisor = supervisor
        self._selection = SourceSelection(options)
        self._retry_policy = RetryPolicy(kind.retry)
        self._progress = LiveProgress(options.first_beat_id, options.controls)
        session_publisher = SessionPublisher(publisher, hub, options)
        self._report = StateReport(session_publisher, self._progress, options)
        self._relay = Relay(self._progress, self._report, session_publisher)
        self._placeholder = Placeholder(supervisor, self._relay, kind, LIVE_CHILD)
        self._child: Child | None = None
        self._lost_at_s = 0.0  # audio time
        self._steady_at_s = math.inf  # audio time at which the source counts as working
        self._task = asyncio.create_task(self._run_after(before), name=f"live {options.session}")
        self._task.add_done_callback(self._finish)
        # A run may be cancelled while it waits for an earlier one: those who wait for it then wait for that as well.
        self._tasks = {self._task, *(before.unfinished if before else ())}

    @property
    def options(self) -> LiveOptions:
        """Options with which its source is opened."""
        return self._selection.options

    @property
    def state(self) -> RunState:
        """Its state."""
        return self._report.state

    @property
    def device(self) -> Mapping[str, Any]:
        """The open device: `index`, `name`, `id`, `capture_rate`; empty for sources that are no device."""
        return self._report.device

    @property
    def controls(self) -> BeatControls:
        """Controls of the beat."""
        return self._progress.controls

    @property
    def next_beat_id(self) -> int:
        """Id of the next beat."""
        return self._progress.next_beat_id

    @property
    def is_over(self) -> bool:
        """Whether it has ended, by itself (a file does) or otherwise."""
        return self._task.done()

    @property
    def unfinished(self) -> "set[asyncio.Task[None]]":
        """Its tasks, and those of earlier runs, that have not ended."""
        return {task for task in self._tasks if not task.done()}

    async def wait_until_open(self) -> None:
        """Return once sound arrives, or the run is cancelled.

        Raises:
            TactusError: The source cannot be opened.
        """
        await self._selection.wait_until_open()

    async def wait_until_over(self) -> None:
        """Return once it has ended."""
        await asyncio.wait({self._task})

    async def wait_until_gone(self, timeout_s: float) -> bool:
        """Wait until it and all earlier runs are gone, at most `timeout_s`; whether they are."""
        _, waiting = await asyncio.wait(self._tasks, timeout=timeout_s)
        return not waiting

    async def switch_device(self, device: int | str) -> None:
        """Continue with another device, or with the present one where the other cannot be opened.

        Raises:
            TactusError: The other device cannot be opened.
        """
        self._selection.select_device(device)
        if self._child is not None:
            self._child.kill()
        await self._selection.wait_until_open()

    def push_samples(self, pcm: Mapping[str, Any], samples: bytes) -> None:
        """Pass samples of a client to the child; what it cannot take is dropped.

        Args:
            pcm: Fields of their `audio/sources/pushed_source.PcmFormat`.
            samples: Raw samples.
        """
        if self._child is not None and self._child.n_unsent_bytes < MAX_UNSENT_BYTES:
            self._child.send("sound", pcm, samples)

    def command(self, command: BeatCommand, moment_s: float) -> None:
        """Apply a command given at `moment_s` of the monotonic clock; all listeners get the new controls."""
        self._relay.send_command(command, moment_s)
        self._report.change(self.state)

    def cancel(self) -> None:
        """End it now."""
        self._selection.cancel()
        if self._child is not None:
            self._child.kill()
        self._task.cancel()

    def _finish(self, _: "asyncio.Task[None]") -> None:
        self._selection.cancel()
        self._report.change("stopped")

    async def _run_after(self, before: "LiveRun | None") -> None:
        if before is not None:
            await before.wait_until_gone(HANG_S)
        try:
            await self._run()
        finally:
            await self._placeholder.stop()

    async def _run(self) -> None:
        """Run one child after the other."""
        while True:
            number, reason = self._selection.number, GONE
            self._steady_at_s = math.inf
            try:
                await self._run_child(number)
            except TactusError as error:
                reason = error.slug
                if self._selection.refuse(number, error):
                    return
            if self._relay.has_ended:
                return
            if not self._retry_policy.retries:
                self._report.publish_event("ended", reason=reason)
                return
            if number != self._selection.number:  # another device was selected, or the new one refused
                self._retry_policy.reset()
                continue
            if self._progress.audio_time_s >= self._steady_at_s:
                self._retry_policy.reset()
            self._retry_policy.count_failure(reason)
            if self._retry_policy.is_exhausted:
                self._report.publish_event("ended", reason=DecoderCrashedError.slug)
                return
            if self.state != "device_lost":
                self._report.change("device_lost", reason=reason)
                self._report.publish_event("device_lost", reason=reason, device=self.device)
            await self._selection.wait_for_change(self._retry_policy.wait_s())

    async def _run_child(self, number: int) -> None:
        """Run one child until it is gone, and pass its messages on.

        Raises:
            TactusError: The source cannot be opened, or is lost.
        """
        options = replace(self.options, resumed=self._selection.has_worked)
        async with self._supervisor.start_child(LIVE_CHILD, options, limits=LIVE_LIMITS) as child:
            self._child = child
            try:
                opened = await wait_for_first_sound(child, self.kind)
                if number == self._selection.number:
                    await self._placeholder.stop()
                    self._start_recording(child, opened)
                    await self._relay.pass_on_messages(child)
            finally:
                self._child = None
                if self._relay.dismiss(child):
                    self._lost_at_s = self._progress.audio_time_s
                    if self._progress.beat_is_held:
                        self._placeholder.start(self.options)

    def _start_recording(self, child: Child, opened: Message) -> None:
        resumed, switched = self._selection.has_worked, not self._selection.is_open
        began_s = self._relay.put_in_charge(child, opened, resumed=resumed)
        self._steady_at_s = began_s + self._retry_policy.steady_s
        device = opened.fields["device"]
        self._report.device = device
        self._selection.confirm(device.get("id"))
        if resumed:
            self._publish_return(began_s, switched=switched)
        self._report.change("recording")
        if switched:
            self._selection.announce_open()
        log.info("live_opened", session=self.options.session, source=self.options.source, device=device.get("name"))

    def _publish_return(self, began_s: float, *, switched: bool) -> None:
        if not switched:
            self.n_restarts += 1
            self._report.publish_event("resumed", device=self.device)
        reason = "device-switched" if switched else "device-lost"
        self._report.publish_event("gap", reason=reason, duration_s=round(began_s - self._lost_at_s, 6))
