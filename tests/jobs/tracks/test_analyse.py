"""The job of analysing tracks: shared by concurrent requests, in child processes that may crash, with a cache."""

import asyncio
import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from tactus.analysis.options import TimelineOptions
from tactus.errors import (
    AnalysisTimeoutError,
    DecoderCrashedError,
    MediaTooComplexError,
    OverloadedError,
    ShuttingDownError,
    UndecodableMediaError,
)
from tactus.jobs.tracks.analyse import AnalyseTrack
from tactus.jobs.tracks.limits import TrackLimits
from tactus.jobs.tracks.results import EncodedAnalysis
from tactus.jobs.tracks.run import Progress
from tactus.store.redis import RedisStore
from tests.fixtures.processes import SOON_S, children, freeze_child, wait_for_children, wait_until
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.signals import click_track, wav_bytes
from tests.jobs.tracks.examples import BASIC, FULL, TEMPO_ONLY, Track, n_analysed, read, track_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_repeated_request_is_answered_from_the_cache(job: AnalyseTrack, track: Track) -> None:
    with capture_logs() as lines:
        first = await job.analyse_file(track.path, track.file_hash, FULL)
        second = await job.analyse_file(track.path, track.file_hash, FULL)
    assert (first.cache_status, second.cache_status) == ("miss", "hit")
    assert first.body == second.body
    assert n_analysed(lines) == 1
    assert read(first)["bpm"] == pytest.approx(120.0, rel=0.02)


async def test_a_full_analysis_satisfies_the_less_complete_types(job: AnalyseTrack, track: Track) -> None:
    await job.analyse_file(track.path, track.file_hash, FULL)
    fields = []
    for options in (TEMPO_ONLY, BASIC, FULL):
        answer = await job.analyse_file(track.path, track.file_hash, options)
        assert answer.cache_status == "hit"
        fields.append(read(answer).keys())
    assert fields[0] < fields[1] < fields[2]


async def test_other_parameters_need_another_analysis(job: AnalyseTrack, track: Track) -> None:
    await job.analyse_file(track.path, track.file_hash, FULL)
    answer = await job.analyse_file(track.path, track.file_hash, replace(FULL, n_mfcc=20))
    assert answer.cache_status == "miss"
    assert len(read(answer)["mfcc"]) == 20


async def test_an_analysis_with_timelines_stores_the_plain_ones_too(job: AnalyseTrack, track: Track) -> None:
    shaped = replace(FULL, timelines=TimelineOptions(features=("rms",), rate="beat"))
    answer = await job.analyse_file(track.path, track.file_hash, shaped)
    assert read(answer)["timelines"].keys() == {"rms"}
    assert await job.get_stored(track.file_hash, shaped.timelines) == replace(answer, cache_status="hit")
    stored = await job.get_stored(track.file_hash)
    for options in (TEMPO_ONLY, BASIC):
        assert (plain := await job.analyse_file(track.path, track.file_hash, options)).cache_status == "hit"
        assert "timelines" not in read(plain)
    assert stored == plain, "the hash alone selects the most complete plain one"
    assert (await job.analyse_file(track.path, track.file_hash, FULL)).cache_status == "miss"


async def test_a_plain_request_joins_a_running_analysis_with_timelines(job: AnalyseTrack, track: Track) -> None:
    shaped = replace(BASIC, timelines=TimelineOptions(features=("rms",)))
    with capture_logs() as lines:
        first, second = await asyncio.gather(
            job.analyse_file(track.path, track.file_hash, shaped), job.analyse_file(track.path, track.file_hash, BASIC)
        )
    assert n_analysed(lines) == 1
    assert read(first).keys() - read(second).keys() == {"timelines"}


async def test_a_hundred_concurrent_requests_share_one_analysis(job: AnalyseTrack, track: Track) -> None:
    with capture_logs() as lines:
        answers = await asyncio.gather(*(job.analyse_file(track.path, track.file_hash, BASIC) for _ in range(100)))
    assert n_analysed(lines) == 1
    assert len({answer.body for answer in answers}) == 1
    assert sorted(answer.cache_status for answer in answers) == ["collapsed"] * 99 + ["miss"]


