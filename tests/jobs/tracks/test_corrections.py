"""A correction is followed by all that depends on beats, however the track comes, and for good."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import zstandard

from tactus.analysis.beat_hint import NO_HINT, TempoHint
from tactus.analysis.options import TimelineOptions
from tactus.errors import (
    InsufficientStorageError,
    NotFoundError,
)
from tactus.jobs.tracks.analyse import AnalyseTrack
from tactus.store.disk import DiskStore
from tactus.store.redis import RedisStore
from tests.fixtures.processes import freeze_child
from tests.fixtures.redis_server import RedisServer
from tests.jobs.tracks.examples import BASIC, FULL, Track, read
from tests.jobs.tracks.file_server import FileServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


def once(**values: Any) -> Callable[[TempoHint], TempoHint]:
    """What somebody says, as the request has it."""
    return lambda before: TempoHint(**values).over(before)


def cleared(_: TempoHint) -> TempoHint:
    return NO_HINT


async def test_a_correction_changes_all_that_depends_on_beats_and_nothing_else(job: AnalyseTrack, track: Track) -> None:
    heard = read(await job.analyse_file(track.path, track.file_hash, FULL))
    corrected = await job.correct(track.file_hash, once(correction="x1/2"))
    found = read(corrected.analysis)
    assert found.keys() == heard.keys()
    assert found["bpm"] == pytest.approx(heard["bpm"] / 2, rel=0.01)
    assert found["correction"] == {"correction": "x1/2"}
    changed = {name for name in heard if found[name] != heard[name]}
    assert changed >= {"bpm", "tempo", "beat_times", "downbeat_times", "energy", "valence", "correction"}
    assert not changed & {"onset_times", "key", "loudness", "mfcc", "waveform", "segments", "duration", "file_hash"}


async def test_a_correction_holds_however_the_track_comes_and_in_whatever_shape(
    job: AnalyseTrack, track: Track, file_server: FileServer
) -> None:
    heard = read(await job.analyse_file(track.path, track.file_hash, BASIC))
    await job.correct(track.file_hash, once(correction="x1/2"))
    file_server.is_open.set()
    shaped = replace(BASIC, timelines=TimelineOptions(features=("rms",), rate="beat"))
    for answer in (
        await job.analyse_file(track.path, track.file_hash, BASIC),
        await job.analyse_file(track.path, track.file_hash, replace(BASIC, hint=TempoHint(bpm_min=100.0))),
        await job.analyse_file(track.path, track.file_hash, shaped),
        await job.analyse_url(file_server.url, FULL),
        await job.get_stored(track.file_hash),
        await job.get_stored(track.file_hash, analysis_type="tempo_only"),
    ):
        found = read(answer)
        assert found["correction"] == {"correction": "x1/2"}
        assert found["bpm"] == pytest.approx(heard["bpm"] / 2, rel=0.01)


async def test_without_the_sound_the_same_comes_out_as_with_it(make: Callable[..., AnalyseTrack], track: Track) -> None:
    async with make() as job:
        await job.analyse_file(track.path, track.file_hash, FULL)
        without = read((await job.correct(track.file_hash, once(bpm=60.0))).analysis)
        with_it = read(await job.analyse_file(track.path, track.file_hash, replace(FULL, n_mfcc=14)))
    differing = {name for name in without if without[name] != with_it[name]}
    assert differing <= {"analysis_timestamp", "mfcc"}


async def test_saying_it_twice_changes_nothing_and_clearing_brings_back_what_was_heard(
    job: AnalyseTrack, track: Track
) -> None:
    heard = read(await job.analyse_file(track.path, track.file_hash, FULL))
    first = await job.correct(track.file_hash, once(correction="x2"))
    second = await job.correct(track.file_hash, once(correction="x2"))
    assert read(first.analysis) == read(second.analysis)
    await job.correct(track.file_hash, once(downbeat_at=2.0))
    await job.correct(track.file_hash, once(taps=(0.5, 1.0, 1.5, 2.0)))
    assert read(await job.get_stored(track.file_hash))["correction"] == {
        "taps": [0.5, 1.0, 1.5, 2.0],
        "downbeat_at": 2.0,
    }
    assert read((await job.correct(track.file_hash, cleared)).analysis) == heard


async def test_a_correction_of_what_is_not_kept_waits_for_it(job: AnalyseTrack, track: Track) -> None:
    corrected = await job.correct(track.file_hash, once(bpm=60.0))
    assert (corrected.analysis, corrected.hint) == (None, TempoHint(bpm=60.0))
    assert read(await job.analyse_file(track.path, track.file_hash, BASIC))["bpm"] == pytest.approx(60.0, rel=0.02)
    found = read((await job.correct(track.file_hash, cleared)).analysis)
    assert found["bpm"] == pytest.approx(120.0, rel=0.02), "also where it was never analysed without"


async def test_nothing_is_cleared_where_nothing_is_kept(job: AnalyseTrack) -> None:
    for file_hash in ("0" * 64, "A" * 64, "../" * 10):
        with pytest.raises(NotFoundError):
            await job.correct(file_hash, cleared)


async def test_corrections_outlive_analyses_and_the_process(make: Callable[..., AnalyseTrack], track: Track) -> None:
    async with make(cache_expiry_s=0.2) as job:
        await job.analyse_file(track.path, track.file_hash, BASIC)
        assert (await job.correct(track.file_hash, once(correction="x1/2"))).analysis is not None
        await asyncio.sleep(0.3)
        assert await job.get_stored(track.file_hash) is None
    async with make() as job:
        assert read(await job.analyse_file(track.path, track.file_hash, BASIC))["bpm"] == pytest.approx(60.0, rel=0.02)


async def test_a_hint_is_for_one_request(job: AnalyseTrack, track: Track) -> None:
    hinted = await job.analyse_file(track.path, track.file_hash, replace(FULL, hint=TempoHint(bpm_max=80.0)))
    assert read(hinted)["bpm"] == pytest.approx(60.0, rel=0.02)
    assert await job.get_stored(track.file_hash) == replace(hinted, cache_status="hit"), "better than nothing"
    assert read((await job.correct(track.file_hash, once(bpm=120.0))).analysis)["bpm"] == pytest.approx(120.0, rel=0.02)
    await job.correct(track.file_hash, cleared)
    heard = await job.analyse_file(track.path, track.file_hash, BASIC)
    assert read(heard)["correction"] is None
    assert read(await job.get_stored(track.file_hash))["correction"] is None
    again = await job.analyse_file(track.path, track.file_hash, replace(FULL, hint=TempoHint(bpm_max=80.0)))
    assert again.body == hinted.body


async def test_of_many_who_correct_at_once_the_last_is_followed(job: AnalyseTrack, track: Track) -> None:
    await job.analyse_file(track.path, track.file_hash, FULL)
    words = [once(correction=word) for word in ("x2", "x1/2", "3:2", "x2")] * 3
    corrected = await asyncio.gather(*(job.correct(track.file_hash, word) for word in words))
    for one in corrected:
        assert read(one.analysis)["correction"] == one.hint.to_dict()
    assert read(await job.get_stored(track.file_hash))["correction"] == {"correction": "x2"}


async def test_what_other_programs_read_follows_the_correction(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer, published: RedisStore
) -> None:
    def plain() -> Any:
        value = redis_server.command("GET", f"analysis:{track.file_hash}")
        return json.loads(value) if isinstance(value, bytes) else None

    async with make(published=published) as job:
        full = await job.analyse_file(track.path, track.file_hash, FULL)
        corrected = await job.correct(track.file_hash, once(correction="x1/2"))
        assert plain() == read(corrected.analysis) != read(full)
        await job.analyse_file(track.path, track.file_hash, replace(FULL, n_mfcc=20))
        assert plain() == read(corrected.analysis)
        await job.correct(track.file_hash, cleared)
        assert plain() == read(full)


async def test_an_analysis_under_way_does_not_undo_a_correction(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer, published: RedisStore
) -> None:
    async with make(published=published) as job:
        await job.describe()
        asking = asyncio.create_task(job.analyse_file(track.path, track.file_hash, FULL))
        child = await freeze_child()
        assert (await job.correct(track.file_hash, once(correction="x1/2"))).analysis is None
        child.resume()
        assert read(await asking)["correction"] is None, "it was asked for before"
        assert redis_server.command("GET", f"analysis:{track.file_hash}") is None
        found = read(await job.get_stored(track.file_hash))
        assert found["correction"] == {"correction": "x1/2"}
        assert "mfcc" in found, "worked out from what the analysis left"


async def test_what_other_programs_read_is_withdrawn_where_nothing_follows_the_correction(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer, published: RedisStore
) -> None:
    async with make(published=published) as job:
        redis_server.command("SET", f"analysis:{track.file_hash}", '{"bpm": 1}')
        assert (await job.correct(track.file_hash, once(correction="x2"))).analysis is None
        await asyncio.sleep(0.05)
        assert redis_server.command("GET", f"analysis:{track.file_hash}") is None
        assert await job.get_stored(track.file_hash) is None


@pytest.mark.parametrize("rubbish", [b"rubbish", zstandard.compress(b"{}\n")])
async def test_damaged_evidence_is_as_none(job: AnalyseTrack, track: Track, disk: DiskStore, rubbish: bytes) -> None:
    await job.analyse_file(track.path, track.file_hash, BASIC)
    version = (await job.describe()).analyzer_version
    assert await disk.put(f"analysis:{track.file_hash}:retained:{version}", rubbish, ttl_s=60.0, rank=100)
    assert (await job.correct(track.file_hash, once(correction="x2"))).analysis is None
    assert await job.get_stored(track.file_hash) is None
    assert read(await job.analyse_file(track.path, track.file_hash, BASIC))["correction"] == {"correction": "x2"}


async def test_what_cannot_be_kept_for_good_is_refused(
    make: Callable[..., AnalyseTrack], corrections: DiskStore
) -> None:
    async with make() as job:
        await corrections.aclose()
        with pytest.raises(InsufficientStorageError):
            await job.correct("0" * 64, once(correction="x2"))
