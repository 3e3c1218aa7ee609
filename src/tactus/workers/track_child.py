"""What the child process of a track runs: decode, analyse, encode."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import zstandard

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.catalogue import INNER_SAMPLE_RATE, catalogue, grids
from tactus.analysis.feature import CHANNELS
from tactus.analysis.options import AnalysisType, TrackOptions
from tactus.analysis.track.analyzer import Block
from tactus.analysis.track.beat_dependent import beat_dependent_results
from tactus.analysis.track.result import Analysis, Provenance
from tactus.analysis.track.version import analyzer_version
from tactus.audio.decoding.decode import DecodeLimits
from tactus.dsp.grid import Grid
from tactus.errors import ValidationError
from tactus.formats.analysis_json import analysis_fields, analysis_type_of, beat_dependent_fields, encoded, frame_fields
from tactus.formats.retained_features import read_retained, retained_bytes
from tactus.formats.timelines import TooManyValuesError, shaped
from tactus.workers.file_analysis import analyse_file, provenance
from tactus.workers.messages import Channel
from tactus.workers.timeline_encoding import packed

PROGRESS_INTERVAL_S = 0.1
"""Progress is told no more often than this [s]."""

COMPRESSION_LEVEL = 1
"""Of zstd: level 3 takes twice as long and makes bodies no smaller."""


def analyse(
    channel: Channel, path: str, file_hash: str, options: TrackOptions, decode_limits: Mapping[str, Any]
) -> None:
    """Analyse a file and send a zstd-compressed answer for all options that the wanted ones contain.

    Sends "progress" `{done_s, total_s}` (total_s null where the file does not say) and at last "result" `{parts:
    [{analysis_type, n_bytes}, ...], n_retained_bytes}`, whose body is the parts one after another, in the order of
    `options.contained`, and then the evidence, zstd-compressed too (0 bytes where it is too large to be kept).

    Args:
        channel: To the parent.
        path: The file.
        file_hash: SHA-256 of its bytes, hex.
        options: What is wanted.
        decode_limits: `DecodeLimits` as a mapping.

    Raises:
        TactusError: What is wrong with the file.
    """
    analysis, source = analyse_file(Path(path), options, DecodeLimits(**decode_limits), _Progress(channel).of)
    origin = provenance(file_hash, source)
    bodies = [(one.analysis_type, _written(analysis, origin, one)) for one in options.contained]
    _send(channel, bodies, retained_bytes(analysis.retained) if analysis.retained else None)


def reanalyse(channel: Channel, retained: bytes, told: Sequence[bytes], hint: TempoHint) -> None:
    """Make analyses of a track anew for another hint, without the sound, and send "result" as `analyse` does.

    Args:
        channel: To the parent.
        retained: Of the track, zstd-compressed.
        told: Plain analyses of the track as JSON, zstd-compressed; what does not depend on beats is taken from them.
        hint: What is known of the beat.
    """
    plain_retained = _decompressed(retained)
    found = beat_dependent_results(read_retained(plain_retained), hint)
    changed = beat_dependent_fields(found, hint)
    bodies = []
    for body in told:
        fields = orjson.loads(_decompressed(body))
        if found.character is not None or "chords" not in fields:  # else the evidence is of the rhythm alone
            same = {name: changed.get(name, value) for name, value in fields.items()}
            bodies.append((analysis_type_of(fields), encoded(same)))
    _send(channel, bodies, plain_retained)


def describe(channel: Channel, options: TrackOptions) -> None:
    """Send "result" `{analyzer_version, features: [{name, unit, size, meaning, source, grid, ...}]}`."""
    where = grids(Grid(options.sample_rate, options.frame_length, options.hop_length))
    features = [
        {
            "name": about.name,
            "unit": about.unit,
            "size": about.size,
            "meaning": about.meaning,
            "source": about.source,
            "version": about.version,
            "latency_frames": about.latency_frames,
            "grid": about.grid,
            "is_framed": about.grid != CHANNELS,
            **asdict(where[about.grid]),
        }
        for about in (feature.about for feature in catalogue(n_mfcc=options.n_mfcc))
    ]
    channel.send("result", {"analyzer_version": analyzer_version(), "features": features})


def _send(channel: Channel, bodies: Sequence[tuple[AnalysisType, bytes]], retained: bytes | None) -> None:
    compressor = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL)
    parts = [(kind, compressor.compress(body)) for kind, body in bodies]
    kept = compressor.compress(retained) if retained else b""
    described = [{"analysis_type": kind, "n_bytes": len(part)} for kind, part in parts]
    fields = {"parts": described, "n_retained_bytes": len(kept)}
    channel.send("result", fields, b"".join((*(part for _, part in parts), kept)))


def _decompressed(body: bytes) -> bytes:
    """The plain bytes. However many they are, this child's memory is bounded."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def _written(analysis: Analysis, provenance: Provenance, options: TrackOptions) -> bytes:
    """An analysis as `options` want it told, not compressed."""
    timelines = options.timelines
    fields = analysis_fields(analysis, options.analysis_type, provenance)
    if timelines.has_timelines:
        told = shaped(
            analysis.timelines, timelines, beat_times=analysis.rhythm.beat_times, duration_s=analysis.duration_s
        )
        try:
            return packed(fields, list(told), timelines.file_format)
        except TooManyValuesError as error:
            raise ValidationError(
                "These are more values than one answer holds; ask for fewer features or a lower rate.", field="rate"
            ) from error
    if options.analysis_type == "full":
        fields |= frame_fields(analysis.timelines, timelines.precision)
    return encoded(fields)


class _Progress:
    """Tells the parent how far the pass is, now and then."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._told_at_s = float("-inf")

    def of(self, blocks: Iterable[Block], total_s: float | None) -> Iterator[Block]:
        """The blocks; each is reported once the next is asked for."""
        n_samples = 0
        for block in blocks:
            now_s = time.monotonic()
            if now_s - self._told_at_s >= PROGRESS_INTERVAL_S:
                self._told_at_s = now_s
                self._tell(n_samples, total_s)
            n_samples += block.inner.shape[1]
            yield block
        self._tell(n_samples, total_s)

    def _tell(self, n_samples: int, total_s: float | None) -> None:
        self._channel.send("progress", {"done_s": round(n_samples / INNER_SAMPLE_RATE, 3), "total_s": total_s})
