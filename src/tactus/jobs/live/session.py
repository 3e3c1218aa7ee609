"""One live session: its listeners, its present run, and what it keeps from one run to the next."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.errors import DeviceBusyError, LiveAlreadyRunningError, LiveNotRunningError, ValidationError
from tactus.hub.listeners import Hub
from tactus.jobs.live.config import LiveConfig
from tactus.jobs.live.run import LiveRun
from tactus.jobs.live.status import LiveStatus
from tactus.jobs.ports import Publisher
from tactus.workers.live_options import LiveOptions, LiveRequest
from tactus.workers.supervisor import Supervisor

STOP_S = 1.5
"""Longest wait for a killed child when a session stops [s]."""


class LiveSession:
    """A session, running or not.

    Args:
        name: Name of the session.
        supervisor: Starts child processes.
        publisher: The outputs, for other programs.
        config: Configuration of live sessions.
    """

    def __init__(self, name: str, supervisor: Supervisor, publisher: Publisher, config: LiveConfig) -> None:
        self.name = name
        self.hub = Hub()
        """Hub of its local listeners; they may come before it starts, and stay when it stops."""
        self._supervisor = supervisor
        self._publisher = publisher
        self._config = config
        self._request = LiveRequest(session=name)
        self._run: LiveRun | None = None
        self._ended: LiveRun | None = None
        self._chosen: Mapping[str, Any] = {}
        self._has_sender = False

    @property
    def run(self) -> LiveRun | None:
        """The present run; None while it is not running."""
        if self._run is not None and self._run.is_over:  # a file was played to its end
            self._ended, self._run = self._run, None
        return self._run

    @property
    def is_idle(self) -> bool:
        """Whether it neither runs nor has listeners."""
        return self.run is None and not self.hub.n_listeners

    async def start(self, request: LiveRequest, path: Path | None = None) -> LiveStatus:
        """Start it; a session that already runs with the same request goes on.

        Args:
            request: The request.
            path: Path of the file, for a source that plays one.

        Raises:
            LiveAlreadyRunningError: It is running with another request.
            TactusError: The source cannot be opened; the session is then stopped.
        """
        run = self.run
        if run is None:
            run = self._run = self._start_run(request, path)
        elif not self._is_same(request, run):
            raise LiveAlreadyRunningError(
                f"Session {self.name!r} is running with other parameters; stop it first, or name another session.",
                session=self.name,
            )
        try:
            await run.wait_until_open()
        except Exception:
            if self._run is run:
                await self.stop()
            raise
        return self.status()

    async def stop(self) -> bool:
        """Stop it, in at most about 2 s; whether it was running."""
        run, self._run = self._run, None
        if run is not None:
            self._ended = run
            run.cancel()
        if self._ended is not None:
            await self._ended.wait_until_gone(STOP_S)
        return run is not None

    @contextlib.contextmanager
    def accept_samples(self, pcm: Mapping[str, Any]) -> Iterator[LiveRun]:
        """Its run, for one client to push samples to, for the length of the block.

        Args:
            pcm: Format of the samples: `sample_rate` [Hz], `channels`, `dtype`.

        Raises:
            LiveAlreadyRunningError: It has another kind of source.
            DeviceBusyError: Another client sends samples to it.
            ValidationError: It analyses a channel that these samples do not have.
        """
        run = self.run
        if run is None or not run.kind.is_pushed:
            raise LiveAlreadyRunningError(
                f"Session {self.name!r} has another source; stop it first, or name another session.", session=self.name
            )
        channel = run.options.request.channel
        if (channel or 0) >= pcm["channels"]:
            raise ValidationError(
                f"The session analyses channel {channel}, counted from 0; {pcm['channels']} are sent.", field="channels"
            )
        if self._has_sender:
            raise DeviceBusyError(f"Another client sends sound to session {self.name!r}.")
        self._has_sender = True
        try:
            yield run
        finally:
            self._has_sender = False

    def command(self, command: BeatCommand, latency_s: float) -> LiveStatus:
        """Apply a command to its beat, until it is released.

        Args:
            command: The command.
            latency_s: Age of the command [s].

        Raises:
            LiveNotRunningError: It is not running.
        """
        run = self.run
        if run is None:
            raise LiveNotRunningError(f"Session {self.name!r} is not running; start it first.", session=self.name)
        run.command(command, time.monotonic() - latency_s)
        return self.status()

    async def switch_device(self, device: Mapping[str, Any]) -> LiveStatus:
        """Switch to another device: at once where one is in use (with a `gap`), otherwise at the next start.

        Raises:
            TactusError: The device cannot be opened; the session continues with the one that it had.
        """
        run = self.run
        if run is not None and run.kind.field == "device":
            await run.switch_device(device["id"])
        self._chosen = device
        return self.status()

    def status(self) -> LiveStatus:
        """Its status, also before the first start."""
        run = self.run
        device = run.device if run else self._chosen
        return LiveStatus(
            session=self.name,
            is_recording=run is not None,
            state=run.state if run else "stopped",
            sample_rate=self._config.sample_rate,
            chunk_size=self._config.chunk_size,
            source=run.kind.name if run else None,
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
        """Time on the clock of its timestamps, which never goes back [s since 1970]."""
        run = self.run
        if run is None or run.options.monotonic_s is None:
            return time.time()
        return run.options.epoch_s + time.monotonic() - run.options.monotonic_s

    def _start_run(self, request: LiveRequest, path: Path | None) -> LiveRun:
        kind, before = self._config.kinds[request.source], self._ended
        device = request.device
        if device is None and kind.field == "device":
            device = self._chosen.get("id")
        options = LiveOptions(
            request=replace(request, device=device),
            path=path,
            allow_private=self._config.allow_private,
            sample_rate=self._config.sample_rate,
            chunk_size=self._config.chunk_size,
            first_beat_id=before.next_beat_id if before else 0,
            epoch_s=time.time(),
            monotonic_s=time.monotonic(),
            controls=BeatControls(offset_s=request.offset_ms / 1000),
        )
        self._request = request
        return LiveRun(self._supervisor, self._publisher, self.hub, options, kind=kind, before=before)

    def _is_same(self, request: LiveRequest, run: LiveRun) -> bool:
        """Whether a request is that of the run, which may have switched its device since."""
        names = [self._request.device, *(run.device.get(key) for key in ("index", "id", "name"))]
        same = replace(request, device=None) == replace(self._request, device=None)
        return same and request.device in names
