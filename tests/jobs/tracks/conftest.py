"""A job as the service runs it, on a disk of its own; all tests of one file share a fork server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tactus.fetch.download import Fetcher, FetchLimits
from tactus.jobs.tracks.analyse import AnalyseTrack
from tactus.jobs.tracks.limits import TrackLimits
from tactus.store.disk import DiskStore
from tactus.store.redis import RedisStore, redis_breaker, redis_client
from tactus.workers.child import ChildLimits
from tactus.workers.supervisor import Supervisor
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.signals import click_track, wav_bytes
from tests.jobs.tracks.examples import Track, track_of
from tests.jobs.tracks.file_server import FileServer


@pytest.fixture
def track(tmp_path: Path) -> Track:
    """Clicks, 120 a minute; long enough for a test to stop the child that analyses them."""
    return track_of(wav_bytes(click_track(120.0, 40.0)), tmp_path / "clicks.wav")


@pytest.fixture
def tracks(tmp_path: Path) -> list[Track]:
    """Four different ones."""
    return [track_of(wav_bytes(click_track(bpm, 40.0)), tmp_path / f"{bpm}.wav") for bpm in (90.0, 100.0, 110.0, 120.0)]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def supervisor() -> AsyncIterator[Supervisor]:
    async with Supervisor() as supervisor:
        await supervisor.call("tests.workers.targets:echo", limits=ChildLimits())  # the fork server is loaded now
        yield supervisor


@pytest_asyncio.fixture(loop_scope="module")
async def disk(tmp_path: Path) -> AsyncIterator[DiskStore]:
    store = DiskStore(tmp_path / "data" / "analyses.sqlite")
    yield store
    await store.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def corrections(tmp_path: Path) -> AsyncIterator[DiskStore]:
    store = DiskStore(tmp_path / "data" / "corrections.sqlite", max_bytes=None)
    yield store
    await store.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def published(redis_server: RedisServer) -> AsyncIterator[RedisStore]:
    """What other programs read, empty."""
    client = redis_client(redis_server.url)
    async with redis_breaker(client, is_configured=True) as breaker:
        yield RedisStore(client, breaker, is_configured=True)
    await client.aclose()


@pytest.fixture
def temporary_folder(tmp_path: Path) -> Path:
    """Where tracks are fetched to, empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def make(supervisor: Supervisor, disk: DiskStore, corrections: DiskStore) -> Callable[..., AnalyseTrack]:
    def make(limits: TrackLimits | None = None, **arguments: Any) -> AnalyseTrack:
        fetcher = Fetcher(FetchLimits(allow_private=(ip_network("127.0.0.0/8"),)))
        return AnalyseTrack(supervisor, disk, corrections, fetcher, limits=limits, **arguments)

    return make


@pytest_asyncio.fixture(loop_scope="module")
async def job(make: Callable[..., AnalyseTrack]) -> AsyncIterator[AnalyseTrack]:
    async with make() as job:
        yield job


@pytest_asyncio.fixture(loop_scope="module")
async def file_server(track: Track) -> AsyncIterator[FileServer]:
    server = FileServer(track.path.read_bytes())
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield server
    server.is_open.set()
    listening.close()
