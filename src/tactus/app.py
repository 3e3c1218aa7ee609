"""Composition root: constructs all services and connects them, in reading order."""

import asyncio
import contextlib
import errno
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from socket import socket as Socket  # noqa: N812  a type here
from types import FrameType
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from tactus.errors import SettingsError
from tactus.jobs.live.sessions import LiveSessions
from tactus.jobs.tracks.analyse import AnalyseTrack
from tactus.jobs.tracks.click_track import write_click_track
from tactus.logs import configure_logs, log
from tactus.outputs.fan_out import FanOut
from tactus.outputs.table import configured_outputs
from tactus.settings import Settings, read_settings
from tactus.store.disk import DiskStore
from tactus.store.layered import LayeredStore
from tactus.store.redis import RedisStore, redis_breaker, redis_client
from tactus.web.api import make_asgi_app
from tactus.web.security.server import Server, listening_sockets, make_server
from tactus.web.services import Services
from tactus.web.tracks.upload import Uploads
from tactus.workers.supervisor import Supervisor

if TYPE_CHECKING:
    from tactus.fetch.download import DownloadedFile

DEFAULT_REDIS_URL = "redis://localhost:6379"
"""URL of Redis where REDIS_URL is not set."""
MAX_DURATION_S = 6 * 3600.0
"""Maximum duration of a track for the command line [s]; longer than for the service, where a client waits."""
SHUTDOWN_S = 2.0
"""Time to end the child processes and close the stores [s]; then the process exits regardless."""
ECHO_S = 0.3
"""Time in which further signals count as the first one [s]: a process group and `make` both forward it."""


@contextlib.asynccontextmanager
async def open_service(settings: Settings, temporary: Path) -> AsyncIterator[ASGIApp]:
    """Construct the service, and close it at the end of the block.

    Args:
        settings: Settings of the environment.
        temporary: Folder for uploads and downloads, private to this process.

    Yields:
        The ASGI application.
    """
    async with contextlib.AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(Supervisor())
        disk = _results_store(settings)
        stack.push_async_callback(disk.aclose)
        corrections = _corrections_store(settings)
        stack.push_async_callback(corrections.aclose)
        has_redis_url = settings.redis_url is not None
        client = redis_client(settings.redis_url or DEFAULT_REDIS_URL)
        stack.push_async_callback(client.aclose)
        breaker = await stack.enter_async_context(redis_breaker(client, is_configured=has_redis_url))
        redis = RedisStore(client, breaker, is_configured=has_redis_url)
        outputs = await stack.enter_async_context(FanOut(configured_outputs(settings.outputs, client, breaker)))
        tracks = await stack.enter_async_context(
            AnalyseTrack(
                supervisor,
                LayeredStore(redis, disk),
                corrections,
                _LazyFetcher(settings),
                published=redis,
                limits=settings.track_limits,
                default_options=settings.track_options,
                cache_expiry_s=settings.cache_expiry_s,
                temporary_folder=temporary,
            )
        )
        live = await stack.enter_async_context(LiveSessions(supervisor, outputs, settings.live))
        services = Services(
            tracks=tracks,
            live=live,
            uploads=Uploads(temporary, settings.uploads),
            options=settings.track_options,
            redis_state=lambda: redis.status,
            store_name=lambda: "redis+disk" if redis.status == "ok" else "disk",
            protections=_protections(),
        )
        yield make_asgi_app(services, settings.access)


@contextlib.asynccontextmanager
async def open_tracks(settings: Settings) -> AsyncIterator[AnalyseTrack]:
    """Construct the analysis of tracks for the command line: with the same store, without Redis, for longer tracks."""
    async with contextlib.AsyncExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tactus-", ignore_cleanup_errors=True)))
        supervisor = await stack.enter_async_context(Supervisor())
        disk = _results_store(settings)
        stack.push_async_callback(disk.aclose)
        corrections = _corrections_store(settings)
        stack.push_async_callback(corrections.aclose)
        yield await stack.enter_async_context(
            AnalyseTrack(
                supervisor,
                disk,
                corrections,
                _LazyFetcher(settings),
                limits=replace(settings.track_limits, max_s=MAX_DURATION_S),
                default_options=settings.track_options,
                cache_expiry_s=settings.cache_expiry_s,
                temporary_folder=temporary,
            )
        )


async def write_clicks(settings: Settings, path: Path, out: Path, analysis: Mapping[str, Any]) -> None:
    """Write a copy of a track with clicks on the beats of its analysis, for the command line.

    Args:
        settings: Settings of the environment.
        path: Path of the track.
        out: Path of the WAV file to write.
        analysis: The analysis, as in the JSON of the API.

    Raises:
        TactusError: It could not be written; the error names the reason.
    """
    limits = replace(settings.track_limits, max_s=MAX_DURATION_S)
    async with Supervisor() as supervisor:
        await write_click_track(
            supervisor,
            path,
            out,
            beat_times=analysis["beat_times"],
            downbeat_times=analysis["downbeat_times"],
            limits=limits,
        )


