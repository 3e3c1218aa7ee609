"""Analyses tracks: once however often they are asked for, in bounded children, and keeps what comes out.

asked -> corrected? -> in the store? -> under way already? -> room? -> child -> kept -> answered
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.options import ANALYSIS_TYPES, PLAIN, AnalysisType, TimelineOptions, TrackOptions
from tactus.errors import (
    DecoderCrashedError,
    InternalError,
    NotFoundError,
    OverloadedError,
    ShuttingDownError,
    ValidationError,
)
from tactus.jobs.ports import Fetcher, Store
from tactus.jobs.tracks.admission import Admission
from tactus.jobs.tracks.analysis_cache import AnalysisCache
from tactus.jobs.tracks.corrections import Correction, Corrections
from tactus.jobs.tracks.reanalyse import Recomposition
from tactus.jobs.tracks.run import ProgressListener, TrackLimits, TrackRun
from tactus.jobs.tracks.shared_download import SharedDownload
from tactus.jobs.tracks.single_flight import SingleFlight
from tactus.logs import log
from tactus.workers.child import ChildLimits
from tactus.workers.supervisor import ChildCrashedError, Supervisor

DESCRIBE = "tactus.workers.track_child:describe"
DESCRIBE_LIMITS = ChildLimits(memory_bytes=1 << 30, cpu_s=60.0)

N_QUARANTINED = 1000
"""How many files are remembered to have crashed their decoder."""

CacheStatus = Literal["hit", "collapsed", "miss", "bypass"]
"""Where an answer comes from, in the words of RFC 9211: the store; an analysis that somebody else had asked for at the
same time; an analysis made for it and kept; an analysis made for it and not kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An analysis as it is sent.

    Args:
        body: zstd-compressed; what it holds, the options' form says.
        file_hash: SHA-256 of the file.
        cache_status: Where it comes from.
    """

    body: bytes
    file_hash: str
    cache_status: CacheStatus


@dataclass(frozen=True, slots=True)
class Corrected:
    """What follows from a correction.

    Args:
        hint: What is known of the track's beat from now on.
        answer: The richest plain analysis that follows it; None where nothing is kept that it could be made of.
    """

    hint: TempoHint
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Description:
    """What the analyzer says of itself.

    Args:
        analyzer_version: Changes with every feature and estimator.
        fields: All that it said: `features`, ...
    """

    analyzer_version: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Result:
    bodies: Mapping[TrackOptions, bytes]
    is_kept: bool


@dataclass(slots=True)
class _Work:
    run: TrackRun
    flight: SingleFlight[_Result]
    is_wanted_kept: bool = False


class AnalyseTrack:
    """The job of analysing a track. Use as an async context manager; leaving it ends what is under way.

    Args:
        supervisor: Who makes children.
        store: Where analyses are kept.
        corrections: Where corrections of tracks are kept; it forgets nothing.
        fetcher: Who gets files from elsewhere.
        published: Where other programs read plain JSON; None: nowhere.
        limits: What analyses may use.
        decode_limits: What a file may ask of its decoder, by the names of `audio.decode.DecodeLimits`.
        default_options: What an analysis is made with where nothing else is asked for.
        cache_expiry_s: How long analyses are kept [s].
        temporary_folder: Where downloads lie; None: the system's.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        store: Store,
        corrections: Store,
        fetcher: Fetcher,
        *,
        published: Store | None = None,
        limits: TrackLimits | None = None,
        decode_limits: Mapping[str, float] | None = None,
        default_options: TrackOptions | None = None,
        cache_expiry_s: float = 3600.0,
        temporary_folder: Path | None = None,
    ) -> None:
        self._supervisor = supervisor
        self._fetcher = fetcher
        self._limits = limits or TrackLimits()
        self._decode_limits = {"max_s": self._limits.max_s, **(decode_limits or {})}
        self._default_options = default_options or TrackOptions()
        self._kept = AnalysisCache(store, published, self._default_options, cache_expiry_s)
        self._corrections = Corrections(corrections)
        self._temporary_folder = temporary_folder
        self._room = Admission(self._limits.n_at_once, self._limits.n_waiting)
        self._recomposition = Recomposition(self._kept, self._room, supervisor, self._limits)
        self._works: dict[tuple[str, TrackOptions], _Work] = {}
        self._is_closed = False
        self._downloads: dict[str, SharedDownload] = {}
        self._quarantined_until_s: dict[str, float] = {}
        self._description: SingleFlight[Description] | Description | None = None

    async def __aenter__(self) -> "AnalyseTrack":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closed = True
        ends = [work.flight.aclose() for work in self._works.values()]
        ends += [download.aclose() for download in self._downloads.values()]
        if isinstance(self._description, SingleFlight):
            ends.append(self._description.aclose())
        await asyncio.gather(*ends)
        await self._kept.aclose()

    async def describe(self) -> Description:
        """What the analyzer says of itself; asked of a child once."""
        if isinstance(self._description, Description):
            return self._description
        if self._description is None or not self._description.is_open:
            self._description = SingleFlight(self._describe(), on_end=lambda: None)
        description = await self._description.wait()
        self._description = description
        return description

    def ensure_room(self) -> None:
        """Nothing, where one more analysis may come; to be asked before a long upload is received.

        Raises:
            OverloadedError: As many run and wait as may.
        """
        self._room.ensure_room()

    async def from_file(
        self,
        path: Path,
        file_hash: str,
        options: TrackOptions,
        *,
        cache_result: bool = True,
        on_progress: ProgressListener | None = None,
    ) -> Answer:
        """The analysis of a file, which has to stay where it is until this returns.

        What has been said of the track goes before what is asked for: see `correct`.

        Args:
            path: Where it lies.
            file_hash: SHA-256 of its bytes, hexadecimal.
            options: What is wanted.
            cache_result: Whether to keep it.
            on_progress: Is told how far the analysis is.

        Raises:
            TactusError: Why there is none.
        """
        version = (await self.describe()).analyzer_version
        correction = await self._corrections.of(file_hash)
        options = replace(options, hint=correction.hint.over(options.hint))
        work = self._under_way(file_hash, options)
        if work is None:
            if (body := await self._kept.get(file_hash, options, version)) is not None:
                return Answer(body, file_hash, "hit")
            work = self._under_way(file_hash, options)
        is_ours = work is None
        if work is None:
            self._refuse_quarantined(file_hash)
            work = self._begun(file_hash, options, version)
        work.is_wanted_kept |= cache_result
        with work.run.attended(path, on_progress):
            result = await work.flight.wait()
        status: CacheStatus = "collapsed" if not is_ours else "miss" if result.is_kept else "bypass"
        return Answer(result.bodies[options], file_hash, status)

    async def from_url(
        self,
        url: str,
        options: TrackOptions,
        *,
        cache_result: bool = True,
        on_progress: ProgressListener | None = None,
    ) -> Answer:
        """The analysis of a file from elsewhere. Those who ask for the same address at the same time share a download.

        Raises:
            TactusError: Why there is none.
        """
        download = self._downloads.get(url)
        if download is None or not download.is_joinable:
            self._room.ensure_room()
            if len(self._downloads) >= self._limits.n_at_once + self._limits.n_waiting:
                raise OverloadedError("Too many files are being fetched; try again later.", retry_after_s=5)
            download = self._downloads[url] = SharedDownload(self._fetcher, url, self._temporary_folder)
        try:
            async with download as file:
                return await self.from_file(
                    file.path, file.file_hash, options, cache_result=cache_result, on_progress=on_progress
                )
        finally:
            if self._downloads.get(url) is download and not download.is_joinable:
                del self._downloads[url]

    async def ensure_features(self, names: Iterable[str]) -> None:
        """Nothing, where the catalogue has every feature that is named; to be asked before a file is received.

        Raises:
            ValidationError: It does not.
        """
        known = [feature["name"] for feature in (await self.describe()).fields["features"]]
        unknown = sorted(set(names) - set(known))
        if unknown:
            message = f"There is no feature {unknown[0][:50]!r}; there are {', '.join(known)}."
            raise ValidationError(f"features: {message}", errors=[{"field": "features", "message": message}])

    async def stored(
        self, file_hash: str, timelines: TimelineOptions = PLAIN, analysis_type: AnalysisType | None = None
    ) -> Answer | None:
        """What is kept of a track, or None.

        Args:
            file_hash: SHA-256 of the file.
            timelines: How values per frame are told.
            analysis_type: How much is wanted; None: the richest that is kept.
        """
        version = (await self.describe()).analyzer_version
        correction = await self._corrections.of(file_hash)
        body = await self._stored_body(file_hash, timelines, analysis_type, correction, version)
        if body is None and timelines == PLAIN and correction.revision > 0:
            await self._recomposition.most_complete(file_hash, version, correction)
            body = await self._stored_body(file_hash, timelines, analysis_type, correction, version)
        return None if body is None else Answer(body, file_hash, "hit")

    async def _stored_body(
        self,
        file_hash: str,
        timelines: TimelineOptions,
        analysis_type: AnalysisType | None,
        correction: Correction,
        version: str,
    ) -> bytes | None:
        if analysis_type is None and timelines == PLAIN:
            return await self._kept.most_complete(file_hash, correction, version)
        for kind in (analysis_type,) if analysis_type else reversed(ANALYSIS_TYPES):
            options = replace(self._default_options, analysis_type=kind, timelines=timelines, hint=correction.hint)
            if (body := await self._kept.get(file_hash, options, version)) is not None:
                return body
        return None

    async def correct(self, file_hash: str, changed: Callable[[TempoHint], TempoHint]) -> Corrected:
        """Keep what somebody says of a track's beat, for good, and work out what follows from it.

        It goes before what is heard in every later analysis of these bytes. Where an analysis of the track is kept, all
        that depends on beats is made anew from its evidence, without the sound.

        Args:
            file_hash: SHA-256 of the file.
            changed: What was said before, changed.

        Raises:
            NotFoundError: Nothing is kept of such a file, and nothing was said.
            InsufficientStorageError: It could not be kept.
            OverloadedError: As many analyses run and wait as may; nothing is changed then.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", file_hash):
            raise NotFoundError("A track's id is the SHA-256 of its bytes: 64 hexadecimal digits.")
        version = (await self.describe()).analyzer_version
        async with self._corrections.changing(file_hash):
            self._room.ensure_room()
            before = await self._corrections.of(file_hash)
            correction = await self._corrections.change(file_hash, changed)
            body = await self._recomposition.most_complete(file_hash, version, correction, before.hint)
            if body is None:
                if correction.revision == 0:
                    raise NotFoundError("Nothing is kept of this file.")
                await self._kept.unpublish(file_hash, correction)
        log.info("track_corrected", file_hash=file_hash, revision=correction.revision, is_recomposed=body is not None)
        return Corrected(correction.hint, None if body is None else Answer(body, file_hash, "miss"))

    async def _describe(self) -> Description:
        for _ in range(2):
            try:
                message = await self._supervisor.call(DESCRIBE, self._default_options, limits=DESCRIBE_LIMITS)
                return Description(message.fields["analyzer_version"], message.fields)
            except ChildCrashedError as crash:
                log.error("analyzer_not_described", exit_code=crash.exit_code)
        raise InternalError("The analyzer could not be started.")

    def _under_way(self, file_hash: str, options: TrackOptions) -> _Work | None:
        """An analysis of the same file that contains what is wanted."""
        for (of_file, running), work in self._works.items():
            if of_file == file_hash and options in running.contained and work.flight.is_open:
                return work
        return None

    def _begun(self, file_hash: str, options: TrackOptions, version: str) -> _Work:
        if self._is_closed:
            raise ShuttingDownError  # who was still asking the stores when the others were ended
        self._room.enter()
        run = TrackRun(file_hash, options, self._decode_limits, self._limits, self._supervisor)

        def forget() -> None:
            self._room.leave()
            if self._works.get((file_hash, options)) is work:
                del self._works[file_hash, options]

        work = _Work(run, SingleFlight(self._analysed(file_hash, options, version, run), forget))
        self._works[file_hash, options] = work
        return work

    async def _analysed(self, file_hash: str, options: TrackOptions, version: str, run: TrackRun) -> _Result:
        work = self._works[file_hash, options]
        async with self._room.slot():
            began_s = time.monotonic()
            try:
                made = await run.made()
            except DecoderCrashedError:
                self._quarantine(file_hash)
                raise
            took_s = round(time.monotonic() - began_s, 3)
        correction = await self._corrections.of(file_hash)  # as it is by now: somebody may have corrected it meanwhile
        is_kept = work.is_wanted_kept and await self._kept.keep(
            file_hash, version, made.bodies, made.retained, correction
        )
        log.info("track_analysed", file_hash=file_hash, type=options.analysis_type, took_s=took_s, is_kept=is_kept)
        return _Result(made.bodies, is_kept)

    def _refuse_quarantined(self, file_hash: str) -> None:
        left_s = self._quarantined_until_s.get(file_hash, 0.0) - time.monotonic()
        if left_s > 0.0:
            raise DecoderCrashedError(
                f"Reading this file crashed the decoder twice; it is tried again in {left_s:.0f} s at the earliest."
            )
        self._quarantined_until_s.pop(file_hash, None)

    def _quarantine(self, file_hash: str) -> None:
        while len(self._quarantined_until_s) >= N_QUARANTINED:
            del self._quarantined_until_s[next(iter(self._quarantined_until_s))]
        self._quarantined_until_s[file_hash] = time.monotonic() + self._limits.quarantine_s
