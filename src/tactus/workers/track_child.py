"""Child process that analyses a track: decode, analyse, encode."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import zstandard

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.catalogue import INNER_SAMPLE_RATE
from tactus.analysis.options import AnalysisType, TrackOptions
from tactus.analysis.track.beat_dependent import beat_dependent_results
from tactus.analysis.track.result import Analysis, Provenance
from tactus.analysis.track.signal_pass import Block
from tactus.audio.decoding.limits import DecodeLimits
from tactus.errors import ValidationError
from tactus.formats.analysis_json import analysis_fields, analysis_type_of, beat_dependent_fields, encoded, frame_fields
from tactus.formats.retained_features import read_retained, retained_bytes
from tactus.formats.timelines import TooManyValuesError, resampled_timelines
from tactus.workers.file_analysis import analyse_file, provenance
from tactus.workers.messages import Channel
from tactus.workers.timeline_encoding import encode_timelines

PROGRESS_INTERVAL_S = 0.1
"""Shortest time between two progress messages [s]."""

COMPRESSION_LEVEL = 1
"""Compression level of zstd: level 3 takes twice as long and makes bodies no smaller."""


def analyse(
    channel: Channel, path: str, file_hash: str, options: TrackOptions, decode_limits: Mapping[str, Any]
) -> None:
    """Analyse a file and send zstd-compressed results for all options that the requested ones contain.

    Sends "progress" `{done_s, total_s}` (total_s null if unknown) and at last "result" `{parts:
    [{analysis_type, n_bytes}, ...], n_retained_bytes}`, whose body is the parts, concatenated in the order of
    `options.contained`, and then the retained features, zstd-compressed too (0 bytes if too large to be stored).

    Args:
        channel: Channel to the parent.
        path: Path of the file.
        file_hash: SHA-256 of its bytes, hexadecimal.
        options: Options of the analysis.
        decode_limits: Fields of `DecodeLimits`.

    Raises:
        TactusError: The file cannot be decoded, or is beyond the limits.
    """
    analysis, info = analyse_file(Path(path), options, DecodeLimits(**decode_limits), _ProgressReporter(channel).report)
    origin = provenance(file_hash, info)
    bodies = [(part.analysis_type, _encode(analysis, origin, part)) for part in options.contained]
    _send_result(channel, bodies, retained_bytes(analysis.retained) if analysis.retained else None)


def reanalyse(channel: Channel, retained: bytes, stored_bodies: Sequence[bytes], hint: TempoHint) -> None:
    """Update analyses of a track for another beat hint, without its sound, and send "result" as `analyse` does.

    Args:
        channel: Channel to the parent.
        retained: Retained features of the track, zstd-compressed.
        stored_bodies: Analyses of the track as plain JSON, zstd-compressed; results that do not depend on beats are
            copied from them.
        hint: Known tempo and beats.
    """
    plain_retained = _decompress(retained)
    results = beat_dependent_results(read_retained(plain_retained), hint)
    updated = beat_dependent_fields(results, hint)
    bodies = []
    for body in stored_bodies:
        fields = orjson.loads(_decompress(body))
        if results.character is not None or "chords" not in fields:  # else only rhythm features are retained
            merged = {name: updated.get(name, value) for name, value in fields.items()}
            bodies.append((analysis_type_of(fields), encoded(merged)))
    _send_result(channel, bodies, plain_retained)


def _send_result(channel: Channel, bodies: Sequence[tuple[AnalysisType, bytes]], retained: bytes | None) -> None:
    compressor = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL)
    parts = [(kind, compressor.compress(body)) for kind, body in bodies]
    retained_part = compressor.compress(retained) if retained else b""
    descriptions = [{"analysis_type": kind, "n_bytes": len(part)} for kind, part in parts]
    fields = {"parts": descriptions, "n_retained_bytes": len(retained_part)}
    channel.send("result", fields, b"".join((*(part for _, part in parts), retained_part)))


def _decompress(body: bytes) -> bytes:
    """Decompress a body of any length: the memory of this child is limited."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def _encode(analysis: Analysis, provenance: Provenance, options: TrackOptions) -> bytes:
    """Encode an analysis in the file format of `options`, not compressed."""
    timelines = options.timelines
    fields = analysis_fields(analysis, options.analysis_type, provenance)
    if timelines.has_timelines:
        resampled = resampled_timelines(
            analysis.timelines, timelines, beat_times=analysis.rhythm.beat_times, duration_s=analysis.duration_s
        )
        try:
            return encode_timelines(fields, list(resampled), timelines.file_format)
        except TooManyValuesError as error:
            raise ValidationError(
                "These are more values than one answer holds; ask for fewer features or a lower rate.", field="rate"
            ) from error
    if options.analysis_type == "full":
        fields |= frame_fields(analysis.timelines, timelines.precision)
    return encoded(fields)


class _ProgressReporter:
    """Reporter of the progress of a pass over the file to the parent."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._sent_at_s = float("-inf")

    def report(self, blocks: Iterable[Block], total_s: float | None) -> Iterator[Block]:
        """Yield the blocks unchanged, and report the position from time to time.

        Args:
            blocks: Blocks of the pass.
            total_s: Estimated length of the file [s], None if unknown.
        """
        n_samples = 0
        for block in blocks:
            now_s = time.monotonic()
            if now_s - self._sent_at_s >= PROGRESS_INTERVAL_S:
                self._sent_at_s = now_s
                self._send(n_samples, total_s)
            n_samples += block.inner.shape[1]
            yield block
        self._send(n_samples, total_s)

    def _send(self, n_samples: int, total_s: float | None) -> None:
        self._channel.send("progress", {"done_s": round(n_samples / INNER_SAMPLE_RATE, 3), "total_s": total_s})
