"""Decoding and analysis of a media file in the calling process, for child processes and the Python API."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tactus.analysis.catalogue import INNER_SAMPLE_RATE
from tactus.analysis.options import TrackOptions
from tactus.analysis.track.analyzer import NoSamplesError, TrackAnalyzer
from tactus.analysis.track.result import Analysis, Provenance
from tactus.analysis.track.signal_pass import Block
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.decoding.media_info import MediaInfo
from tactus.audio.decoding.resample import Resampler
from tactus.audio.decoding.sound import Sound
from tactus.dsp.arrays import Floats
from tactus.errors import EmptyAudioError
from tactus.workers.model_files import network_weights

BlockWatcher = Callable[[Iterator[Block], float | None], Iterator[Block]]
"""Iterator that yields the blocks of another unchanged, to observe progress; its second argument is the estimated
length of the file [s], None if unknown."""


def analyse_file(
    path: Path, options: TrackOptions, limits: DecodeLimits, watch: BlockWatcher = lambda blocks, _: blocks
) -> tuple[Analysis, MediaInfo]:
    """Decode a file and analyse it.

    Args:
        path: The file.
        options: What to compute.
        limits: Limits on length, sample rate and channels.
        watch: Observer of the blocks of each pass over the file, to report progress.

    Returns:
        The analysis, the warnings of the decoder included, and the description of the file.

    Raises:
        OSError: The file cannot be opened.
        TactusError: It cannot be decoded, or is beyond the limits.
    """
    sounds: list[Sound] = []

    def blocks() -> Iterator[Block]:
        with open_sound(path, limits, INNER_SAMPLE_RATE) as sound:
            sounds.append(sound)
            yield from watch(at_both_rates(sound.blocks(), options.sample_rate), sound.info.duration_s)

    try:
        analysis = TrackAnalyzer(options, network_weights()).analysis(blocks)
    except NoSamplesError as error:
        raise EmptyAudioError from error
    return with_warnings(analysis, sounds[-1].warnings), sounds[-1].info


def with_warnings(analysis: Analysis, warnings: Iterable[str]) -> Analysis:
    """The analysis with the warnings of the decoder before its own, each once."""
    return replace(analysis, warnings=(*dict.fromkeys((*warnings, *analysis.warnings)),))


def at_both_rates(blocks: Iterable[Floats], output_rate: int) -> Iterator[Block]:
    """Blocks at 44.1 kHz, `[n_channels, n]`, together with the same sound at the rate of the output grid [Hz]."""
    if output_rate == INNER_SAMPLE_RATE:
        for block in blocks:
            yield Block(block, block)
        return
    resampler: Resampler | None = None
    for block in blocks:
        resampler = resampler or Resampler(INNER_SAMPLE_RATE, output_rate, len(block))
        yield Block(block, resampler.step(block))
    if resampler is not None:
        rest = resampler.finish()
        yield Block(rest[:, :0], rest)


def provenance(file_hash: str, info: MediaInfo) -> Provenance:
    """Provenance of an analysis that is made now.

    Args:
        file_hash: SHA-256 of the bytes of the file, hex.
        info: Description of the file.
    """
    return Provenance(
        file_hash=file_hash,
        analysis_timestamp=timestamp(),
        source_sample_rate=info.sample_rate,
        channels=info.channels,
        codec=info.codec,
        bit_rate=info.bit_rate,
        title=info.title,
        artist=info.artist,
    )


def timestamp() -> str:
    """The time now, ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