async def test_a_basic_request_joins_a_running_full_analysis(job: AnalyseTrack, track: Track) -> None:
    with capture_logs() as lines:
        full, basic = await asyncio.gather(
            job.analyse_file(track.path, track.file_hash, FULL), job.analyse_file(track.path, track.file_hash, BASIC)
        )
    assert n_analysed(lines) == 1
    assert read(basic).keys() < read(full).keys()


async def test_a_cancelled_request_and_its_removed_file_do_not_affect_others(job: AnalyseTrack, track: Track) -> None:
    other = track.copy("other.wav")
    leaving = asyncio.create_task(job.analyse_file(track.path, track.file_hash, BASIC))
    child = await freeze_child()
    staying = asyncio.create_task(job.analyse_file(other.path, other.file_hash, BASIC))
    await asyncio.sleep(0.05)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    track.path.unlink()
    child.kill()  # so that the second try has to find the file of the one who stays
    assert read(await staying)["bpm"] == pytest.approx(120.0, rel=0.02)


async def test_the_child_is_killed_when_the_last_request_is_cancelled(job: AnalyseTrack, track: Track) -> None:
    waiting = [asyncio.create_task(job.analyse_file(track.path, track.file_hash, FULL)) for _ in range(3)]
    await freeze_child()
    for task in waiting:
        task.cancel()
    again = asyncio.create_task(job.analyse_file(track.path, track.file_hash, FULL))
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (await again).cache_status == "miss", "a later request does not join the killed one"
    assert await wait_for_children(0) == []


async def test_a_result_is_stored_only_if_a_request_wants_it(job: AnalyseTrack, track: Track) -> None:
    answer = await job.analyse_file(track.path, track.file_hash, BASIC, cache_result=False)
    assert answer.cache_status == "bypass"
    assert await job.get_stored(track.file_hash) is None
    both = await asyncio.gather(
        job.analyse_file(track.path, track.file_hash, BASIC, cache_result=False),
        job.analyse_file(track.path, track.file_hash, BASIC, cache_result=True),
    )
    assert {read(answer)["bpm"] for answer in both} == {read(answer)["bpm"]}
    assert await job.get_stored(track.file_hash) is not None, "one of the two requests wants it stored"


async def test_requests_beyond_capacity_are_refused_at_once_with_retry_after(
    make: Callable[..., AnalyseTrack], tracks: list[Track]
) -> None:
    async with make(TrackLimits(n_at_once=1, n_waiting=2)) as job:
        accepted = [asyncio.create_task(job.analyse_file(t.path, t.file_hash, TEMPO_ONLY)) for t in tracks[:3]]
        await wait_for_children(1)
        clock = asyncio.get_running_loop().time
        began_s = clock()
        with pytest.raises(OverloadedError) as caught:
            await job.analyse_file(tracks[3].path, tracks[3].file_hash, TEMPO_ONLY)
        assert clock() - began_s < 0.05
        assert caught.value.retry_after_s is not None
        assert caught.value.retry_after_s >= 1
        with pytest.raises(OverloadedError):
            job.ensure_capacity()
        joined = await job.analyse_file(tracks[0].path, tracks[0].file_hash, TEMPO_ONLY)
        assert joined.cache_status in ("collapsed", "hit"), "joining a running analysis needs no capacity"
        assert [read(answer)["file_hash"] for answer in await asyncio.gather(*accepted)] == [
            t.file_hash for t in tracks[:3]
        ]
        job.ensure_capacity()
        assert (await job.analyse_file(tracks[3].path, tracks[3].file_hash, TEMPO_ONLY)).cache_status == "miss"


