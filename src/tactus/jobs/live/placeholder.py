"""Placeholder of a missing source: a child that analyses silence, so that a held beat continues."""

import asyncio
from dataclasses import replace

from tactus.audio.sources.kinds import SourceKind
from tactus.errors import TactusError
from tactus.jobs.live.child_messages import LIVE_LIMITS, wait_for_first_sound
from tactus.jobs.live.relay import Relay
from tactus.logs import log
from tactus.workers.live_options import LiveOptions
from tactus.workers.supervisor import Supervisor


class Placeholder:
    """At most one child in the place of a source.

    Args:
        supervisor: Starts child processes.
        relay: Relay of the run.
        kind: Kind of the missing source.
        target: What a child runs, as `module:function`.
    """

    def __init__(self, supervisor: Supervisor, relay: Relay, kind: SourceKind, target: str) -> None:
        self._supervisor = supervisor
        self._relay = relay
        self._kind = kind
        self._target = target
        self._task: asyncio.Task[None] | None = None

    def start(self, options: LiveOptions) -> None:
        """Start the child, for a source with these options."""
        self._task = asyncio.create_task(self._run(options), name=f"placeholder {options.session}")

    async def stop(self) -> None:
        """End the child, if there is one."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def _run(self, options: LiveOptions) -> None:
        options = replace(options, resumed=True, source_lost=True)
        try:
            async with self._supervisor.start_child(self._target, options, limits=LIVE_LIMITS) as child:
                try:
                    self._relay.put_in_charge(child, await wait_for_first_sound(child, self._kind), resumed=True)
                    await self._relay.pass_on_messages(child)
                finally:
                    self._relay.dismiss(child)
        except TactusError as error:
            log.warning("live_placeholder_failed", session=options.session, reason=error.slug)
