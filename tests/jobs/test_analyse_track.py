"""Tracks are analysed once, in children that may die, and no answer is lost or mixed up."""

import asyncio
import contextlib
import hashlib
import json
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import pytest_asyncio
import zstandard
from structlog.testing import capture_logs

from tactus.analysis.options import Shape, TrackOptions
from tactus.analysis.tempo_hint import NO_HINT, TempoHint
from tactus.audio.download import Fetcher, FetchLimits
from tactus.errors import (
    AnalysisTimeoutError,
    DecoderCrashedError,
    InsufficientStorageError,
    MediaTooComplexError,
    NotFoundError,
    OverloadedError,
    ShuttingDownError,
    SourceFailedError,
    UndecodableMediaError,
)
from tactus.jobs.analyse_track import AnalyseTrack, Answer
from tactus.jobs.track_run import Progress, TrackLimits
from tactus.store.disk import DiskStore
from tactus.store.redis import RedisStore, redis_breaker, redis_client
from tactus.workers.supervisor import Supervisor
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.signals import click_track, wav_bytes

pytestmark = pytest.mark.asyncio(loop_scope="module")

FULL, BASIC, TEMPO_ONLY = (TrackOptions(analysis_type=kind) for kind in ("full", "basic", "tempo_only"))
SOON_S = 10.0


@dataclass(frozen=True)
class Track:
    """A file, and the name of its bytes."""

    path: Path
    file_hash: str

    def copy(self, name: str) -> "Track":
        path = self.path.with_name(name)
        path.write_bytes(self.path.read_bytes())
        return replace(self, path=path)


def track_of(content: bytes, path: Path) -> Track:
    path.write_bytes(content)
    return Track(path, hashlib.sha256(content).hexdigest())


@pytest.fixture
def track(tmp_path: Path) -> Track:
    """Ten seconds of clicks, 120 a minute."""
    return track_of(wav_bytes(click_track(120.0)), tmp_path / "clicks.wav")


@pytest.fixture
def tracks(tmp_path: Path) -> list[Track]:
    """Four different ones."""
    return [track_of(wav_bytes(click_track(bpm)), tmp_path / f"{bpm}.wav") for bpm in (90.0, 100.0, 110.0, 120.0)]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def supervisor() -> AsyncIterator[Supervisor]:
    async with Supervisor() as supervisor:
        yield supervisor


@pytest_asyncio.fixture(loop_scope="module")
async def disk(tmp_path: Path) -> AsyncIterator[DiskStore]:
    store = DiskStore(tmp_path / "data" / "analyses.sqlite")
    yield store
    await store.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def corrections(tmp_path: Path) -> AsyncIterator[DiskStore]:
    store = DiskStore(tmp_path / "data" / "corrections.sqlite", size_limit_bytes=None)
    yield store
    await store.aclose()


@pytest.fixture
def make(supervisor: Supervisor, disk: DiskStore, corrections: DiskStore) -> Callable[..., AnalyseTrack]:
    def make(limits: TrackLimits | None = None, **arguments: Any) -> AnalyseTrack:
        fetcher = Fetcher(FetchLimits(allow_private=(ip_network("127.0.0.0/8"),)))
        return AnalyseTrack(supervisor, disk, corrections, fetcher, limits=limits, **arguments)

    return make


@pytest_asyncio.fixture(loop_scope="module")
async def job(make: Callable[..., AnalyseTrack]) -> AsyncIterator[AnalyseTrack]:
    async with make() as job:
        await job.describe()
        yield job


def read(answer: Answer | None) -> dict[str, Any]:
    assert answer is not None
    analysis: dict[str, Any] = json.loads(zstandard.ZstdDecompressor().stream_reader(answer.body).read())
    assert analysis["file_hash"] == answer.file_hash
    return analysis


def children() -> list[psutil.Process]:
    """The children of the fork server."""
    servers = [child for child in psutil.Process().children() if "fork_server" in " ".join(child.cmdline())]
    return [child for server in servers for child in server.children()]


