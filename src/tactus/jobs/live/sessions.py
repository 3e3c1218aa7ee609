"""All live sessions of the service.

Every session has one child that captures, analyses and encodes (`workers/live_child`). It is killed when it hangs and
replaced when it is gone; listeners stay connected meanwhile and get `device_lost`, `resumed` and `gap`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from tactus.analysis.live.beat_controls import BeatCommand
from tactus.audio.media_folder import media_file
from tactus.errors import OverloadedError, ShuttingDownError
from tactus.hub.listeners import Hub
from tactus.hub.message import DEFAULT_SESSION
from tactus.jobs.live.config import LiveConfig
from tactus.jobs.live.devices import DeviceList, list_devices
from tactus.jobs.live.run import LiveRun
from tactus.jobs.live.session import LiveSession
from tactus.jobs.live.status import LiveStatus
from tactus.jobs.ports import Publisher
from tactus.workers.live_options import LiveRequest
from tactus.workers.supervisor import Supervisor

MAX_SESSIONS = 16
"""Sessions that run at the same time at most: each is a process."""

MAX_REMEMBERED_SESSIONS = 256
"""Sessions that are remembered, with their newest messages."""


class LiveSessions:
    """All live sessions. Use as an async context manager; leaving it ends them.

    Args:
        supervisor: Starts child processes.
        publisher: The outputs, for other programs.
        config: Configuration of live sessions.
    """

    def __init__(self, supervisor: Supervisor, publisher: Publisher, config: LiveConfig | None = None) -> None:
        self._supervisor = supervisor
        self._publisher = publisher
        self.config = config or LiveConfig()
        self._sessions: dict[str, LiveSession] = {}
        self._closed = False

    async def __aenter__(self) -> "LiveSessions":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        await asyncio.gather(*(session.stop() for session in self._running()))
        for session in self._sessions.values():
            session.hub.close()

    async def start(self, request: LiveRequest | None = None, path: Path | None = None) -> LiveStatus:
        """Start a session; one that already runs with the same request goes on.

        Args:
            request: The request; by default the microphone.
            path: Path of a file to play, in the place of a name in the media folder; for callers on this machine.

        Returns:
            Its status; `is_recording` is False only if it was stopped while it started.

        Raises:
            LiveAlreadyRunningError: It is running with another request.
            AudioUnavailableError: There is no PortAudio (`reason` "no-portaudio") or no input ("no-input-device").
            DeviceNotFoundError: There is no such device.
            DeviceBusyError: Another program uses it.
            ValidationError: The device cannot do what was asked (`reason` "device-unsupported-format").
            DeviceTimeoutError: It did not answer in time.
            NotFoundError: There is no such file.
            TactusError: Decoding or fetching failed: see `audio/decoding/decode` and `fetch/http_client`.
        """
        if self._closed:
            raise ShuttingDownError
        request = request or LiveRequest()
        if path is None and request.file is not None:
            path = await asyncio.to_thread(media_file, self.config.media_folder, request.file)
        session = self._session(request.session)
        if session.run is None and len(self._running()) >= MAX_SESSIONS:
            raise OverloadedError(
                f"{MAX_SESSIONS} live sessions are running, the most that are allowed.", retry_after_s=5
            )
        return await session.start(request, path)

    @contextlib.asynccontextmanager
    async def accept_samples(self, session: str, pcm: Mapping[str, Any]) -> AsyncIterator[LiveRun]:
        """A session whose samples one client pushes, for the length of the block; it is started if it does not run.

        Args:
            session: Name of the session.
            pcm: Format of the samples: `sample_rate` [Hz], `channels`, `dtype`.

        Raises:
            TactusError: As `start` and `LiveSession.accept_samples` raise it.
        """
        if self._session(session).run is None:
            await self.start(LiveRequest(session=session, source=self._pushed_kind))
        with self._session(session).accept_samples(pcm) as run:
            yield run

    async def stop(self, session: str = DEFAULT_SESSION) -> bool:
        """Stop a session, in at most about 2 s; whether it was running."""
        return session in self._sessions and await self._sessions[session].stop()

    def command(self, command: BeatCommand, latency_s: float = 0.0, session: str = DEFAULT_SESSION) -> LiveStatus:
        """Apply a command to the beat of a session, until it is released.

        Args:
            command: The command.
            latency_s: Age of the command when it arrives [s].
            session: Name of the session.

        Raises:
            LiveNotRunningError: The session is not running.
        """
        return self._known(session).command(command, latency_s)

    def status(self, session: str = DEFAULT_SESSION) -> LiveStatus:
        """Status of a session, also of one that was never started."""
        return self._known(session).status()

    def statuses(self) -> list[LiveStatus]:
        """Status of all running sessions, sorted by name."""
        return [session.status() for session in sorted(self._running(), key=lambda session: session.name)]

    def clock_s(self, session: str = DEFAULT_SESSION) -> float:
        """Time on the clock of a session's timestamps, which never goes back [s since 1970]."""
        return self._known(session).clock_s()

    def hub(self, session: str = DEFAULT_SESSION) -> Hub:
        """Hub of a session; the session may start later, stop, and start again."""
        return self._session(session).hub

    async def list_devices(self) -> DeviceList:
        """List the input devices.

        Raises:
            AudioUnavailableError, DeviceTimeoutError: As `list_devices` raises them.
        """
        return await list_devices(self._supervisor)

    async def switch_device(self, device: int | str, session: str = DEFAULT_SESSION) -> LiveStatus:
        """Switch a session to another device: at once where one is in use (with a `gap`), otherwise at its next start.

        Args:
            device: Index, stable id or name of the device.
            session: Name of the session.

        Raises:
            DeviceNotFoundError: There is no such device.
            TactusError: The device cannot be opened; the session continues with the one that it had.
        """
        chosen = (await self.list_devices()).named(device)
        return await self._session(session).switch_device(chosen)

    @property
    def _pushed_kind(self) -> str:
        return next(kind.name for kind in self.config.kinds.values() if kind.is_pushed)

    def _running(self) -> list[LiveSession]:
        return [session for session in self._sessions.values() if session.run is not None]

    def _known(self, name: str) -> LiveSession:
        """A session to be read; an unknown one is not remembered."""
        return self._sessions.get(name) or LiveSession(name, self._supervisor, self._publisher, self.config)

    def _session(self, name: str) -> LiveSession:
        """A session to be used, which is then remembered."""
        if name not in self._sessions:
            self._forget_idle()
            self._sessions[name] = self._known(name)
        return self._sessions[name]

    def _forget_idle(self) -> None:
        """Forget sessions that neither run nor have listeners, where very many names were used."""
        if len(self._sessions) > MAX_REMEMBERED_SESSIONS:
            self._sessions = {name: session for name, session in self._sessions.items() if not session.is_idle}
