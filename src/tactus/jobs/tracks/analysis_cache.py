"""Analyses that were made before: where they are kept, and which one answers."""

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
from tactus.logs import log

MAX_PLAIN_BYTES = 1 << 26
"""An analysis larger than this is not published as plain JSON [bytes]; all of Redis would wait for it."""

PUBLISH_TIMEOUT_S = 0.2
"""How long an answer waits for its publication [s], which then goes on without it."""

WITHDRAWN_S = 0.001
"""How long the place of what was taken back is held [s]: stores know no other way to let go of a value."""


class AnalysisCache:
    """Analyses by file and parameters, zstd-compressed. Call `aclose` at the end.

    Args:
        store: Where they are kept.
        published: Where other programs read plain JSON; None: nowhere.
        default_options: What an analysis is made with where nothing else is asked for.
        cache_expiry_s: How long they are kept [s].
    """

    def __init__(
        self, store: Store, published: Store | None, default_options: TrackOptions, cache_expiry_s: float
    ) -> None:
        self._store = store
        self._published = published
        self._default_options = default_options
        self._cache_expiry_s = cache_expiry_s
        self._publications: set[asyncio.Task[None]] = set()
        self._one_publication = asyncio.Lock()

    async def get(self, file_hash: str, options: TrackOptions, analyzer_version: str) -> bytes | None:
        """The analysis of a file with these parameters, or None."""
        digest = cache_keys.variant_digest(options, analyzer_version)
        return await self._store.get(cache_keys.variant_key(file_hash, digest))

    async def retained(self, file_hash: str, analyzer_version: str) -> bytes | None:
        """What corrections of a file are worked out from, or None."""
        return await self._store.get(cache_keys.retained_key(file_hash, analyzer_version))

    async def told(self, file_hash: str, hint: TempoHint, analyzer_version: str) -> dict[TrackOptions, bytes]:
        """The plain analyses of a file with a hint and default parameters, from the poorest to the richest."""
        options = [replace(self._default_options, analysis_type=kind, hint=hint) for kind in ANALYSIS_TYPES]
        bodies = await asyncio.gather(*(self.get(file_hash, one, analyzer_version) for one in options))
        return {one: body for one, body in zip(options, bodies, strict=True) if body is not None}

    async def hint_of_richest(self, file_hash: str, hint: TempoHint) -> TempoHint | None:
        """With which hint the richest analysis was made that stands for a file under a correction, or None."""
        pointer = await self._pointer(file_hash, hint)
        return pointer and pointer[1]

    async def extend_ttl(self, file_hash: str, analyzer_version: str, bodies: Mapping[TrackOptions, bytes]) -> None:
        """Keep what is kept already for as long again."""
        for options, body in bodies.items():
            key = cache_keys.variant_key(file_hash, cache_keys.variant_digest(options, analyzer_version))
            await self._store.put(key, body, ttl_s=self._cache_expiry_s)

    async def most_complete(self, file_hash: str, correction: Correction, analyzer_version: str) -> bytes | None:
        """The richest analysis of a file, under a correction of it, as plain JSON, or None."""
        if not re.fullmatch(r"[0-9a-f]{64}", file_hash):
            return None
        digests = [
            cache_keys.variant_digest(
                replace(self._default_options, analysis_type=kind, hint=correction.hint), analyzer_version
            )
            for kind in reversed(ANALYSIS_TYPES)
        ]
        if (pointer := await self._pointer(file_hash, correction.hint)) is not None:
            digests.insert(0, pointer[0])
        for digest_or_default in dict.fromkeys(digests):
            if (body := await self._store.get(cache_keys.variant_key(file_hash, digest_or_default))) is not None:
                return body
        if correction.revision > 0:
            return None  # nobody knows which corrections others have heard of
        if self._published and (plain := await self._published.get(cache_keys.plain_key(file_hash))) is not None:
            return await asyncio.to_thread(zstandard.compress, plain, 3)
        return None

    async def keep(
        self,
        file_hash: str,
        analyzer_version: str,
        bodies: Mapping[TrackOptions, bytes],
        retained: bytes,
        correction: Correction,
    ) -> bool:
        """Keep what one analysis gave, and publish it where its parameters are the default ones.

        Args:
            file_hash: SHA-256 of the file.
            analyzer_version: Who made it.
            bodies: zstd-compressed, for all options that it answers, from the poorest to the richest; the last is what
                was asked for. The richest of plain shape is the one that the file's hash alone stands for, where it
                follows the correction.
            retained: What corrections are worked out from, zstd-compressed; empty where there is none.
            correction: What is said of the track.

        Returns:
            Whether the store has all of the bodies.
        """
        ttl_s = self._cache_expiry_s
        digests = {options: cache_keys.variant_digest(options, analyzer_version) for options in bodies}
        *_, asked = bodies

        async def is_kept(options: TrackOptions) -> bool:
            key = cache_keys.variant_key(file_hash, digests[options])
            if options.shape != asked.shape and await self._store.get(key) is not None:
                return True  # what only came along replaces nothing: who has it already need not get it again
            return await self._store.put(key, bodies[options], ttl_s=ttl_s)

        kept = await asyncio.gather(*map(is_kept, bodies))
        most_complete = [options for options in bodies if options.shape == PLAIN][-1]
        default = replace(self._default_options, analysis_type=most_complete.analysis_type, hint=most_complete.hint)
        is_default = most_complete == default
        rank = cache_keys.rank(most_complete.analysis_type, is_default=is_default)
        if retained:
            key = cache_keys.retained_key(file_hash, analyzer_version)
            richness = cache_keys.rank(most_complete.analysis_type, is_default=False)
            await self._store.put(key, retained, ttl_s=ttl_s, rank=richness)
        if (
            correction.hint.over(most_complete.hint) == most_complete.hint
        ):  # else it was corrected while this was under way
            follows = (
                most_complete.hint == correction.hint
            )  # else somebody knew more, for this once: better than nothing
            pointer = b" ".join((digests[most_complete].encode(), orjson.dumps(most_complete.hint.to_dict())))
            pointer_rank = rank if follows else cache_keys.rank_of_passing_hint(rank)
            await self._store.put(
                cache_keys.richest_key(file_hash, correction.hint), pointer, ttl_s=ttl_s, rank=pointer_rank
            )
            if is_default and follows:
                await self._publish(
                    file_hash, bodies[most_complete], cache_keys.published_rank(rank, correction.revision)
                )
        return all(kept)

    async def unpublish(self, file_hash: str, correction: Correction) -> None:
        """Take back what other programs read, where a correction has made it wrong and nothing right is at hand."""
        if self._published:
            rank = cache_keys.published_rank(0, correction.revision)
            await self._published.put(cache_keys.plain_key(file_hash), b"null", ttl_s=WITHDRAWN_S, rank=rank)

    async def _pointer(self, file_hash: str, hint: TempoHint) -> tuple[str, TempoHint] | None:
        """Digest and hint of the richest variant under a correction."""
        pointer = await self._store.get(cache_keys.richest_key(file_hash, hint))
        if pointer is None:
            return None
        digest, _, told = pointer.partition(b" ")
        try:
            return digest.decode(), hint_from(orjson.loads(told))
        except ValueError:
            return None

    async def aclose(self) -> None:
        """Give up what is still being published."""
        publications = tuple(self._publications)
        for publication in publications:
            publication.cancel()
        await asyncio.gather(*publications, return_exceptions=True)

    async def _publish(self, file_hash: str, body: bytes, rank: int) -> None:
        if self._published:
            publication = asyncio.create_task(self._published_plain(self._published, file_hash, body, rank))
            self._publications.add(publication)
            publication.add_done_callback(self._publications.discard)
            await asyncio.wait({publication}, timeout=PUBLISH_TIMEOUT_S)

    async def _published_plain(self, published: Store, file_hash: str, body: bytes, rank: int) -> None:
        async with self._one_publication:  # plain JSON is some ten times as large, so only one is held at a time
            plain = await asyncio.to_thread(_decompressed, body)
            if plain is None:
                log.warning("analysis_not_published", file_hash=file_hash, reason="it is too large or damaged")
            else:
                await published.put(cache_keys.plain_key(file_hash), plain, ttl_s=self._cache_expiry_s, rank=rank)


def _decompressed(body: bytes) -> bytes | None:
    """The plain bytes, or None where they are too many or none: what children send is not trusted."""
    try:
        plain = zstandard.ZstdDecompressor().stream_reader(body).read(MAX_PLAIN_BYTES + 1)
    except zstandard.ZstdError:
        return None
    return plain if len(plain) <= MAX_PLAIN_BYTES else None