async def children_once(n: int) -> list[psutil.Process]:
    async with asyncio.timeout(SOON_S):
        while len(found := children()) != n:  # noqa: ASYNC110  no event tells a grandparent
            await asyncio.sleep(0.005)
    return found


async def frozen_child() -> psutil.Process:
    """The one child that runs, stopped before it can finish."""
    (child,) = await children_once(1)
    child.suspend()
    return child


def n_analysed(lines: list[Any]) -> int:
    return sum(line["event"] == "track_analysed" for line in lines)


async def test_asking_twice_does_the_work_once(job: AnalyseTrack, track: Track) -> None:
    with capture_logs() as lines:
        first = await job.from_file(track.path, track.file_hash, FULL)
        second = await job.from_file(track.path, track.file_hash, FULL)
    assert (first.cache_status, second.cache_status) == ("miss", "hit")
    assert first.body == second.body
    assert n_analysed(lines) == 1
    assert read(first)["bpm"] == pytest.approx(120.0, rel=0.02)


async def test_a_full_analysis_answers_the_poorer_ones(job: AnalyseTrack, track: Track) -> None:
    await job.from_file(track.path, track.file_hash, FULL)
    fields = []
    for options in (TEMPO_ONLY, BASIC, FULL):
        answer = await job.from_file(track.path, track.file_hash, options)
        assert answer.cache_status == "hit"
        fields.append(read(answer).keys())
    assert fields[0] < fields[1] < fields[2]


async def test_other_parameters_are_another_analysis(job: AnalyseTrack, track: Track) -> None:
    await job.from_file(track.path, track.file_hash, FULL)
    answer = await job.from_file(track.path, track.file_hash, replace(FULL, n_mfcc=20))
    assert answer.cache_status == "miss"
    assert len(read(answer)["mfcc"]) == 20


async def test_a_shaped_analysis_brings_the_plain_ones_along(job: AnalyseTrack, track: Track) -> None:
    shaped = replace(FULL, shape=Shape(features=("rms",), rate="beat"))
    answer = await job.from_file(track.path, track.file_hash, shaped)
    assert read(answer)["timelines"].keys() == {"rms"}
    assert await job.stored(track.file_hash, shaped.shape) == replace(answer, cache_status="hit")
    stored = await job.stored(track.file_hash)
    for options in (TEMPO_ONLY, BASIC):
        assert (plain := await job.from_file(track.path, track.file_hash, options)).cache_status == "hit"
        assert "timelines" not in read(plain)
    assert stored == plain, "the hash alone stands for the richest plain one"
    assert (await job.from_file(track.path, track.file_hash, FULL)).cache_status == "miss"


async def test_who_wants_it_plain_joins_a_shaped_analysis_under_way(job: AnalyseTrack, track: Track) -> None:
    shaped = replace(BASIC, shape=Shape(features=("rms",)))
    with capture_logs() as lines:
        first, second = await asyncio.gather(
            job.from_file(track.path, track.file_hash, shaped), job.from_file(track.path, track.file_hash, BASIC)
        )
    assert n_analysed(lines) == 1
    assert read(first).keys() - read(second).keys() == {"timelines"}


async def test_a_hundred_who_ask_at_the_same_time_share_one_analysis(job: AnalyseTrack, track: Track) -> None:
    with capture_logs() as lines:
        answers = await asyncio.gather(*(job.from_file(track.path, track.file_hash, BASIC) for _ in range(100)))
    assert n_analysed(lines) == 1
    assert len({answer.body for answer in answers}) == 1
    assert sorted(answer.cache_status for answer in answers) == ["collapsed"] * 99 + ["miss"]


async def test_who_wants_less_waits_for_the_richer_analysis_under_way(job: AnalyseTrack, track: Track) -> None:
    with capture_logs() as lines:
        full, basic = await asyncio.gather(
            job.from_file(track.path, track.file_hash, FULL), job.from_file(track.path, track.file_hash, BASIC)
        )
    assert n_analysed(lines) == 1
    assert read(basic).keys() < read(full).keys()


