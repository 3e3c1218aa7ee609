"""Corrections: all beat-dependent fields follow them, in every later analysis of the track."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import zstandard

from tactus.analysis.beat_hint import NO_HINT, TempoHint
from tactus.analysis.options import TimelineOptions
from tactus.analysis.track.version import analyzer_version
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
    """A correction with these fields, as a function of the previous one."""
    return lambda before: TempoHint(**values).over(before)


def cleared(_: TempoHint) -> TempoHint:
    return NO_HINT


async def test_a_correction_changes_exactly_the_beat_dependent_fields(job: AnalyseTrack, track: Track) -> None:
    estimated = read(await job.analyse_file(track.path, track.file_hash, FULL))
    corrected = await job.correct(track.file_hash, once(correction="x1/2"))
    found = read(corrected.analysis)
    assert found.keys() == estimated.keys()
    assert found["bpm"] == pytest.approx(estimated["bpm"] / 2, rel=0.01)
    assert found["correction"] == {"correction": "x1/2"}
    changed = {name for name in estimated if found[name] != estimated[name]}
    assert changed >= {"bpm", "tempo", "beat_times", "downbeat_times", "energy", "valence", "correction"}
    assert not changed & {"onset_times", "key", "loudness", "mfcc", "waveform", "segments", "duration", "file_hash"}


async def test_a_correction_applies_to_files_urls_and_timelines(
    job: AnalyseTrack, track: Track, file_server: FileServer
) -> None:
    estimated = read(await job.analyse_file(track.path, track.file_hash, BASIC))
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
        assert found["bpm"] == pytest.approx(estimated["bpm"] / 2, rel=0.01)


async def test_reanalysis_equals_an_analysis_of_the_sound(make: Callable[..., AnalyseTrack], track: Track) -> None:
    async with make() as job:
        await job.analyse_file(track.path, track.file_hash, FULL)
        without = read((await job.correct(track.file_hash, once(bpm=60.0))).analysis)
        with_it = read(await job.analyse_file(track.path, track.file_hash, replace(FULL, n_mfcc=14)))
    differing = {name for name in without if without[name] != with_it[name]}
    assert differing <= {"analysis_timestamp", "mfcc"}


async def test_a_repeated_correction_changes_nothing_and_clearing_restores_the_estimates(
    job: AnalyseTrack, track: Track
) -> None:
    estimated = read(await job.analyse_file(track.path, track.file_hash, FULL))
    first = await job.correct(track.file_hash, once(correction="x2"))
    second = await job.correct(track.file_hash, once(correction="x2"))
    assert read(first.analysis) == read(second.analysis)
    await job.correct(track.file_hash, once(downbeat_at=2.0))
    await job.correct(track.file_hash, once(taps=(0.5, 1.0, 1.5, 2.0)))
    assert read(await job.get_stored(track.file_hash))["correction"] == {
        "taps": [0.5, 1.0, 1.5, 2.0],
        "downbeat_at": 2.0,
    }
    assert read((await job.correct(track.file_hash, cleared)).analysis) == estimated


async def test_a_correction_without_a_stored_analysis_applies_to_the_next_one(job: AnalyseTrack, track: Track) -> None:
    corrected = await job.correct(track.file_hash, once(bpm=60.0))
    assert (corrected.analysis, corrected.hint) == (None, TempoHint(bpm=60.0))
    assert read(await job.analyse_file(track.path, track.file_hash, BASIC))["bpm"] == pytest.approx(60.0, rel=0.02)
    found = read((await job.correct(track.file_hash, cleared)).analysis)
    assert found["bpm"] == pytest.approx(120.0, rel=0.02), "also where it was never analysed without"


async def test_clearing_an_unknown_track_is_not_found(job: AnalyseTrack) -> None:
    for file_hash in ("0" * 64, "A" * 64, "../" * 10):
        with pytest.raises(NotFoundError):
            await job.correct(file_hash, cleared)


async def test_corrections_outlive_stored_analyses_and_the_process(
    make: Callable[..., AnalyseTrack], track: Track
) -> None:
    async with make(cache_expiry_s=0.2) as job:
        await job.analyse_file(track.path, track.file_hash, BASIC)
        assert (await job.correct(track.file_hash, once(correction="x1/2"))).analysis is not None
        await asyncio.sleep(0.3)
        assert await job.get_stored(track.file_hash) is None
    async with make() as job:
        assert read(await job.analyse_file(track.path, track.file_hash, BASIC))["bpm"] == pytest.approx(60.0, rel=0.02)


async def test_a_hint_applies_to_one_request(job: AnalyseTrack, track: Track) -> None:
    hinted = await job.analyse_file(track.path, track.file_hash, replace(FULL, hint=TempoHint(bpm_max=80.0)))
    assert read(hinted)["bpm"] == pytest.approx(60.0, rel=0.02)
    assert await job.get_stored(track.file_hash) == replace(hinted, cache_status="hit"), "better than nothing"
    assert read((await job.correct(track.file_hash, once(bpm=120.0))).analysis)["bpm"] == pytest.approx(120.0, rel=0.02)
    await job.correct(track.file_hash, cleared)
    estimated = await job.analyse_file(track.path, track.file_hash, BASIC)
    assert read(estimated)["correction"] is None
    assert read(await job.get_stored(track.file_hash))["correction"] is None
    again = await job.analyse_file(track.path, track.file_hash, replace(FULL, hint=TempoHint(bpm_max=80.0)))
    assert again.body == hinted.body


async def test_the_last_of_concurrent_corrections_applies(job: AnalyseTrack, track: Track) -> None:
    await job.analyse_file(track.path, track.file_hash, FULL)
    words = [once(correction=word) for word in ("x2", "x1/2", "3:2", "x2")] * 3
    corrected = await asyncio.gather(*(job.correct(track.file_hash, word) for word in words))
    for one in corrected:
        assert read(one.analysis)["correction"] == one.hint.to_dict()
    assert read(await job.get_stored(track.file_hash))["correction"] == {"correction": "x2"}


async def test_published_json_follows_the_correction(
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


async def test_a_running_analysis_does_not_undo_a_correction(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer, published: RedisStore
) -> None:
    async with make(published=published) as job:
        asking = asyncio.create_task(job.analyse_file(track.path, track.file_hash, FULL))
        child = await freeze_child()
        assert (await job.correct(track.file_hash, once(correction="x1/2"))).analysis is None
        child.resume()
        assert read(await asking)["correction"] is None, "requested before the correction"
        assert redis_server.command("GET", f"analysis:{track.file_hash}") is None
        found = read(await job.get_stored(track.file_hash))
        assert found["correction"] == {"correction": "x1/2"}
        assert "mfcc" in found, "worked out from what the analysis left"


async def test_published_json_is_removed_if_no_analysis_follows_the_correction(
    make: Callable[..., AnalyseTrack], track: Track, redis_server: RedisServer, published: RedisStore
) -> None:
    async with make(published=published) as job:
        redis_server.command("SET", f"analysis:{track.file_hash}", '{"bpm": 1}')
        assert (await job.correct(track.file_hash, once(correction="x2"))).analysis is None
        await asyncio.sleep(0.05)
        assert redis_server.command("GET", f"analysis:{track.file_hash}") is None
        assert await job.get_stored(track.file_hash) is None


@pytest.mark.parametrize("rubbish", [b"rubbish", zstandard.compress(b"{}\n")])
async def test_damaged_retained_features_are_ignored(
    job: AnalyseTrack, track: Track, disk: DiskStore, rubbish: bytes
) -> None:
    await job.analyse_file(track.path, track.file_hash, BASIC)
    version = analyzer_version()
    assert await disk.put(f"analysis:{track.file_hash}:retained:{version}", rubbish, ttl_s=60.0, rank=100)
    assert (await job.correct(track.file_hash, once(correction="x2"))).analysis is None
    assert await job.get_stored(track.file_hash) is None
    assert read(await job.analyse_file(track.path, track.file_hash, BASIC))["correction"] == {"correction": "x2"}


async def test_a_correction_that_cannot_be_stored_is_refused(
    make: Callable[..., AnalyseTrack], corrections: DiskStore
) -> None:
    async with make() as job:
        await corrections.aclose()
        with pytest.raises(InsufficientStorageError):
            await job.correct("0" * 64, once(correction="x2"))
