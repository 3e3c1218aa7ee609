"""Live sound: starts, watches and stops the children that listen, and hands on what they say.

Every session has one child that captures, analyses and encodes (`workers/live_child`). It is killed when it hangs and
started again when it is gone; listeners stay connected meanwhile and are told by `device_lost`, `resumed` and `gap`.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.audio.addresses import Network
from tactus.audio.media_folder import media_file
from tactus.errors import (
    AudioUnavailableError,
    DeviceBusyError,
    DeviceNotFoundError,
    DeviceTimeoutError,
    LiveAlreadyRunningError,
    LiveNotRunningError,
    OverloadedError,
    ShuttingDownError,
    ValidationError,
)
from tactus.hub.listeners import Hub
from tactus.jobs.live_run import BEGIN_S, LIVE_LIMITS, LiveRun, RunState
from tactus.jobs.ports import Announcer
from tactus.workers.live_options import DEFAULT_SESSION, LiveOptions, LiveSource
from tactus.workers.supervisor import ChildCrashedError, Supervisor

LIST_DEVICES_S = 5.0
"""How long listing devices may take [s]: PortAudio waits for ever for a frozen audio server."""

MOST_SESSIONS = 16
"""Sessions that may run at once: each is a process."""

MOST_KEPT = 256
"""Sessions that are remembered, with what they said last."""

STOP_S = 1.5
"""How long stopping waits for a killed child [s]."""


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What a caller wants to hear.

    Args:
        session: Its name.
        source: Where the sound comes from.
        device: Index, stable id or name of the input device; None: the one chosen by `switch_device`, or the default.
        channel: Which channel to hear, 0 being the first; None: the mean of all.
        gain_db: Input gain [dB].
        offset_ms: Beats are told so much later, negative: earlier [ms].
        attack_ms: Time constant with which levels rise [ms].
        release_ms: With which they fall [ms].
        url: The stream of source "url".
        file: The name of a file in the media folder, for source "file".
        path: The file of source "file" itself, which only the command line may name.
    """

    session: str = DEFAULT_SESSION
    source: LiveSource = "device"
    device: int | str | None = None
    channel: int | None = None
    gain_db: float = 0.0
    offset_ms: float = 0.0
    attack_ms: float = 5.0
    release_ms: float = 120.0
    url: str | None = None
    file: str | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """What settings decide about live sound.

    Args:
        sample_rate: Of the analysis and of the messages [Hz].
        chunk_size: Samples between messages.
        media_folder: Whose files may be played by name; None: none.
        allow_private: Private ranges that streams may come from.
    """

    sample_rate: int = 44100
    chunk_size: int = 1024
    media_folder: Path | None = None
    allow_private: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """How a session is doing; `current_device` and the like are None where nothing is recorded.

    Args:
        session: Its name.
        is_recording: Whether it has been started and not been stopped.
        state: What it is doing.
        sample_rate: Of the messages [Hz].
        chunk_size: Samples between messages.
        source: Where the sound comes from.
        current_device: Index of the device in use.
        device_name: Its name.
        device_id: Its stable id.
        capture_rate: At which the device delivers [Hz].
        started_at: When the session was started [s since 1970].
        sequence: Number of its newest message; -1 before the first.
        n_restarts: How often its child had to be started again.
        n_listeners: Local listeners.
        controls: What listeners have said of the beat.
    """

    session: str
    is_recording: bool
    state: RunState
    sample_rate: int
    chunk_size: int
    source: str | None = None
    current_device: int | None = None
    device_name: str | None = None
    device_id: str | None = None
    capture_rate: float | None = None
    started_at: float | None = None
    sequence: int = -1
    n_restarts: int = 0
    n_listeners: int = 0
    controls: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DeviceList:
    """The input devices of this machine.

    Args:
        devices: Each with `index`, `name`, `channels`, `sample_rate`, `id`, `is_default`, `is_loopback`, `host_api`.
        reason: Why the list is empty ("no-input-device"); None where it is not.
        remedy: What to do about it, a sentence.
    """

    devices: list[dict[str, Any]] = field(default_factory=list)
    reason: str | None = None
    remedy: str | None = None