async def test_who_leaves_stops_nobody_else_and_may_take_the_file_along(job: AnalyseTrack, track: Track) -> None:
    other = track.copy("other.wav")
    leaving = asyncio.create_task(job.from_file(track.path, track.file_hash, BASIC))
    child = await frozen_child()
    staying = asyncio.create_task(job.from_file(other.path, other.file_hash, BASIC))
    await asyncio.sleep(0.05)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    track.path.unlink()
    child.kill()  # so that the second try has to find the file of the one who stays
    assert read(await staying)["bpm"] == pytest.approx(120.0, rel=0.02)


async def test_when_nobody_waits_any_more_the_child_is_killed(job: AnalyseTrack, track: Track) -> None:
    waiting = [asyncio.create_task(job.from_file(track.path, track.file_hash, FULL)) for _ in range(3)]
    await frozen_child()
    for task in waiting:
        task.cancel()
    again = asyncio.create_task(job.from_file(track.path, track.file_hash, FULL))
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (await again).cache_status == "miss", "and who comes then does not get the killed one"
    assert await children_once(0) == []


async def test_what_is_not_to_be_kept_is_not_kept(job: AnalyseTrack, track: Track) -> None:
    answer = await job.from_file(track.path, track.file_hash, BASIC, cache_result=False)
    assert answer.cache_status == "bypass"
    assert await job.stored(track.file_hash) is None
    both = await asyncio.gather(
        job.from_file(track.path, track.file_hash, BASIC, cache_result=False),
        job.from_file(track.path, track.file_hash, BASIC, cache_result=True),
    )
    assert {read(answer)["bpm"] for answer in both} == {read(answer)["bpm"]}
    assert await job.stored(track.file_hash) is not None, "one of the two wanted it kept"


async def test_beyond_its_capacity_it_refuses_at_once_and_says_when_to_come_again(
    make: Callable[..., AnalyseTrack], tracks: list[Track]
) -> None:
    async with make(TrackLimits(n_at_once=1, n_waiting=2)) as job:
        await job.describe()
        accepted = [asyncio.create_task(job.from_file(t.path, t.file_hash, TEMPO_ONLY)) for t in tracks[:3]]
        await children_once(1)
        clock = asyncio.get_running_loop().time
        began_s = clock()
        with pytest.raises(OverloadedError) as caught:
            await job.from_file(tracks[3].path, tracks[3].file_hash, TEMPO_ONLY)
        assert clock() - began_s < 0.05
        assert caught.value.retry_after_s is not None
        assert caught.value.retry_after_s >= 1
        with pytest.raises(OverloadedError):
            job.ensure_room()
        joined = await job.from_file(tracks[0].path, tracks[0].file_hash, TEMPO_ONLY)
        assert joined.cache_status in ("collapsed", "hit"), "who wants what is under way needs no room"
        assert [read(answer)["file_hash"] for answer in await asyncio.gather(*accepted)] == [
            t.file_hash for t in tracks[:3]
        ]
        job.ensure_room()
        assert (await job.from_file(tracks[3].path, tracks[3].file_hash, TEMPO_ONLY)).cache_status == "miss"


async def test_no_more_run_at_once_than_allowed_and_all_get_their_own(
    make: Callable[..., AnalyseTrack], tracks: list[Track]
) -> None:
    async with make(TrackLimits(n_at_once=2, n_waiting=10)) as job:
        await job.describe()
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, len(children()))
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        answers = await asyncio.gather(*(job.from_file(t.path, t.file_hash, TEMPO_ONLY) for t in tracks))
        watching.cancel()
    assert [read(answer)["file_hash"] for answer in answers] == [t.file_hash for t in tracks]
    assert 1 <= most <= 2


async def test_a_child_that_is_killed_once_is_replaced(job: AnalyseTrack, track: Track) -> None:
    asking = asyncio.create_task(job.from_file(track.path, track.file_hash, BASIC))
    (await frozen_child()).kill()
    assert (await asking).cache_status == "miss"


