"""One live session: its listeners, the run that is on, and what is remembered of it from one run to the next."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tactus.analysis.live.beat_controls import BeatCommand
from tactus.errors import DeviceBusyError, LiveAlreadyRunningError, LiveNotRunningError, ValidationError
from tactus.hub.listeners import Hub
from tactus.jobs.live.config import LiveConfig
from tactus.jobs.live.request import LiveRequest
from tactus.jobs.live.run import LiveRun
from tactus.jobs.live.status import LiveStatus
from tactus.jobs.ports import Publisher
from tactus.workers.supervisor import Supervisor

STOP_S = 1.5
"""How long stopping waits for a killed child [s]."""


class LiveSession:
    """A session, running or not.

    Args:
        name: Its name.
        supervisor: Who makes children.
        publisher: Who tells other programs.
        config: What settings decide.
    """

    def __init__(self, name: str, supervisor: Supervisor, publisher: Publisher, config: LiveConfig) -> None:
        self.name = name
        self.hub = Hub()
        """Where local listeners hear it; they may come before it is started, and stay when it is stopped."""
        self._supervisor = supervisor
        self._publisher = publisher
        self._config = config
        self._request = LiveRequest(session=name)
        self._run: LiveRun | None = None
        self._ended: LiveRun | None = None
        self._chosen: Mapping[str, Any] = {}
        self._is_fed = False

    @property
    def run(self) -> LiveRun | None:
        """The run that is on; None: it is not running."""
        if self._run is not None and self._run.is_over:  # a file has been played to its end
            self._ended, self._run = self._run, None
        return self._run

    @property
    def is_idle(self) -> bool:
        """Whether nobody runs or hears it."""
        return self.run is None and not self.hub.n_listeners

    async def start(self, request: LiveRequest) -> LiveStatus:
        """Start it; when it is already running with these parameters, that is all right.

        Raises:
            LiveAlreadyRunningError: It is running with other parameters.
            TactusError: Why nothing is heard; it is then stopped.
        """
        run = self.run
        if run is None:
            run = self._run = self._begun(request)
        elif not self._is_meant(request, run):
            raise LiveAlreadyRunningError(
                f"Session {self.name!r} is running with other parameters; stop it first, or name another session.",
                session=self.name,
            )
        try:
            await run.opened()
        except Exception:
            if self._run is run:
                await self.stop()
            raise
        return self.status()

    async def stop(self) -> bool:
        """End it, whatever it is doing; False where it was not running. Takes at most some 2 s."""
        run, self._run = self._run, None
        if run is not None:
            self._ended = run
            run.cancel()
        if self._ended is not None:
            await self._ended.ended(STOP_S)
        return run is not None

    @contextlib.contextmanager
    def feeding(self, form: Mapping[str, Any]) -> Iterator[LiveRun]:
        """The run, of source "browser", for one client to `feed`.

        Args:
            form: Of the samples: `sample_rate` [Hz], `channels`, `dtype`.

        Raises:
            LiveAlreadyRunningError: The session hears something else.
            DeviceBusyError: Another client feeds it.
            ValidationError: It hears a channel that these samples do not have.
        """
        run = self.run
        if run is None or run.options.source != "browser":
            raise LiveAlreadyRunningError(
                f"Session {self.name!r} has another source; stop it first, or name another session.", session=self.name
            )
        if (run.options.channel or 0) >= form["channels"]:
            raise ValidationError(
                f"The session hears channel {run.options.channel}, counted from 0; {form['channels']} are sent.",
                field="channels",
            )
        if self._is_fed:
            raise DeviceBusyError(f"Another client sends sound to session {self.name!r}.")
        self._is_fed = True
        try:
            yield run
        finally:
            self._is_fed = False

    def command(self, command: BeatCommand, latency_s: float) -> LiveStatus:
        """Have its beats told otherwise, from now on until that is taken back.

        Raises:
            LiveNotRunningError: It is not running by now.
        """
        run = self.run
        if run is None:
            raise LiveNotRunningError(f"Session {self.name!r} is not running; start it first.", session=self.name)
        run.command(command, time.monotonic() - latency_s)
        return self.status()

    async def switch_device(self, chosen: Mapping[str, Any]) -> LiveStatus:
        """Hear another device: at once where one is heard (with a `gap`), otherwise once it is started.

        Raises:
            TactusError: What `start` raises; the session then goes on with the device that it had.
        """
        run = self.run
        if run is not None and run.options.source == "device":
            await run.switch(chosen["id"])
        self._chosen = chosen
        return self.status()

    def status(self) -> LiveStatus:
        """How it is doing; also where it was never started."""
        run = self.run
        device = run.device if run else self._chosen
        return LiveStatus(
            session=self.name,
            is_recording=run is not None,
            state=run.state if run else "stopped",
            sample_rate=self._config.sample_rate,
            chunk_size=self._config.chunk_size,
            source=run.options.source if run else None,
            current_device=device.get("index"),
            device_name=device.get("name"),
            device_id=device.get("id"),
            capture_rate=device.get("capture_rate"),
            started_at=run.options.epoch_s if run else None,
            sequence=self.hub.next_sequence - 1,
            n_restarts=run.n_restarts if run else 0,
            n_listeners=self.hub.n_listeners,
            controls=run.controls.to_dict() if run else None,
        )

    def clock_s(self) -> float:
        """The clock of its timestamps, which never goes back [s since 1970]."""
        run = self.run
        if run is None or run.options.monotonic_s is None:
            return time.time()
        return run.options.epoch_s + time.monotonic() - run.options.monotonic_s

    def _begun(self, request: LiveRequest) -> LiveRun:
        before = self._ended
        device = self._chosen.get("id") if request.source == "device" else None
        options = request.options(self._config, device, before.next_beat_id if before else 0)
        self._request = request
        return LiveRun(self._supervisor, self._publisher, self.hub, options, before)

    def _is_meant(self, request: LiveRequest, run: LiveRun) -> bool:
        """Whether these parameters are those of the run, which may have switched its device since."""
        names = [self._request.device, *(run.device.get(key) for key in ("index", "id", "name"))]
        same = replace(request, device=None) == replace(self._request, device=None)
        return same and request.device in names