class LiveSessions:
    """All live sessions. Use as an async context manager; leaving it ends them.

    Args:
        supervisor: Who makes children.
        announcer: Who tells other programs.
        config: What settings decide.
    """

    def __init__(self, supervisor: Supervisor, announcer: Announcer, config: LiveConfig | None = None) -> None:
        self._supervisor = supervisor
        self._announcer = announcer
        self.config = config or LiveConfig()
        self._hubs: dict[str, Hub] = {}
        self._requests: dict[str, LiveRequest] = {}
        self._runs: dict[str, LiveRun] = {}
        self._ended: dict[str, LiveRun] = {}
        self._chosen: dict[str, Mapping[str, Any]] = {}
        self._fed: set[str] = set()
        self._closed = False

    async def __aenter__(self) -> "LiveSessions":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        await asyncio.gather(*(self.stop(session) for session in tuple(self._runs)))
        for hub in self._hubs.values():
            hub.close()

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
            TactusError: A file cannot be decoded, or a stream not be had; as `audio/decode` and `audio/dial` say.
        """
        if self._closed:
            raise ShuttingDownError
        request = request or LiveRequest()
        if request.file is not None:
            path = await asyncio.to_thread(media_file, self.config.media_folder, request.file)
            request = replace(request, path=path)
        session = request.session
        run = self._running(session)
        if run is None:
            run = self._begun(request)
        elif not self._is_running(request):
            raise LiveAlreadyRunningError(
                f"Session {session!r} is running with other parameters; stop it first, or name another session.",
                session=session,
            )
        try:
            await run.opened()
        except Exception:
            if self._runs.get(session) is run:
                await self.stop(session)
            raise
        return self.status(session)

    @contextlib.asynccontextmanager
    async def feeding(self, session: str, form: Mapping[str, Any]) -> AsyncIterator[LiveRun]:
        """A session of source "browser", for one client to `feed`; it is started where it does not run.

        Args:
            session: Its name.
            form: Of the samples: `sample_rate` [Hz], `channels`, `dtype`.

        Raises:
            LiveAlreadyRunningError: The session hears something else.
            DeviceBusyError: Another client feeds it.
            ValidationError: It hears a channel that these samples do not have.
        """
        if self._running(session) is None:
            await self.start(LiveRequest(session=session, source="browser"))
        run = self._running(session)
        if run is None or run.options.source != "browser":
            raise LiveAlreadyRunningError(
                f"Session {session!r} has another source; stop it first, or name another session.", session=session
            )
        if (run.options.channel or 0) >= form["channels"]:
            raise ValidationError(
                f"The session hears channel {run.options.channel}, counted from 0; {form['channels']} are sent.",
                field="channels",
            )
        if session in self._fed:
            raise DeviceBusyError(f"Another client sends sound to session {session!r}.")
        self._fed.add(session)
        try:
            yield run
        finally:
            self._fed.discard(session)

    async def stop(self, session: str = DEFAULT_SESSION) -> bool:
        """End a session, whatever it is doing; False where it was not running. Takes at most some 2 s."""
        run = self._runs.pop(session, None)
        if run is not None:
            self._ended[session] = run
            run.cancel()
        if session in self._ended:
            await self._ended[session].ended(STOP_S)
        return run is not None

    def command(self, command: BeatCommand, latency_s: float = 0.0, session: str = DEFAULT_SESSION) -> LiveStatus:
        """Have the beats of a session told otherwise, from now on until that is taken back.

        Args:
            command: What is wanted.
            latency_s: How long it took here from whoever said it [s].
            session: Whose beats.

        Raises:
            LiveNotRunningError: There is no such session by now.
        """
        run = self._running(session)
        if run is None:
            raise LiveNotRunningError(f"Session {session!r} is not running; start it first.", session=session)
        run.command(command, time.monotonic() - latency_s)
        return self.status(session)

    def status(self, session: str = DEFAULT_SESSION) -> LiveStatus:
        """How a session is doing; of one that was never started, too."""
        run = self._running(session)
        device = run.device if run else self._chosen.get(session, {})
        hub = self._hubs.get(session)
        return LiveStatus(
            session=session,
            is_recording=run is not None,
            state=run.state if run else "stopped",
            sample_rate=self.config.sample_rate,
            chunk_size=self.config.chunk_size,
            source=run.options.source if run else None,
            current_device=device.get("index"),
            device_name=device.get("name"),
            device_id=device.get("id"),
            capture_rate=device.get("capture_rate"),
            started_at=run.options.epoch_s if run else None,
            sequence=hub.next_sequence - 1 if hub else -1,
            n_restarts=run.n_restarts if run else 0,
            n_listeners=hub.n_listeners if hub else 0,
            controls=run.options.controls.told() if run else None,
        )

    def statuses(self) -> list[LiveStatus]:
        """How all running sessions are doing."""
        return [self.status(session) for session in sorted(self._runs) if self._running(session)]

    def clock_s(self, session: str = DEFAULT_SESSION) -> float:
        """The clock of a session's timestamps, which never goes back [s since 1970]."""
        run = self._running(session)
        if run is None or run.options.monotonic_s is None:
            return time.time()
        return run.options.epoch_s + time.monotonic() - run.options.monotonic_s

    def hub(self, session: str = DEFAULT_SESSION) -> Hub:
        """Where to listen to a session; it may be started later, stopped, and started again."""
        if session not in self._hubs:
            self._forget_idle()
        return self._hubs.setdefault(session, Hub())

    async def devices(self) -> DeviceList:
        """The input devices, asked anew.

        Raises:
            AudioUnavailableError: There is no PortAudio (`reason` "no-portaudio").
            DeviceTimeoutError: The audio server did not answer.
        """
        now_s = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(BEGIN_S) as limit:
                answer = await self._supervisor.call(
                    "tactus.workers.devices_child:run",
                    limits=LIVE_LIMITS,
                    on_progress=lambda _: limit.reschedule(now_s() + LIST_DEVICES_S),
                )
        except TimeoutError as error:
            raise DeviceTimeoutError("The audio server does not answer; restart it.", reason="frozen") from error
        except ChildCrashedError as error:
            raise AudioUnavailableError("Asking for devices crashed the sound library.", reason="crashed") from error
        return DeviceList(**answer.fields)

    async def switch_device(self, device: int | str, session: str = DEFAULT_SESSION) -> LiveStatus:
        """Hear another device: a running session of source "device" at once (with a `gap`), others once they start.

        Args:
            device: Its index, stable id or name.
            session: Whose device.

        Raises:
            DeviceNotFoundError: There is no such device.
            TactusError: What `start` raises; the session then goes on with the device that it had.
        """
        chosen = _named(await self.devices(), device)
        run = self._running(session)
        if run is not None and run.options.source == "device":
            await run.switch(chosen["id"])
        self._chosen[session] = chosen
        return self.status(session)

    def _running(self, session: str) -> LiveRun | None:
        run = self._runs.get(session)
        if run is not None and run.is_over:  # a file has been played to its end
            self._ended[session] = self._runs.pop(session)
            return None
        return run

    def _begun(self, request: LiveRequest) -> LiveRun:
        session = request.session
        if len(self._runs) >= MOST_SESSIONS:
            raise OverloadedError(f"{MOST_SESSIONS} live sessions are running, and no more may be.", retry_after_s=5)
        self._forget_idle()
        before = self._ended.get(session)
        device = request.device
        if device is None and request.source == "device" and session in self._chosen:
            device = self._chosen[session]["id"]
        options = LiveOptions(
            session=session,
            source=request.source,
            device=device,
            url=request.url,
            allow_private=self.config.allow_private,
            path=request.path,
            channel=request.channel,
            gain_db=request.gain_db,
            attack_s=request.attack_ms / 1000,
            release_s=request.release_ms / 1000,
            controls=BeatControls(offset_s=request.offset_ms / 1000),
            sample_rate=self.config.sample_rate,
            chunk_size=self.config.chunk_size,
            first_beat_id=before.next_beat_id if before else 0,
            epoch_s=time.time(),
            monotonic_s=time.monotonic(),
        )
        run = LiveRun(self._supervisor, self._announcer, self.hub(session), options, before)
        self._runs[session] = run
        self._requests[session] = request
        return run

    def _forget_idle(self) -> None:
        """Let go of sessions that nobody runs or hears, where names without end were used."""
        if len(self._hubs) <= MOST_KEPT:
            return
        for session in [name for name, hub in self._hubs.items() if name not in self._runs and not hub.n_listeners]:
            del self._hubs[session]
            self._ended.pop(session, None)
            self._chosen.pop(session, None)

    def _is_running(self, request: LiveRequest) -> bool:
        """Whether these parameters are those of the running session, which may have switched its device since."""
        device = self._runs[request.session].device
        names = [self._requests[request.session].device, *(device.get(key) for key in ("index", "id", "name"))]
        same = replace(request, device=None) == replace(self._requests[request.session], device=None)
        return same and request.device in [*names]


def _named(known: DeviceList, wanted: int | str) -> Mapping[str, Any]:
    if not known.devices:
        raise AudioUnavailableError(known.remedy or "", reason=known.reason, retry_after_s=5)
    for key in ("index", "id", "name"):
        for device in known.devices:
            if device[key] == wanted or (key == "index" and str(device[key]) == wanted):
                return device
    raise DeviceNotFoundError(f"There is no input device {wanted!r}; GET /devices lists them.")