async def test_a_file_that_crashes_twice_is_set_apart_for_a_while(
    make: Callable[..., AnalyseTrack], track: Track, tracks: list[Track]
) -> None:
    async with make(TrackLimits(quarantine_s=1.0)) as job:
        await job.describe()
        asking = asyncio.create_task(job.from_file(track.path, track.file_hash, BASIC))
        first = await frozen_child()
        first.send_signal(signal.SIGSEGV)
        first.resume()
        async with asyncio.timeout(SOON_S):
            while (others := children()) in ([], [first]):  # noqa: ASYNC110  as above
                await asyncio.sleep(0.005)
        others[0].kill()
        with pytest.raises(DecoderCrashedError):
            await asking
        with pytest.raises(DecoderCrashedError, match="tried again in"):
            await job.from_file(track.path, track.file_hash, BASIC)
        other = tracks[0]
        assert (await job.from_file(other.path, other.file_hash, TEMPO_ONLY)).cache_status == "miss"
        await asyncio.sleep(1.0)
        assert (await job.from_file(track.path, track.file_hash, BASIC)).cache_status == "miss"


async def test_an_analysis_has_only_so_much_time(make: Callable[..., AnalyseTrack], track: Track) -> None:
    async with make(TrackLimits(shortest_wall_s=0.5, wall_s_per_s=0.0)) as job:
        await job.describe()
        asking = asyncio.create_task(job.from_file(track.path, track.file_hash, FULL))
        await frozen_child()
        with pytest.raises(AnalysisTimeoutError):
            await asking
        assert await children_once(0) == []


async def test_long_sound_has_more_time() -> None:
    limits = TrackLimits(shortest_wall_s=60.0, wall_s_per_s=0.25, longest_s=1200.0)
    assert limits.wall_s(0.0) == 60.0
    assert limits.wall_s(240.0) == 120.0
    assert limits.wall_s(1e12) == 360.0, "a header that lies buys no more than the longest sound that is allowed"


async def test_too_much_processor_time_is_no_crash(job: AnalyseTrack, track: Track) -> None:
    asking = asyncio.create_task(job.from_file(track.path, track.file_hash, FULL))
    child = await frozen_child()
    child.send_signal(signal.SIGXCPU)
    child.resume()
    with pytest.raises(AnalysisTimeoutError):
        await asking


async def test_too_much_memory_is_told_as_such(make: Callable[..., AnalyseTrack], tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (2, 44100 * 60)).astype(np.float32)
    track = track_of(wav_bytes(noise), tmp_path / "noise.wav")
    async with make(TrackLimits(memory_bytes=8 << 20)) as job:
        await job.describe()
        with pytest.raises(MediaTooComplexError):
            await job.from_file(track.path, track.file_hash, FULL)


async def test_what_is_wrong_with_a_file_is_told_to_all_and_to_the_next(job: AnalyseTrack, tmp_path: Path) -> None:
    poem = track_of(b"Shall I compare thee to a summer's day?" * 100, tmp_path / "poem.mp3")
    asked = (job.from_file(poem.path, poem.file_hash, FULL) for _ in range(5))
    errors = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(error) for error in errors} == {UndecodableMediaError}
    with pytest.raises(UndecodableMediaError):
        await job.from_file(poem.path, poem.file_hash, FULL)


async def test_progress_is_told_to_all_and_at_once_to_who_joins(job: AnalyseTrack, tmp_path: Path) -> None:
    track = track_of(wav_bytes(click_track(120.0, 60.0)), tmp_path / "long.wav")
    first: list[Progress] = []
    late: list[Progress] = []
    begun = asyncio.Event()

    def listen(progress: Progress) -> None:
        first.append(progress)
        begun.set()

    asking = asyncio.create_task(job.from_file(track.path, track.file_hash, BASIC, on_progress=listen))
    await asyncio.wait_for(begun.wait(), SOON_S)
    await asyncio.gather(asking, job.from_file(track.path, track.file_hash, BASIC, on_progress=late.append))
    done_s = [progress.done_s for progress in first]
    assert done_s == sorted(done_s)
    assert 30.0 < first[-1].done_s <= 60.0
    assert {progress.total_s for progress in first} == {60.0}
    assert late[0] in first
    assert late[-1] == first[-1]


