"""Analyses by URL: concurrent requests share one download, whose file is removed afterwards."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tactus.errors import InsufficientStorageError, SourceFailedError
from tactus.jobs.tracks.analyse import AnalyseTrack
from tests.fixtures.processes import SOON_S
from tests.jobs.tracks.examples import BASIC, Track, n_analysed
from tests.jobs.tracks.file_server import FileServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_concurrent_requests_share_one_download_and_its_file_is_removed(
    make: Callable[..., AnalyseTrack], file_server: FileServer, track: Track, temporary_folder: Path
) -> None:
    async with make(temporary_folder=temporary_folder) as job:
        with capture_logs() as lines:
            asking = [asyncio.create_task(job.analyse_url(f"{file_server.url}/a.wav", BASIC)) for _ in range(20)]
            await asyncio.wait_for(file_server.was_requested.wait(), SOON_S)
            for leaving in asking[:5]:
                leaving.cancel()
            file_server.is_open.set()
            answers = [await staying for staying in asking[5:]]
        assert {answer.file_hash for answer in answers} == {track.file_hash}
        assert (file_server.n_requests, n_analysed(lines)) == (1, 1)
        assert left_in(temporary_folder) == []
        assert (await job.analyse_url(f"{file_server.url}/a.wav", BASIC)).cache_status == "hit"
        assert file_server.n_requests == 2, "an address may hold something else by now"
        assert left_in(temporary_folder) == []


async def test_a_cancelled_download_leaves_no_file(
    make: Callable[..., AnalyseTrack], file_server: FileServer, temporary_folder: Path
) -> None:
    async with make(temporary_folder=temporary_folder) as job:
        asking = asyncio.create_task(job.analyse_url(f"{file_server.url}/a.wav", BASIC))
        await asyncio.wait_for(file_server.was_requested.wait(), SOON_S)
        assert left_in(temporary_folder) != []
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert left_in(temporary_folder) == []
        file_server.is_open.set()
        assert (await job.analyse_url(f"{file_server.url}/a.wav", BASIC)).cache_status == "miss"


async def test_the_error_of_a_download_reaches_all_requests(
    make: Callable[..., AnalyseTrack], file_server: FileServer, temporary_folder: Path
) -> None:
    async with make(temporary_folder=temporary_folder) as job:
        errors = await asyncio.gather(
            *(job.analyse_url(f"{file_server.url}/missing", BASIC) for _ in range(5)), return_exceptions=True
        )
        assert {type(error) for error in errors} == {SourceFailedError}
        assert left_in(temporary_folder) == []


async def test_without_a_temporary_folder_downloads_are_refused(
    make: Callable[..., AnalyseTrack], file_server: FileServer, tmp_path: Path
) -> None:
    async with make(temporary_folder=tmp_path / "gone") as job:
        with pytest.raises(InsufficientStorageError):
            await job.analyse_url(f"{file_server.url}/a.wav", BASIC)
    assert file_server.n_requests == 0
