"""The job of analysing tracks: each once for all concurrent requests, in bounded child processes, with a cache.

request -> correction -> cache -> analysis in progress -> admission -> child process -> cache -> result
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.options import ANALYSIS_TYPES, PLAIN, AnalysisType, TimelineOptions, TrackOptions
from tactus.errors import NotFoundError, OverloadedError
from tactus.jobs.ports import Fetcher, Store
from tactus.jobs.tracks.admission import Admission
from tactus.jobs.tracks.analysis_cache import AnalysisCache
from tactus.jobs.tracks.analyzer_description import describe_analyzer
from tactus.jobs.tracks.corrections import Correction, Corrections
from tactus.jobs.tracks.limits import TrackLimits
from tactus.jobs.tracks.reanalyse import Reanalysis
from tactus.jobs.tracks.results import CacheStatus, CorrectionResult, EncodedAnalysis
from tactus.jobs.tracks.run import ProgressListener
from tactus.jobs.tracks.shared_download import SharedDownload
from tactus.jobs.tracks.shared_run import SharedRuns
from tactus.logs import log
from tactus.workers.supervisor import Supervisor


class AnalyseTrack:
    """The job of analysing tracks. Use as an async context manager; leaving it cancels what is in progress.

    Args:
        supervisor: Supervisor of the child processes.
        store: Store of the analyses.
        corrections: Store of the corrections, without eviction.
        fetcher: Fetcher of files by URL.
        published: Store where other programs read analyses as plain JSON; None: none.
        limits: Limits of the analyses.
        decode_limits: Limits of the decoder, by the names of `audio.decoding.decode.DecodeLimits`.
        default_options: Parameters of an analysis where a request gives none.
        cache_expiry_s: Time to live of stored analyses [s].
        temporary_folder: Folder for downloads; None: the system's folder for temporary files.
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
        self._fetcher = fetcher
        self._limits = limits or TrackLimits()
        self._default_options = default_options or TrackOptions()
        self._cache = AnalysisCache(store, published, self._default_options, cache_expiry_s)
        self._corrections = Corrections(corrections)
        self._temporary_folder = temporary_folder
        self._admission = Admission(self._limits.n_at_once, self._limits.n_waiting)
        self._reanalysis = Reanalysis(self._cache, self._admission, supervisor, self._limits)
        self._runs = SharedRuns(
            supervisor,
            self._cache,
            self._corrections,
            self._admission,
            limits=self._limits,
            decode_limits={"max_s": self._limits.max_s, **(decode_limits or {})},
        )
        self._downloads: dict[str, SharedDownload] = {}
        self._version = describe_analyzer(self._default_options).analyzer_version

    async def __aenter__(self) -> "AnalyseTrack":
        return self

    async def __aexit__(self, *_: object) -> None:
        downloads = [download.aclose() for download in self._downloads.values()]
        await asyncio.gather(self._runs.aclose(), *downloads)
        await self._cache.aclose()

    def ensure_capacity(self) -> None:
        """Do nothing if one more analysis may be admitted; to be called before a long upload is received.

        Raises:
            OverloadedError: As many analyses run and wait as may.
        """
        self._admission.ensure_capacity()

    async def analyse_file(
        self,
        path: Path,
        file_hash: str,
        options: TrackOptions,
        *,
        cache_result: bool = True,
        on_progress: ProgressListener | None = None,
    ) -> EncodedAnalysis:
        """Analyse a file, which must remain where it is until this returns.

        A correction of the track (see `correct`) takes precedence over the hint of `options`.

        Args:
            path: Path of the file.
            file_hash: SHA-256 of its bytes, hexadecimal.
            options: Parameters of the analysis.
            cache_result: Whether to store the result.
            on_progress: Called with the progress of the analysis.

        Raises:
            TactusError: The file could not be analysed; the error names the reason.
        """
        correction = await self._corrections.get(file_hash)
        options = replace(options, hint=correction.hint.over(options.hint))
        shared = self._runs.find(file_hash, options)
        if shared is None:
            if (body := await self._cache.get(file_hash, options, self._version)) is not None:
                return EncodedAnalysis(body, file_hash, "hit")
            shared = self._runs.find(file_hash, options)  # another request may have started it meanwhile
        is_own = shared is None
        if shared is None:
            shared = self._runs.start(file_hash, options, self._version)
        result = await shared.wait(path, on_progress, cache_result=cache_result)
        status: CacheStatus = "collapsed" if not is_own else "miss" if result.is_stored else "bypass"
        return EncodedAnalysis(result.bodies[options], file_hash, status)

    async def analyse_url(
        self,
        url: str,
        options: TrackOptions,
        *,
        cache_result: bool = True,
        on_progress: ProgressListener | None = None,
    ) -> EncodedAnalysis:
        """Download and analyse a file. Concurrent requests for the same URL share one download.

        Args:
            url: URL of the file, http or https.
            options: Parameters of the analysis.
            cache_result: Whether to store the result.
            on_progress: Called with the progress of the analysis.

        Raises:
            TactusError: The file could not be fetched or analysed; the error names the reason.
        """
        download = self._downloads.get(url)
        if download is None or not download.is_joinable:
            self._admission.ensure_capacity()
            if len(self._downloads) >= self._limits.n_at_once + self._limits.n_waiting:
                raise OverloadedError("Too many files are being fetched; try again later.", retry_after_s=5)
            download = self._downloads[url] = SharedDownload(self._fetcher, url, self._temporary_folder)
        try:
            async with download as file:
                return await self.analyse_file(
                    file.path, file.file_hash, options, cache_result=cache_result, on_progress=on_progress
                )
        finally:
            if self._downloads.get(url) is download and not download.is_joinable:
                del self._downloads[url]

    async def get_stored(
        self, file_hash: str, timelines: TimelineOptions = PLAIN, analysis_type: AnalysisType | None = None
    ) -> EncodedAnalysis | None:
        """Return a stored analysis of a track, or None.

        Args:
            file_hash: SHA-256 of the file, hexadecimal.
            timelines: Format of the values per frame.
            analysis_type: Type of the analysis; None: the most complete that is stored.
        """
        correction = await self._corrections.get(file_hash)
        body = await self._get_stored_body(file_hash, timelines, analysis_type, correction)
        if body is None and timelines == PLAIN and correction.revision > 0:
            await self._reanalysis.get_most_complete(file_hash, self._version, correction)
            body = await self._get_stored_body(file_hash, timelines, analysis_type, correction)
        return None if body is None else EncodedAnalysis(body, file_hash, "hit")

    async def correct(self, file_hash: str, change: Callable[[TempoHint], TempoHint]) -> CorrectionResult:
        """Store a correction of a track's beat without expiry, and compute the analysis that follows it.

        The correction takes precedence over the estimates in every later analysis of these bytes. Where an analysis of
        the track is stored, all fields that depend on beats are computed again from its retained features, without the
        audio.

        Args:
            file_hash: SHA-256 of the file, hexadecimal.
            change: Function from the previous correction to the new one.

        Raises:
            NotFoundError: There is neither a stored analysis nor a correction of such a file.
            InsufficientStorageError: The correction could not be stored.
            OverloadedError: As many analyses run and wait as may; the correction is not changed then.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", file_hash):
            raise NotFoundError("A track's id is the SHA-256 of its bytes: 64 hexadecimal digits.")
        async with self._corrections.lock(file_hash):
            self._admission.ensure_capacity()
            before = await self._corrections.get(file_hash)
            correction = await self._corrections.update(file_hash, change)
            body = await self._reanalysis.get_most_complete(file_hash, self._version, correction, before.hint)
            if body is None:
                if correction.revision == 0:
                    raise NotFoundError("Nothing is stored of this file.")
                await self._cache.unpublish(file_hash, correction)
        log.info("track_corrected", file_hash=file_hash, revision=correction.revision, is_reanalysed=body is not None)
        return CorrectionResult(correction.hint, None if body is None else EncodedAnalysis(body, file_hash, "miss"))

    async def _get_stored_body(
        self,
        file_hash: str,
        timelines: TimelineOptions,
        analysis_type: AnalysisType | None,
        correction: Correction,
    ) -> bytes | None:
        if analysis_type is None and timelines == PLAIN:
            return await self._cache.get_most_complete(file_hash, correction, self._version)
        for kind in (analysis_type,) if analysis_type else reversed(ANALYSIS_TYPES):
            options = replace(self._default_options, analysis_type=kind, timelines=timelines, hint=correction.hint)
            if (body := await self._cache.get(file_hash, options, self._version)) is not None:
                return body
        return None