async def test_the_number_of_concurrent_children_is_bounded(
    make: Callable[..., AnalyseTrack], tracks: list[Track]
) -> None:
    async with make(TrackLimits(n_at_once=2, n_waiting=10)) as job:
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, len(children()))
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        answers = await asyncio.gather(*(job.analyse_file(t.path, t.file_hash, TEMPO_ONLY) for t in tracks))
        watching.cancel()
    assert [read(answer)["file_hash"] for answer in answers] == [t.file_hash for t in tracks]
    assert 1 <= most <= 2


async def test_a_child_that_is_killed_once_is_replaced(job: AnalyseTrack, track: Track) -> None:
    asking = asyncio.create_task(job.analyse_file(track.path, track.file_hash, BASIC))
    (await freeze_child()).kill()
    assert (await asking).cache_status == "miss"


async def test_a_file_that_crashes_twice_is_quarantined(
    make: Callable[..., AnalyseTrack], track: Track, tracks: list[Track]
) -> None:
    async with make(TrackLimits(quarantine_s=1.0)) as job:
        asking = asyncio.create_task(job.analyse_file(track.path, track.file_hash, BASIC))
        first = await freeze_child()
        first.send_signal(signal.SIGSEGV)
        first.resume()
        (second,) = await wait_until(lambda: [child for child in children() if child != first], bool)
        second.kill()
        with pytest.raises(DecoderCrashedError):
            await asking
        with pytest.raises(DecoderCrashedError, match="tried again in"):
            await job.analyse_file(track.path, track.file_hash, BASIC)
        other = tracks[0]
        assert (await job.analyse_file(other.path, other.file_hash, TEMPO_ONLY)).cache_status == "miss"
        await asyncio.sleep(1.0)
        assert (await job.analyse_file(track.path, track.file_hash, BASIC)).cache_status == "miss"


async def test_an_analysis_has_a_time_limit(make: Callable[..., AnalyseTrack], track: Track) -> None:
    async with make(TrackLimits(min_wall_s=0.5, wall_s_per_s=0.0)) as job:
        asking = asyncio.create_task(job.analyse_file(track.path, track.file_hash, FULL))
        await freeze_child()
        with pytest.raises(AnalysisTimeoutError):
            await asking
        assert await wait_for_children(0) == []


async def test_the_time_limit_grows_with_the_duration() -> None:
    limits = TrackLimits(min_wall_s=60.0, wall_s_per_s=0.25, max_s=1200.0)
    assert limits.wall_s(0.0) == 60.0
    assert limits.wall_s(240.0) == 120.0
    assert limits.wall_s(1e12) == 360.0, "a header that lies buys no more than the longest sound that is allowed"


async def test_exceeded_cpu_time_is_a_timeout_not_a_crash(job: AnalyseTrack, track: Track) -> None:
    asking = asyncio.create_task(job.analyse_file(track.path, track.file_hash, FULL))
    child = await freeze_child()
    child.send_signal(signal.SIGXCPU)
    child.resume()
    with pytest.raises(AnalysisTimeoutError):
        await asking


async def test_exceeded_memory_has_an_error_of_its_own(make: Callable[..., AnalyseTrack], tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (2, 44100 * 60)).astype(np.float32)
    track = track_of(wav_bytes(noise), tmp_path / "noise.wav")
    async with make(TrackLimits(memory_bytes=8 << 20)) as job:
        with pytest.raises(MediaTooComplexError):
            await job.analyse_file(track.path, track.file_hash, FULL)


async def test_the_error_of_a_file_reaches_concurrent_and_later_requests(job: AnalyseTrack, tmp_path: Path) -> None:
    poem = track_of(b"Shall I compare thee to a summer's day?" * 100, tmp_path / "poem.mp3")
    requests = (job.analyse_file(poem.path, poem.file_hash, FULL) for _ in range(5))
    errors = await asyncio.gather(*requests, return_exceptions=True)
    assert {type(error) for error in errors} == {UndecodableMediaError}
    with pytest.raises(UndecodableMediaError):
        await job.analyse_file(poem.path, poem.file_hash, FULL)