async def test_the_richest_analysis_stays_the_stored_one(job: AnalyseTrack, track: Track) -> None:
    assert await job.stored(track.file_hash) is None
    richest = None
    for options in (replace(FULL, n_mfcc=20), TEMPO_ONLY, BASIC, FULL, replace(BASIC, beat_tracker="librosa")):
        answer = await job.from_file(track.path, track.file_hash, options)
        if options in (FULL, replace(FULL, n_mfcc=20)):
            richest = answer.body
        stored = await job.stored(track.file_hash)
        assert stored == Answer(richest or b"", track.file_hash, "hit")


@pytest.mark.parametrize("file_hash", ["", "x" * 64, "A" * 64, "0" * 63, "../" * 10, "0" * 64])
async def test_what_is_no_known_track_is_not_stored(job: AnalyseTrack, file_hash: str) -> None:
    assert await job.stored(file_hash) is None


async def test_other_programs_read_plain_json_that_is_never_downgraded(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer
) -> None:
    client = redis_client(redis_server.url)

    def plain() -> dict[str, Any]:
        value = redis_server.command("GET", f"analysis:{track.file_hash}")
        assert isinstance(value, bytes)
        analysis: dict[str, Any] = json.loads(value)
        return analysis

    async with redis_breaker(client, is_configured=True) as breaker:
        published = RedisStore(client, breaker, is_configured=True)
        async with make(published=published) as job:
            await job.describe()
            basic = await job.from_file(track.path, track.file_hash, BASIC)
            assert plain() == read(basic)
            full = await job.from_file(track.path, track.file_hash, FULL)
            assert plain() == read(full)
            await job.from_file(track.path, track.file_hash, replace(FULL, n_mfcc=20))
            await job.from_file(track.path, track.file_hash, replace(TEMPO_ONLY, n_mfcc=20))
            assert plain() == read(full)
    await client.aclose()


async def test_what_another_program_published_is_found(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer
) -> None:
    client = redis_client(redis_server.url)
    async with redis_breaker(client, is_configured=True) as breaker:
        published = RedisStore(client, breaker, is_configured=True)
        async with make(published=published) as job:
            await job.describe()
            theirs = {"file_hash": track.file_hash, "bpm": 99.0}
            redis_server.command("SET", f"analysis:{track.file_hash}", json.dumps(theirs))
            assert read(await job.stored(track.file_hash)) == theirs
    await client.aclose()


def once(**values: Any) -> Callable[[TempoHint], TempoHint]:
    """What somebody says, as the request has it."""
    return lambda before: TempoHint(**values).over(before)


def cleared(_: TempoHint) -> TempoHint:
    return NO_HINT


async def test_a_correction_changes_all_that_depends_on_beats_and_nothing_else(job: AnalyseTrack, track: Track) -> None:
    heard = read(await job.from_file(track.path, track.file_hash, FULL))
    corrected = await job.correct(track.file_hash, once(correction="x1/2"))
    found = read(corrected.answer)
    assert found.keys() == heard.keys()
    assert found["bpm"] == pytest.approx(heard["bpm"] / 2, rel=0.01)
    assert found["correction"] == {"correction": "x1/2"}
    changed = {name for name in heard if found[name] != heard[name]}
    assert changed >= {"bpm", "tempo", "beat_times", "downbeat_times", "energy", "valence", "correction"}
    assert not changed & {"onset_times", "key", "loudness", "mfcc", "waveform", "segments", "duration", "file_hash"}


