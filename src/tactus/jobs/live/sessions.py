"""Live sound: starts, watches and stops the children that listen, and hands on what they say.

Every session has one child that captures, analyses and encodes (`workers/live_child`). It is killed when it hangs and
started again when it is gone; listeners stay connected meanwhile and are told by `device_lost`, `resumed` and `gap`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from tactus.analysis.live.beat_controls import BeatCommand
from tactus.audio.media_folder import media_file
from tactus.errors import OverloadedError, ShuttingDownError
from tactus.hub.listeners import Hub
from tactus.jobs.live.config import LiveConfig
from tactus.jobs.live.devices import DeviceList, listed_devices
from tactus.jobs.live.request import LiveRequest
from tactus.jobs.live.run import LiveRun
from tactus.jobs.live.session import LiveSession
from tactus.jobs.live.status import LiveStatus
from tactus.jobs.ports import Publisher
from tactus.workers.live_options import DEFAULT_SESSION
from tactus.workers.supervisor import Supervisor

MAX_SESSIONS = 16
"""Sessions that may run at once: each is a process."""

MAX_REMEMBERED_SESSIONS = 256
"""Sessions that are remembered, with what they said last."""


class LiveSessions:
    """All live sessions. Use as an async context manager; leaving it ends them.

    Args:
        supervisor: Who makes children.
        publisher: Who tells other programs.
        config: What settings decide.
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

    async def start(self, request: LiveRequest | None = None) -> LiveStatus:
        """Start a session; when it is already running with these parameters, that is all right.

        Returns:
            How it is doing; `is_recording` is False only where it was stopped while it was being started.

        Raises:
            LiveAlreadyRunningError: It is running with other parameters.
            AudioUnavailableError: There is no PortAudio (`reason` "no-portaudio") or no input ("no-input-device").
            DeviceNotFoundError: There is no such device.
            DeviceBusyError: Another program has it.
            ValidationError: The device cannot do what was asked (`reason` "device-unsupported-format").
            DeviceTimeoutError: It did not answer in time.
            NotFoundError: There is no such file.
            TactusError: Decoding or fetching failed: see `audio/decoding/decode` and `fetch/http_client`.
        """
        if self._closed:
            raise ShuttingDownError
        request = request or LiveRequest()
        if request.file is not None:
            path = await asyncio.to_thread(media_file, self.config.media_folder, request.file)
            request = replace(request, path=path)
        session = self._session(request.session)
        if session.run is None and len(self._running()) >= MAX_SESSIONS:
            raise OverloadedError(f"{MAX_SESSIONS} live sessions are running, and no more may be.", retry_after_s=5)
        return await session.start(request)

    @contextlib.asynccontextmanager
    async def feeding(self, session: str, form: Mapping[str, Any]) -> AsyncIterator[LiveRun]:
        """A session of source "browser", for one client to `feed`; it is started where it does not run.

        Raises:
            TactusError: What `start` and `LiveSession.feeding` raise.
        """
        if self._session(session).run is None:
            await self.start(LiveRequest(session=session, source="browser"))
        with self._session(session).feeding(form) as run:
            yield run

    async def stop(self, session: str = DEFAULT_SESSION) -> bool:
        """End a session, whatever it is doing; False where it was not running. Takes at most some 2 s."""
        return session in self._sessions and await self._sessions[session].stop()

    def command(self, command: BeatCommand, latency_s: float = 0.0, session: str = DEFAULT_SESSION) -> LiveStatus:
        """Have the beats of a session told otherwise, from now on until that is taken back.

        Args:
            command: What is wanted.
            latency_s: How long it took here from whoever said it [s].
            session: Whose beats.

        Raises:
            LiveNotRunningError: There is no such session by now.
        """
        return self._known(session).command(command, latency_s)

    def status(self, session: str = DEFAULT_SESSION) -> LiveStatus:
        """How a session is doing; of one that was never started, too."""
        return self._known(session).status()

    def statuses(self) -> list[LiveStatus]:
        """How all running sessions are doing."""
        return [session.status() for session in sorted(self._running(), key=lambda session: session.name)]

    def clock_s(self, session: str = DEFAULT_SESSION) -> float:
        """The clock of a session's timestamps, which never goes back [s since 1970]."""
        return self._known(session).clock_s()

    def hub(self, session: str = DEFAULT_SESSION) -> Hub:
        """Where to listen to a session; it may be started later, stopped, and started again."""
        return self._session(session).hub

    async def devices(self) -> DeviceList:
        """The input devices, asked anew.

        Raises:
            AudioUnavailableError, DeviceTimeoutError: As `listed_devices` says.
        """
        return await listed_devices(self._supervisor)

    async def switch_device(self, device: int | str, session: str = DEFAULT_SESSION) -> LiveStatus:
        """Hear another device: a running session of source "device" at once (with a `gap`), others once they start.

        Args:
            device: Its index, stable id or name.
            session: Whose device.

        Raises:
            DeviceNotFoundError: There is no such device.
            TactusError: What `start` raises; the session then goes on with the device that it had.
        """
        chosen = (await self.devices()).named(device)
        return await self._session(session).switch_device(chosen)

    def _running(self) -> list[LiveSession]:
        return [session for session in self._sessions.values() if session.run is not None]

    def _known(self, name: str) -> LiveSession:
        """A session to be asked; one that was never heard of is not remembered for that."""
        return self._sessions.get(name) or LiveSession(name, self._supervisor, self._publisher, self.config)

    def _session(self, name: str) -> LiveSession:
        """A session to be used, which is remembered."""
        if name not in self._sessions:
            self._forget_idle()
            self._sessions[name] = self._known(name)
        return self._sessions[name]

    def _forget_idle(self) -> None:
        """Let go of sessions that nobody runs or hears, where names without end were used."""
        if len(self._sessions) > MAX_REMEMBERED_SESSIONS:
            self._sessions = {name: session for name, session in self._sessions.items() if not session.is_idle}
