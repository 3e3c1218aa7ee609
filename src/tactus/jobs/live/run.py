"""One live session from start to stop, through the lives of its children."""

import asyncio
import contextlib
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.errors import DecoderCrashedError, TactusError
from tactus.hub.listeners import Hub
from tactus.jobs.live.child_messages import HANG_S, LIVE_LIMITS, messages, opened
from tactus.jobs.live.progress import LiveProgress
from tactus.jobs.live.publisher import SessionPublisher
from tactus.jobs.live.retry_policy import GONE, STEADY_S, RetryPolicy
from tactus.jobs.ports import Publisher
from tactus.logs import log
from tactus.workers.live_options import LiveOptions
from tactus.workers.messages import Message
from tactus.workers.supervisor import Child, Supervisor

RunState = Literal["opening", "recording", "stalled", "device_lost", "stopped"]
"""Waiting for the first sound; hearing; the device is silent as a stone; waiting for it to come back; not running."""

_TARGET = "tactus.workers.live_child:run"

MAX_UNSENT_BYTES = 1 << 20
"""Samples that wait for a child that does not read [bytes]."""


class LiveRun:
    """One running session. It begins at once and lasts until it is cancelled, or until it cannot be opened.

    Args:
        supervisor: Who makes children.
        publisher: Who tells other programs.
        hub: Where local listeners hear it.
        options: What the child is told.
        before: The session's earlier run, which has to be gone first: two streams never hold one device.
    """

    def __init__(
        self, supervisor: Supervisor, publisher: Publisher, hub: Hub, options: LiveOptions, before: "LiveRun | None"
    ) -> None:
        self._supervisor = supervisor
        self._publisher = SessionPublisher(publisher, hub, options)
        self._child: Child | None = None
        self._working: LiveOptions | None = None
        self._heeding: Child | None = None  # whoever has opened its source, and does what listeners say
        self._placeholder: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._choice = 0  # which device was chosen, counted: answers that belong to an earlier choice are void
        self._progress = LiveProgress(options.first_beat_id, options.controls)
        self._lost_at_s = 0.0  # audio time
        self._heard: Mapping[str, Any] = {}
        self.options = options
        self.state: RunState = "opening"
        self.device: Mapping[str, Any] = {}
        """What the child has opened: `index`, `name`, `id`, `capture_rate`; empty for sources that are no device."""
        self._n_heard = 0
        self._has_ended = False
        self.n_restarts = 0
        self._steady_at_s = math.inf  # at this audio time, what is heard now will have been heard for long enough
        self._retry_policy = RetryPolicy(options.source)
        self._opened = _awaited()
        self._task = asyncio.create_task(self._live(before), name=f"live {options.session}")
        self._task.add_done_callback(self._end)
        # A run may be cancelled while it waits for an earlier one, which whoever waits for it then still waits for.
        self._tasks = {self._task, self._publisher.task, *(before.unfinished if before else ())}

    async def opened(self) -> None:
        """Return once sound arrives, or the run is cancelled.

        Raises:
            TactusError: Why no sound arrives.
        """
        opened = self._opened
        await asyncio.wait({opened})
        if not opened.cancelled():
            opened.result()

    async def switch(self, device: int | str) -> None:
        """Go on with another device; with the one that worked where the other cannot be opened.

        Raises:
            TactusError: Why it cannot be opened.
        """
        self._opened.cancel()
        self._opened = _awaited()
        self.options = replace(self.options, device=device)
        self._choice += 1
        self._hurry.set()
        if self._child is not None:
            self._child.kill()
        await self.opened()

    def feed(self, form: Mapping[str, Any], samples: bytes) -> None:
        """Hand samples to the child (see `audio/sources/pushed_source.PcmFormat`); what it cannot take is lost."""
        if self._child is not None and self._child.n_unsent_bytes < MAX_UNSENT_BYTES:
            self._child.send("sound", form, samples)

    def command(self, command: BeatCommand, moment_s: float) -> None:
        """Have beats told otherwise, as somebody asked at a moment [s of the monotonic clock]; listeners are told."""
        fields = self._progress.command(command, moment_s)
        if self._heeding is not None:
            self._heeding.send("command", fields)
        self._change_state(self.state)

    async def over(self) -> None:
        """Return once it has ended."""
        await asyncio.wait({self._task})

    def cancel(self) -> None:
        """End it now."""
        self._opened.cancel()
        if self._child is not None:
            self._child.kill()
        self._task.cancel()

    async def ended(self, timeout_s: float) -> bool:
        """Whether it is gone, for which it waits at most `timeout_s`."""
        _, waiting = await asyncio.wait(self._tasks, timeout=timeout_s)
        return not waiting

    @property
    def next_beat_id(self) -> int:
        """The id of a beat that has not been said."""
        return self._progress.next_beat_id

    @property
    def controls(self) -> BeatControls:
        """What listeners have said of the beat."""
        return self._progress.controls

    @property
    def is_over(self) -> bool:
        """Whether it has ended, by itself (a file does) or otherwise."""
        return self._task.done()

    @property
    def unfinished(self) -> "set[asyncio.Task[None]]":
        """What of it, and of runs before it, is still going on."""
        return {task for task in self._tasks if not task.done()}

    def _end(self, _: "asyncio.Task[None]") -> None:
        self._opened.cancel()
        self._change_state("stopped")
        self._publisher.end()

    async def _live(self, before: "LiveRun | None") -> None:
        if before is not None:
            await before.ended(HANG_S)
        try:
            await self._lives()
        finally:
            await self._end_placeholder()

    async def _lives(self) -> None:
        while True:
            choice, reason = self._choice, GONE
            self._steady_at_s = math.inf
            try:
                await self._one_child(choice)
            except TactusError as error:
                reason = error.slug
                if self._refused(choice, error):
                    return
            if self._has_ended:
                return
            if self.options.source == "file":  # it would begin anew, and meet the same end
                self._say("ended", reason=reason)
                return
            if choice != self._choice:  # another device was chosen, or the new one refused
                self._retry_policy.renew()
                continue
            if self._progress.audio_time_s >= self._steady_at_s:
                self._retry_policy.renew()
            self._retry_policy.fail(reason)
            if self._retry_policy.is_spent:
                self._say("ended", reason=DecoderCrashedError.slug)
                return
            if self.state != "device_lost":
                self._change_state("device_lost", reason=reason)
                self._say("device_lost", reason=reason, device=self.device)
            await self._pause(self._retry_policy.wait_s())

    async def _one_child(self, choice: int) -> None:
        """Relay one child until it is gone."""
        started = replace(self.options, resumed=self._working is not None)
        async with self._supervisor.child(_TARGET, started, limits=LIVE_LIMITS) as child:
            self._child = child
            try:
                first = await opened(child, started)
                if choice == self._choice:
                    await self._end_placeholder()
                    self._begin(child, first)
                    async for message in messages(child):
                        self._pass_on(message)
            finally:
                self._child = None
                if self._heeding is child:
                    self._lose()

    def _lose(self) -> None:
        """What was heard is gone; a beat that lasts is told on, over silence."""
        self._heeding = None
        self._lost_at_s = self._progress.audio_time_s
        self._progress.lose()
        if self._progress.beat_is_held:
            self._placeholder = asyncio.create_task(self._run_placeholder(), name=f"rest {self.options.session}")

    async def _run_placeholder(self) -> None:
        """Relay a child that hears silence in the place of the source."""
        started = replace(self.options, resumed=True, source_lost=True)
        try:
            async with self._supervisor.child(_TARGET, started, limits=LIVE_LIMITS) as child:
                self._hand_over(child, await opened(child, started), resumed=True)
                async for message in messages(child):
                    self._pass_on(message)
        except TactusError as error:
            log.warning("live_rest_failed", session=self.options.session, reason=error.slug)
        finally:
            self._heeding = None
            self._progress.lose()

    async def _end_placeholder(self) -> None:
        """End the silence."""
        if self._placeholder is not None:
            self._placeholder.cancel()
            await asyncio.wait({self._placeholder})
            self._placeholder = None

    def _hand_over(self, child: Child, opened: Message, *, resumed: bool) -> float:
        """Tell a child that has opened its source where to go on, and what listeners want; the audio time there [s]."""
        self._n_heard = 0
        self._heeding = child
        handover = self._progress.handover(opened.fields["moment_s"])
        if resumed:
            child.send("go-on", handover)
        for fields in self._progress.commands:
            child.send("command", fields)
        return float(handover["audio_time"])

    def _begin(self, child: Child, opened: Message) -> None:
        """The child has opened its source and hears something."""
        first_time, switched = self._working is None, not self._opened.done()
        began_s = self._hand_over(child, opened, resumed=not first_time)
        self._steady_at_s = began_s + STEADY_S
        self.device = opened.fields["device"]
        # The default is whatever it is today: once opened, the session stays with that device and hears no other.
        self.options = self._working = replace(self.options, device=self.device.get("id", self.options.device))
        if not first_time:
            self.n_restarts += not switched
            if not switched:
                self._say("resumed", device=self.device)
            reason = "device-switched" if switched else "device-lost"
            self._say("gap", reason=reason, duration_s=round(began_s - self._lost_at_s, 6))
        self._change_state("recording")
        if switched:
            self._opened.set_result(None)
        log.info(
            "live_opened",
            session=self.options.session,
            source=self.options.source,
            device=self.device.get("name"),
        )

    def _refused(self, choice: int, error: TactusError) -> bool:
        """Take note that a source cannot be opened; whether the run is over, since it never worked."""
        if choice == self._choice and not self._opened.done():
            self._opened.set_exception(error)
            if self._working is None:
                return True
            self.options = self._working
            self._choice += 1
        return False

    def _pass_on(self, message: Message) -> None:
        fields = message.fields
        if message.kind == "message":
            self._progress.heard(fields)
            self._has_ended = fields["type"] == "ended"
            if fields["type"] in ("stalled", "resumed"):
                self.state = "stalled" if fields["type"] == "stalled" else "recording"
                self._keep_state()
            n_lost, self._n_heard = fields["n_sent"] - self._n_heard - 1, fields["n_sent"]
            self._publisher.pass_on(message.body, n_lost)
        elif message.kind == "state":
            self._heard = fields
            self._keep_state()

    def _say(self, kind: str, **fields: Any) -> None:
        self._publisher.say(kind, self._progress.audio_time_s, fields)

    def _change_state(self, state: RunState, **fields: Any) -> None:
        self.state = state
        self._keep_state()
        controls = self.controls.to_dict()
        self._say("state", state=state, source=self.options.source, device=self.device, controls=controls, **fields)

    def _keep_state(self) -> None:
        self._publisher.keep(
            {
                "state": self.state,
                "source": self.options.source,
                "device": self.device,
                "sample_rate": self.options.sample_rate,
                "chunk_size": self.options.chunk_size,
                "controls": self.controls.to_dict(),
                **self._heard,
            }
        )

    async def _pause(self, max_s: float) -> None:
        """Wait before trying again; a device that is chosen meanwhile ends the wait."""
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max_s):
                await self._hurry.wait()


def _awaited() -> "asyncio.Future[None]":
    """A future whose failure may go unheard."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future