async def test_a_correction_holds_however_the_track_comes_and_in_whatever_shape(
    job: AnalyseTrack, track: Track, file_server: "FileServer"
) -> None:
    heard = read(await job.from_file(track.path, track.file_hash, BASIC))
    await job.correct(track.file_hash, once(correction="x1/2"))
    file_server.is_open.set()
    shaped = replace(BASIC, shape=Shape(features=("rms",), rate="beat"))
    for answer in (
        await job.from_file(track.path, track.file_hash, BASIC),
        await job.from_file(track.path, track.file_hash, replace(BASIC, hint=TempoHint(bpm_min=100.0))),
        await job.from_file(track.path, track.file_hash, shaped),
        await job.from_url(file_server.url, FULL),
        await job.stored(track.file_hash),
        await job.stored(track.file_hash, analysis_type="tempo_only"),
    ):
        found = read(answer)
        assert found["correction"] == {"correction": "x1/2"}
        assert found["bpm"] == pytest.approx(heard["bpm"] / 2, rel=0.01)


async def test_without_the_sound_the_same_comes_out_as_with_it(make: Callable[..., AnalyseTrack], track: Track) -> None:
    async with make() as job:
        await job.from_file(track.path, track.file_hash, FULL)
        without = read((await job.correct(track.file_hash, once(bpm=60.0))).answer)
        with_it = read(await job.from_file(track.path, track.file_hash, replace(FULL, n_mfcc=14)))
    differing = {name for name in without if without[name] != with_it[name]}
    assert differing <= {"analysis_timestamp", "mfcc"}


async def test_saying_it_twice_changes_nothing_and_clearing_brings_back_what_was_heard(
    job: AnalyseTrack, track: Track
) -> None:
    heard = read(await job.from_file(track.path, track.file_hash, FULL))
    first = await job.correct(track.file_hash, once(correction="x2"))
    second = await job.correct(track.file_hash, once(correction="x2"))
    assert read(first.answer) == read(second.answer)
    await job.correct(track.file_hash, once(downbeat_at=2.0))
    await job.correct(track.file_hash, once(taps=(0.5, 1.0, 1.5, 2.0)))
    assert read(await job.stored(track.file_hash))["correction"] == {"taps": [0.5, 1.0, 1.5, 2.0], "downbeat_at": 2.0}
    assert read((await job.correct(track.file_hash, cleared)).answer) == heard


async def test_a_correction_of_what_is_not_kept_waits_for_it(job: AnalyseTrack, track: Track) -> None:
    corrected = await job.correct(track.file_hash, once(bpm=60.0))
    assert (corrected.answer, corrected.hint) == (None, TempoHint(bpm=60.0))
    assert read(await job.from_file(track.path, track.file_hash, BASIC))["bpm"] == pytest.approx(60.0, rel=0.02)
    found = read((await job.correct(track.file_hash, cleared)).answer)
    assert found["bpm"] == pytest.approx(120.0, rel=0.02), "also where it was never analysed without"


async def test_nothing_is_cleared_where_nothing_is_kept(job: AnalyseTrack) -> None:
    for file_hash in ("0" * 64, "A" * 64, "../" * 10):
        with pytest.raises(NotFoundError):
            await job.correct(file_hash, cleared)


async def test_corrections_outlive_analyses_and_the_process(make: Callable[..., AnalyseTrack], track: Track) -> None:
    async with make(cache_expiry_s=0.2) as job:
        await job.from_file(track.path, track.file_hash, BASIC)
        assert (await job.correct(track.file_hash, once(correction="x1/2"))).answer is not None
        await asyncio.sleep(0.3)
        assert await job.stored(track.file_hash) is None
    async with make() as job:
        assert read(await job.from_file(track.path, track.file_hash, BASIC))["bpm"] == pytest.approx(60.0, rel=0.02)


async def test_a_hint_is_for_one_request(job: AnalyseTrack, track: Track) -> None:
    hinted = await job.from_file(track.path, track.file_hash, replace(FULL, hint=TempoHint(bpm_max=80.0)))
    assert read(hinted)["bpm"] == pytest.approx(60.0, rel=0.02)
    assert await job.stored(track.file_hash) == replace(hinted, cache_status="hit"), "better than nothing"
    assert read((await job.correct(track.file_hash, once(bpm=120.0))).answer)["bpm"] == pytest.approx(120.0, rel=0.02)
    await job.correct(track.file_hash, cleared)
    heard = await job.from_file(track.path, track.file_hash, BASIC)
    assert read(heard)["correction"] is None
    assert read(await job.stored(track.file_hash))["correction"] is None
    again = await job.from_file(track.path, track.file_hash, replace(FULL, hint=TempoHint(bpm_max=80.0)))
    assert again.body == hinted.body


