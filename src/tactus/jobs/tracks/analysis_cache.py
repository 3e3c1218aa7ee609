"""Cache of analyses: variants by parameters, the most complete one by file, and plain JSON for other programs."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace

import orjson
import zstandard

from tactus.analysis.beat_hint import TempoHint, hint_from
from tactus.analysis.options import ANALYSIS_TYPES, PLAIN, TrackOptions
from tactus.jobs.ports import Store
from tactus.jobs.tracks import cache_keys
from tactus.jobs.tracks.corrections import Correction
from tactus.jobs.tracks.plain_json import PlainJson


class AnalysisCache:
    """Analyses by file and parameters, zstd-compressed. Call `aclose` at the end.

    Args:
        store: Store of the analyses.
        published: Store where other programs read plain JSON; None: none.
        default_options: Parameters of an analysis where a request gives none.
        cache_expiry_s: Time to live of the analyses [s].
    """

    def __init__(
        self, store: Store, published: Store | None, default_options: TrackOptions, cache_expiry_s: float
    ) -> None:
        self._store = store
        self._default_options = default_options
        self._cache_expiry_s = cache_expiry_s
        self._plain_json = PlainJson(published, cache_expiry_s)

    async def get(self, file_hash: str, options: TrackOptions, analyzer_version: str) -> bytes | None:
        """Read the analysis of a file with these parameters, or None."""
        digest = cache_keys.variant_digest(options, analyzer_version)
        return await self._store.get(cache_keys.variant_key(file_hash, digest))

    async def get_retained(self, file_hash: str, analyzer_version: str) -> bytes | None:
        """Read the retained features of a file, zstd-compressed, or None."""
        return await self._store.get(cache_keys.retained_key(file_hash, analyzer_version))

    async def get_plain_bodies(
        self, file_hash: str, hint: TempoHint, analyzer_version: str
    ) -> dict[TrackOptions, bytes]:
        """Read the plain analyses of a file with a hint and default parameters; the most complete is the last."""
        options = [replace(self._default_options, analysis_type=kind, hint=hint) for kind in ANALYSIS_TYPES]
        bodies = await asyncio.gather(*(self.get(file_hash, variant, analyzer_version) for variant in options))
        return {variant: body for variant, body in zip(options, bodies, strict=True) if body is not None}

    async def get_hint_of_most_complete(self, file_hash: str, hint: TempoHint) -> TempoHint | None:
        """Read the hint that the most complete analysis under a correction was made with, or None."""
        pointer = await self._get_pointer(file_hash, hint)
        return pointer and pointer[1]

    async def extend_ttl(self, file_hash: str, analyzer_version: str, bodies: Mapping[TrackOptions, bytes]) -> None:
        """Renew the time to live of stored analyses."""
        for options, body in bodies.items():
            key = cache_keys.variant_key(file_hash, cache_keys.variant_digest(options, analyzer_version))
            await self._store.put(key, body, ttl_s=self._cache_expiry_s)

    async def get_most_complete(self, file_hash: str, correction: Correction, analyzer_version: str) -> bytes | None:
        """Read the most complete plain analysis of a file under its correction, or None."""
        if not re.fullmatch(r"[0-9a-f]{64}", file_hash):
            return None
        digests = [
            cache_keys.variant_digest(
                replace(self._default_options, analysis_type=kind, hint=correction.hint), analyzer_version
            )
            for kind in reversed(ANALYSIS_TYPES)
        ]
        if (pointer := await self._get_pointer(file_hash, correction.hint)) is not None:
            digests.insert(0, pointer[0])
        for digest in dict.fromkeys(digests):
            if (body := await self._store.get(cache_keys.variant_key(file_hash, digest))) is not None:
                return body
        if correction.revision > 0:
            return None  # the plain JSON may come from a service that has another correction
        if (plain := await self._plain_json.get(file_hash)) is not None:
            return await asyncio.to_thread(zstandard.compress, plain, 3)
        return None

    async def put(
        self,
        file_hash: str,
        analyzer_version: str,
        bodies: Mapping[TrackOptions, bytes],
        retained: bytes,
        correction: Correction,
    ) -> bool:
        """Store the results of one analysis, and publish it where its parameters are the default ones.

        Args:
            file_hash: SHA-256 of the file, hexadecimal.
            analyzer_version: Version of the analyzer that made it.
            bodies: zstd-compressed, for all options that it satisfies; the most complete is the last, and that of the
                request. `GET /analysis/{file_hash}` returns the most complete plain one, if it follows the correction.
            retained: Retained features, zstd-compressed; empty where there are none.
            correction: The correction of the track.

        Returns:
            Whether the store has all of the bodies.
        """
        digests = {options: cache_keys.variant_digest(options, analyzer_version) for options in bodies}
        *_, requested = bodies

        async def put_variant(options: TrackOptions) -> bool:
            key = cache_keys.variant_key(file_hash, digests[options])
            if options.timelines != requested.timelines and await self._store.get(key) is not None:
                return True  # secondary results never overwrite a stored one: clients would download it again
            return await self._store.put(key, bodies[options], ttl_s=self._cache_expiry_s)

        are_stored = await asyncio.gather(*map(put_variant, bodies))
        most_complete = [options for options in bodies if options.timelines == PLAIN][-1]
        if retained:
            key = cache_keys.retained_key(file_hash, analyzer_version)
            rank = cache_keys.rank(most_complete.analysis_type, is_default=False)
            await self._store.put(key, retained, ttl_s=self._cache_expiry_s, rank=rank)
        if correction.hint.over(most_complete.hint) == most_complete.hint:  # else corrected during the analysis
            await self._point_to(file_hash, most_complete, digests[most_complete], bodies[most_complete], correction)
        return all(are_stored)

    async def unpublish(self, file_hash: str, correction: Correction) -> None:
        """Remove the plain JSON of other programs where no analysis is stored that follows the correction."""
        await self._plain_json.remove(file_hash, cache_keys.published_rank(0, correction.revision))

    async def aclose(self) -> None:
        """Cancel what is still being published."""
        await self._plain_json.aclose()

    async def _point_to(
        self, file_hash: str, options: TrackOptions, digest: str, body: bytes, correction: Correction
    ) -> None:
        """Store a variant as the most complete one, unless a higher rank is stored; publish it if it is the default."""
        default = replace(self._default_options, analysis_type=options.analysis_type, hint=options.hint)
        is_default = options == default
        rank = cache_keys.rank(options.analysis_type, is_default=is_default)
        # With a further hint of a single request it is better than nothing, but ranks below all others.
        follows_correction_only = options.hint == correction.hint
        pointer = b" ".join((digest.encode(), orjson.dumps(options.hint.to_dict())))
        await self._store.put(
            cache_keys.most_complete_key(file_hash, correction.hint),
            pointer,
            ttl_s=self._cache_expiry_s,
            rank=rank if follows_correction_only else cache_keys.rank_of_request_hint(rank),
        )
        if is_default and follows_correction_only:
            await self._plain_json.publish(file_hash, body, cache_keys.published_rank(rank, correction.revision))

    async def _get_pointer(self, file_hash: str, hint: TempoHint) -> tuple[str, TempoHint] | None:
        """Read digest and hint of the most complete variant under a correction."""
        pointer = await self._store.get(cache_keys.most_complete_key(file_hash, hint))
        if pointer is None:
            return None
        digest, _, hint_json = pointer.partition(b" ")
        try:
            return digest.decode(), hint_from(orjson.loads(hint_json))
        except ValueError:
            return None