@contextlib.asynccontextmanager
async def open_live(settings: Settings) -> AsyncIterator[LiveSessions]:
    """Live sessions without the service, for the command line: without outputs, only for the caller."""
    async with Supervisor() as supervisor, LiveSessions(supervisor, FanOut(), settings.live) as live:
        yield live


def serve(*, host: str | None = None, port: int | None = None) -> int:
    """Run the service until a signal ends it.

    Args:
        host: Address to listen on; None: that of the settings.
        port: TCP port to listen on; None: that of the settings.

    Returns:
        The exit code: 0 after a signal; 1 if the service could not start, with the reason on standard error.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the event loop handles it
    try:
        settings = read_settings(host=host, port=port)
    except SettingsError as error:
        return _fail(str(error))
    try:
        sockets = listening_sockets(settings.listen_host, settings.port)
    except OSError as error:
        return _fail(_listen_error_text(error, settings))
    try:
        folder = tempfile.TemporaryDirectory(prefix="tactus-", ignore_cleanup_errors=True)
    except OSError as error:
        return _fail(f"No temporary folder can be created ({error.strerror}); set TMPDIR to a writable folder.")
    configure_logs(settings.log_level)
    with folder as temporary, asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(settings, Path(temporary), sockets))


async def _serve(settings: Settings, temporary: Path, sockets: list[Socket]) -> int:
    """Run the service until a signal ends it; a signal during the start cancels it."""
    starting = asyncio.current_task()
    server: Server | None = None
    first_signal_at_s: float | None = None

    def stop(number: int) -> None:
        nonlocal first_signal_at_s
        now_s = asyncio.get_running_loop().time()
        if first_signal_at_s is not None:
            if now_s - first_signal_at_s > ECHO_S:  # a second signal: exit at once; the children end with their parent
                os._exit(128 + number)
            return
        first_signal_at_s = now_s
        if server is None and starting is not None:
            starting.cancel()
        elif server is not None:
            server.should_exit = True

    _add_signal_handlers(stop)
    try:
        async with open_service(settings, temporary) as app:
            server = make_server(app, grace_s=settings.shutdown_grace_s)
            port: int = sockets[0].getsockname()[1]
            serving = asyncio.create_task(server.serve(sockets))
            log.info("service_ready", url=f"http://{_address(settings)}:{port}")
            await serving
            log.info("service_stopping")
            asyncio.get_running_loop().call_later(SHUTDOWN_S, os._exit, 0)  # even if closing hangs
    except asyncio.CancelledError:
        if first_signal_at_s is None:
            raise
    finally:
        for listening in sockets:
            listening.close()
    return 0


def _results_store(settings: Settings) -> DiskStore:
    return DiskStore(settings.folder / "results.sqlite3", max_bytes=settings.store_bytes)


def _corrections_store(settings: Settings) -> DiskStore:
    """The store of corrections: a file of its own, so that clearing the results keeps the corrections."""
    return DiskStore(settings.folder / "corrections.sqlite3", max_bytes=None)


def _add_signal_handlers(stop: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop, number)
        except NotImplementedError:  # Windows

            def stop_from_handler(number: int, _: FrameType | None) -> None:
                loop.call_soon_threadsafe(stop, number)

            signal.signal(number, stop_from_handler)


class _LazyFetcher:
    """Fetcher that loads its HTTP client with the first download."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def fetch(self, url: str, folder: Path) -> "DownloadedFile":
        from tactus.fetch.download import Fetcher, FetchLimits  # noqa: PLC0415

        limits = FetchLimits(max_bytes=self._settings.max_body_bytes, allow_private=self._settings.allow_private)
        return await Fetcher(limits).fetch(url, folder)


def _protections() -> dict[str, bool]:
    """Protections that not every operating system has, and whether they are in force."""
    return {"memory_limit": sys.platform == "linux", "die_with_parent": sys.platform == "linux"}


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  not on Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


def _address(settings: Settings) -> str:
    """Host name by which a browser on this machine reaches the service."""
    host = settings.listen_host
    if settings.is_loopback_only or host in ("0.0.0.0", "::"):  # noqa: S104  compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _listen_error_text(error: OSError, settings: Settings) -> str:
    where = f"{settings.listen_host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is taken by another program; choose another port with PORT or --port."
    return f"Cannot listen on {where}: {error.strerror}."


def _fail(reason: str) -> int:
    print(f"tactus: {reason}", file=sys.stderr)  # noqa: T201  for the user of the command
    return 1