async def test_of_many_who_correct_at_once_the_last_is_followed(job: AnalyseTrack, track: Track) -> None:
    await job.from_file(track.path, track.file_hash, FULL)
    words = [once(correction=word) for word in ("x2", "x1/2", "3:2", "x2")] * 3
    corrected = await asyncio.gather(*(job.correct(track.file_hash, word) for word in words))
    for one in corrected:
        assert read(one.answer)["correction"] == one.hint.told
    assert read(await job.stored(track.file_hash))["correction"] == {"correction": "x2"}


async def test_what_other_programs_read_follows_the_correction(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer
) -> None:
    client = redis_client(redis_server.url)

    def plain() -> Any:
        value = redis_server.command("GET", f"analysis:{track.file_hash}")
        return json.loads(value) if isinstance(value, bytes) else None

    async with redis_breaker(client, is_configured=True) as breaker:
        published = RedisStore(client, breaker, is_configured=True)
        async with make(published=published) as job:
            full = await job.from_file(track.path, track.file_hash, FULL)
            corrected = await job.correct(track.file_hash, once(correction="x1/2"))
            assert plain() == read(corrected.answer) != read(full)
            await job.from_file(track.path, track.file_hash, replace(FULL, n_mfcc=20))
            assert plain() == read(corrected.answer)
            await job.correct(track.file_hash, cleared)
            assert plain() == read(full)
    await client.aclose()


async def test_an_analysis_under_way_does_not_undo_a_correction(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer
) -> None:
    client = redis_client(redis_server.url)
    async with (
        redis_breaker(client, is_configured=True) as breaker,
        make(published=RedisStore(client, breaker, is_configured=True)) as job,
    ):
        await job.describe()
        asking = asyncio.create_task(job.from_file(track.path, track.file_hash, FULL))
        child = await frozen_child()
        assert (await job.correct(track.file_hash, once(correction="x1/2"))).answer is None
        child.resume()
        assert read(await asking)["correction"] is None, "it was asked for before"
        assert redis_server.command("GET", f"analysis:{track.file_hash}") is None
        found = read(await job.stored(track.file_hash))
        assert found["correction"] == {"correction": "x1/2"}
        assert "mfcc" in found, "worked out from what the analysis left"
    await client.aclose()


async def test_what_other_programs_read_is_withdrawn_where_nothing_follows_the_correction(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer
) -> None:
    client = redis_client(redis_server.url)
    async with redis_breaker(client, is_configured=True) as breaker:
        published = RedisStore(client, breaker, is_configured=True)
        async with make(published=published) as job:
            redis_server.command("SET", f"analysis:{track.file_hash}", '{"bpm": 1}')
            assert (await job.correct(track.file_hash, once(correction="x2"))).answer is None
            await asyncio.sleep(0.05)
            assert redis_server.command("GET", f"analysis:{track.file_hash}") is None
            assert await job.stored(track.file_hash) is None
    await client.aclose()


@pytest.mark.parametrize("rubbish", [b"rubbish", zstandard.compress(b"{}\n")])
async def test_damaged_evidence_is_as_none(job: AnalyseTrack, track: Track, disk: DiskStore, rubbish: bytes) -> None:
    await job.from_file(track.path, track.file_hash, BASIC)
    version = (await job.describe()).analyzer_version
    assert await disk.put(f"analysis:{track.file_hash}:evidence:{version}", rubbish, ttl_s=60.0, rank=100)
    assert (await job.correct(track.file_hash, once(correction="x2"))).answer is None
    assert await job.stored(track.file_hash) is None
    assert read(await job.from_file(track.path, track.file_hash, BASIC))["correction"] == {"correction": "x2"}


