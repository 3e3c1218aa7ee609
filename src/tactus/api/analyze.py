"""`tactus.analyze`: from a track to its analysis."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tactus.analysis.beat_hint import Relation, TempoHint
from tactus.analysis.catalogue import INNER_SAMPLE_RATE
from tactus.analysis.options import ANALYSIS_TYPES, AnalysisType, TrackOptions
from tactus.analysis.track.analyzer import NoSamplesError, TrackAnalyzer
from tactus.analysis.track.result import Provenance
from tactus.analysis.track.signal_pass import Block
from tactus.api.analysis import Analysis
from tactus.api.samples import LIMITS, FilePath, Samples, checked_rate, checked_samples, file_path, resampled
from tactus.audio.decoding.samples import ClippingMeter
from tactus.dsp.arrays import Floats
from tactus.workers.file_analysis import analyse_file, at_both_rates, provenance, timestamp, with_warnings
from tactus.workers.model_files import network_weights


def analyze(
    sound: FilePath | Samples,
    sample_rate: int | None = None,
    *,
    type: AnalysisType = "full",  # noqa: A002  the word of the command line
    bpm: float | None = None,
    bpm_min: float | None = None,
    bpm_max: float | None = None,
    correction: Relation | None = None,
    taps: Sequence[float] = (),
    downbeat_at: float | None = None,
) -> Analysis:
    """Tempo, beats, bars, key, chords, sections, loudness, mood and frame features of a track.

    The computation runs in the calling process, without the service, and gives what the service gives: `to_dict` of
    the result equals its JSON. Two seconds for a song of four minutes are typical.

    Args:
        sound: Path of a media file, or its samples: floats, full scale 1.0, shape `[n]` or `[channels, n]`.
        sample_rate: Sample rate of the samples [Hz]; for a file it is not given.
        type: How much to compute: "tempo_only" (tempo, beats, bars, onsets), "basic" (all but values per frame) or
            "full".
        bpm: The tempo, where it is known [beats per minute]. Of `bpm`, `bpm_min` with `bpm_max`, `correction` and
            `taps`, one may be given.
        bpm_min: Lowest tempo that is considered [beats per minute].
        bpm_max: Highest tempo that is considered [beats per minute].
        correction: The tempo as a multiple of the one that would be found: "x2", "x1/2", "3:2", "2:3", "x3", "x1/3".
        taps: Times of tapped beats [s], ascending, at least 4.
        downbeat_at: A time [s] on or next to which a bar begins.

    Returns:
        The analysis.

    Raises:
        ValueError: Samples are not finite, empty, of a wrong type or shape, or without their sample rate; a tempo
            hint is out of range (`tactus.analysis.beat_hint.HintError`).
        OSError: The file cannot be opened, `FileNotFoundError` for instance.
        TactusError: The file cannot be decoded (`UndecodableMediaError`, `NoAudioError`, `EmptyAudioError`, ...).

    Example:
        Two seconds of clicks, four a second, are too little for a tempo of their own, but their onsets are found:

        >>> import numpy as np
        >>> clicks = np.zeros(2 * 44100, np.float32)
        >>> clicks[::11025] = 1
        >>> analyze(clicks, 44100, type="tempo_only").onset_times.round(2).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75]
    """
    options = TrackOptions(
        type,
        hint=TempoHint(
            correction=correction,
            bpm=bpm,
            bpm_min=bpm_min,
            bpm_max=bpm_max,
            taps=tuple(taps),
            downbeat_at=downbeat_at,
        ),
    )
    if type not in ANALYSIS_TYPES:
        raise ValueError(f"type must be one of {', '.join(ANALYSIS_TYPES)}, not {type!r}")
    if isinstance(sound, str | os.PathLike):
        return _of_file(file_path(sound, sample_rate), options)
    return _of_samples(checked_samples(sound), checked_rate(sample_rate), options)


def _of_file(path: Path, options: TrackOptions) -> Analysis:
    with path.open("rb") as file:
        file_hash = hashlib.file_digest(file, "sha256").hexdigest()
    analysis, source = analyse_file(path, options, LIMITS)
    return Analysis(options.analysis_type, analysis, provenance(file_hash, source))


def _of_samples(samples: Floats, sample_rate: int, options: TrackOptions) -> Analysis:
    clipping = ClippingMeter()
    clipping.add(samples)

    def blocks() -> Iterator[Block]:
        yield from at_both_rates(resampled(samples, sample_rate, INNER_SAMPLE_RATE), options.sample_rate)

    try:
        analysis = TrackAnalyzer(options, network_weights()).analysis(blocks)
    except NoSamplesError as error:
        raise ValueError("samples are too few to resample") from error
    origin = Provenance(
        file_hash=None,
        analysis_timestamp=timestamp(),
        source_sample_rate=sample_rate,
        channels=len(samples),
        codec=None,
    )
    return Analysis(options.analysis_type, with_warnings(analysis, ["clipped"] if clipping.is_clipped else []), origin)