async def test_progress_reaches_all_listeners_and_a_new_one_at_once(job: AnalyseTrack, tmp_path: Path) -> None:
    track = track_of(wav_bytes(click_track(120.0, 60.0)), tmp_path / "long.wav")
    first: list[Progress] = []
    late: list[Progress] = []
    begun = asyncio.Event()

    def listen(progress: Progress) -> None:
        first.append(progress)
        begun.set()

    asking = asyncio.create_task(job.analyse_file(track.path, track.file_hash, BASIC, on_progress=listen))
    await asyncio.wait_for(begun.wait(), SOON_S)
    await asyncio.gather(asking, job.analyse_file(track.path, track.file_hash, BASIC, on_progress=late.append))
    done_s = [progress.done_s for progress in first]
    assert done_s == sorted(done_s)
    assert first[-1].done_s == pytest.approx(60.0, abs=0.1)
    assert {progress.total_s for progress in first} == {60.0}
    assert late[0] in first
    assert late[-1] == first[-1]


async def test_a_less_complete_analysis_does_not_replace_the_stored_one(job: AnalyseTrack, track: Track) -> None:
    assert await job.get_stored(track.file_hash) is None
    most_complete = None
    for options in (replace(FULL, n_mfcc=20), TEMPO_ONLY, BASIC, FULL, replace(BASIC, beat_tracker="librosa")):
        answer = await job.analyse_file(track.path, track.file_hash, options)
        if options in (FULL, replace(FULL, n_mfcc=20)):
            most_complete = answer.body
        stored = await job.get_stored(track.file_hash)
        assert stored == EncodedAnalysis(most_complete or b"", track.file_hash, "hit")


@pytest.mark.parametrize("file_hash", ["", "x" * 64, "A" * 64, "0" * 63, "../" * 10, "0" * 64])
async def test_an_unknown_hash_has_no_stored_analysis(job: AnalyseTrack, file_hash: str) -> None:
    assert await job.get_stored(file_hash) is None


async def test_published_json_is_never_replaced_by_a_less_complete_one(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer, published: RedisStore
) -> None:
    def plain() -> dict[str, Any]:
        value = redis_server.command("GET", f"analysis:{track.file_hash}")
        assert isinstance(value, bytes)
        analysis: dict[str, Any] = json.loads(value)
        return analysis

    async with make(published=published) as job:
        basic = await job.analyse_file(track.path, track.file_hash, BASIC)
        assert plain() == read(basic)
        full = await job.analyse_file(track.path, track.file_hash, FULL)
        assert plain() == read(full)
        await job.analyse_file(track.path, track.file_hash, replace(FULL, n_mfcc=20))
        await job.analyse_file(track.path, track.file_hash, replace(TEMPO_ONLY, n_mfcc=20))
        assert plain() == read(full)


async def test_json_published_by_another_program_is_returned(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer, published: RedisStore
) -> None:
    async with make(published=published) as job:
        theirs = {"file_hash": track.file_hash, "bpm": 99.0}
        redis_server.command("SET", f"analysis:{track.file_hash}", json.dumps(theirs))
        assert read(await job.get_stored(track.file_hash)) == theirs


async def test_no_analysis_starts_after_closing(make: Callable[..., AnalyseTrack], track: Track) -> None:
    async with make() as job:
        pass
    with pytest.raises(ShuttingDownError):
        await job.analyse_file(track.path, track.file_hash, FULL)
    assert children() == []


async def test_closing_raises_an_error_in_waiting_requests(
    make: Callable[..., AnalyseTrack], tracks: list[Track]
) -> None:
    async with make(TrackLimits(n_at_once=1)) as job:
        asking = [asyncio.create_task(job.analyse_file(t.path, t.file_hash, FULL)) for t in tracks]
        await freeze_child()
    ended = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(error) for error in ended} == {ShuttingDownError}
    assert await wait_for_children(0) == []