async def test_what_cannot_be_kept_for_good_is_refused(
    make: Callable[..., AnalyseTrack], corrections: DiskStore
) -> None:
    async with make() as job:
        await corrections.aclose()
        with pytest.raises(InsufficientStorageError):
            await job.correct("0" * 64, once(correction="x2"))


async def test_closing_tells_those_who_wait(make: Callable[..., AnalyseTrack], tracks: list[Track]) -> None:
    async with make(TrackLimits(n_at_once=1)) as job:
        await job.describe()
        asking = [asyncio.create_task(job.from_file(t.path, t.file_hash, FULL)) for t in tracks]
        await frozen_child()
    ended = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(error) for error in ended} == {ShuttingDownError}
    assert await children_once(0) == []


@dataclass
class FileServer:
    """An HTTP server of one file, that can keep its clients waiting."""

    content: bytes
    url: str = ""
    n_requests: int = 0
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            self.n_requests += 1
            if b"GET /missing" in request:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            else:
                head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.content)
                writer.write(head + self.content[: len(self.content) // 2])
                await writer.drain()
                self.asked.set()
                await self.is_open.wait()
                writer.write(self.content[len(self.content) // 2 :])
            await writer.drain()
        writer.close()


@pytest_asyncio.fixture(loop_scope="module")
async def file_server(track: Track) -> AsyncIterator[FileServer]:
    server = FileServer(track.path.read_bytes())
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield server
    server.is_open.set()
    listening.close()


async def test_an_address_is_fetched_once_for_all_who_ask_and_nothing_stays(
    make: Callable[..., AnalyseTrack], file_server: FileServer, track: Track, tmp_path: Path
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    async with make(temporary_folder=folder) as job:
        await job.describe()
        with capture_logs() as lines:
            asking = [asyncio.create_task(job.from_url(f"{file_server.url}/a.wav", BASIC)) for _ in range(20)]
            await asyncio.wait_for(file_server.asked.wait(), SOON_S)
            for leaving in asking[:5]:
                leaving.cancel()
            file_server.is_open.set()
            answers = [await staying for staying in asking[5:]]
        assert {answer.file_hash for answer in answers} == {track.file_hash}
        assert (file_server.n_requests, n_analysed(lines)) == (1, 1)
        assert list(folder.iterdir()) == []
        assert (await job.from_url(f"{file_server.url}/a.wav", BASIC)).cache_status == "hit"
        assert file_server.n_requests == 2, "an address may hold something else by now"
        assert list(folder.iterdir()) == []


async def test_who_gives_up_a_download_leaves_nothing(
    make: Callable[..., AnalyseTrack], file_server: FileServer, tmp_path: Path
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    async with make(temporary_folder=folder) as job:
        await job.describe()
        asking = asyncio.create_task(job.from_url(f"{file_server.url}/a.wav", BASIC))
        await asyncio.wait_for(file_server.asked.wait(), SOON_S)
        assert list(folder.iterdir()) != []
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert list(folder.iterdir()) == []
        file_server.is_open.set()
        assert (await job.from_url(f"{file_server.url}/a.wav", BASIC)).cache_status == "miss"


async def test_a_failed_download_is_told_to_all(
    make: Callable[..., AnalyseTrack], file_server: FileServer, tmp_path: Path
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    async with make(temporary_folder=folder) as job:
        await job.describe()
        errors = await asyncio.gather(
            *(job.from_url(f"{file_server.url}/missing", BASIC) for _ in range(5)), return_exceptions=True
        )
        assert {type(error) for error in errors} == {SourceFailedError}
        assert list(folder.iterdir()) == []


async def test_without_a_place_for_files_there_is_no_download(
    make: Callable[..., AnalyseTrack], file_server: FileServer, tmp_path: Path
) -> None:
    async with make(temporary_folder=tmp_path / "gone") as job:
        await job.describe()
        with pytest.raises(InsufficientStorageError):
            await job.from_url(f"{file_server.url}/a.wav", BASIC)
    assert file_server.n_requests == 0
