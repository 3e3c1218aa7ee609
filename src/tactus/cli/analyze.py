"""`tactus analyze`: analyse files, folders and URLs; print a readable summary or JSON."""

import argparse
import asyncio
import contextlib
import hashlib
import os
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import zstandard

from tactus.analysis.beat_hint import HintError, TempoHint
from tactus.analysis.options import (
    ANALYSIS_TYPES,
    DEFAULT_PRECISION,
    MAX_PRECISION,
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    AnalysisType,
    Rate,
    TimelineOptions,
    TrackOptions,
)
from tactus.audio.media_folder import SOUND_SUFFIXES
from tactus.errors import TactusError
from tactus.jobs.tracks.analyse import AnalyseTrack
from tactus.jobs.tracks.analyzer_description import ensure_features
from tactus.jobs.tracks.run import Progress

OUT_SUFFIXES = (".json", ".jsonl", ".parquet")
"""Formats of `--out`: a single object, one object per line, one row per track."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("sources", nargs="+", metavar="FILE|URL|DIR", help="tracks to analyse; all files of a folder")
    parser.add_argument("--json", action="store_true", help="JSON on standard output: a single object, or one per line")
    parser.add_argument("--out", type=Path, metavar="PATH", help="output file: .json, .jsonl or .parquet")
    parser.add_argument(
        "--type",
        choices=ANALYSIS_TYPES,
        help="type of the analysis (default: full for one track as JSON, else basic, which has no frame arrays)",
    )
    parser.add_argument(
        "--features",
        type=lambda names: tuple(name.strip() for name in names.split(",")),
        default=(),
        metavar="NAME,NAME",
        help="timelines of these features instead of the frame arrays; docs/features.md lists all",
    )
    parser.add_argument(
        "--rate",
        type=_parse_rate,
        default="frame",
        metavar="frame|beat|N",
        help="rate of the timelines: one value per frame, per beat, or N per second (means)",
    )
    parser.add_argument(
        "--precision",
        type=int,
        choices=range(1, MAX_PRECISION + 1),
        default=DEFAULT_PRECISION,
        help=f"significant digits of values per frame (default: {DEFAULT_PRECISION})",
    )
    parser.add_argument(
        "--click",
        type=Path,
        metavar="PATH.wav",
        help="write a copy with clicks on the beats; for a single file",
    )
    parser.add_argument("--bpm", type=float, metavar="N", help="known tempo [beats per minute]")
    parser.add_argument("--bpm-min", type=float, metavar="N", help="lowest possible tempo")
    parser.add_argument("--bpm-max", type=float, metavar="N", help="highest possible tempo")


def run(arguments: argparse.Namespace) -> int:
    """Analyse all sources, and return the exit code: 1 if any of them failed."""
    from tactus.cli.analysis_output import open_output  # noqa: PLC0415  loads rich
    from tactus.cli.progress_bars import ProgressBars  # noqa: PLC0415

    try:
        hint = TempoHint(bpm=arguments.bpm, bpm_min=arguments.bpm_min, bpm_max=arguments.bpm_max)
    except HintError as error:
        arguments.refuse(f"--{error.field.replace('_', '-')}: {error.message}")
    is_single = len(arguments.sources) == 1 and not Path(arguments.sources[0]).is_dir()
    if arguments.out is not None:
        _check_out(arguments, is_single=is_single)
    if arguments.click is not None:
        _check_click(arguments, is_single=is_single)
    sources = list(_expand_folders(arguments.sources))
    if not sources:
        print("tactus: there is no sound file in there", file=sys.stderr)
        return 1
    is_data = arguments.json or arguments.out is not None
    kind: AnalysisType = arguments.type or ("full" if is_data and is_single else "basic")
    with (
        open_output(
            is_json=arguments.json,
            path=arguments.out,
            is_single=is_single and (arguments.out is None or arguments.out.suffix != ".jsonl"),
        ) as output,
        ProgressBars(len(sources)) as bars,
    ):
        timelines = TimelineOptions(arguments.features, arguments.rate, arguments.precision)
        options = TrackOptions(kind, timelines=timelines, hint=hint)
        n_failed = asyncio.run(_analyse_all(sources, options, output, bars, arguments.click))
    if n_failed and len(sources) > 1:
        print(f"tactus: {n_failed} of {len(sources)} failed", file=sys.stderr)
    return 1 if n_failed else 0


def _check_out(arguments: argparse.Namespace, *, is_single: bool) -> None:
    """Refuse `--out` before the analysis if it could not be written after it."""
    out: Path = arguments.out
    if out.suffix not in OUT_SUFFIXES:
        arguments.refuse(f"--out: {out.name!r} should end in one of {', '.join(OUT_SUFFIXES)}")
    if out.suffix == ".json" and not is_single:
        arguments.refuse("--out: .json holds one track; several go into .jsonl or .parquet")
    if not os.access(out if out.exists() else out.parent, os.W_OK) or out.is_dir():
        arguments.refuse(f"--out: {str(out)!r} cannot be written")


def _check_click(arguments: argparse.Namespace, *, is_single: bool) -> None:
    """Refuse `--click` before the analysis if the clicks could not be written after it."""
    click: Path = arguments.click
    if not is_single or _is_url(arguments.sources[0]):
        arguments.refuse("--click: needs a single local file")
    if click.suffix.lower() != ".wav":
        arguments.refuse(f"--click: {click.name!r} should end in .wav")
    if not os.access(click if click.exists() else click.parent, os.W_OK) or click.is_dir():
        arguments.refuse(f"--click: {str(click)!r} cannot be written")
    if click.exists() and Path(arguments.sources[0]).exists() and click.samefile(arguments.sources[0]):
        arguments.refuse("--click: that is the track itself")


async def _analyse_all(
    sources: Sequence[str], requested: TrackOptions, output: Any, bars: Any, click: Path | None
) -> int:
    """Analyse all sources and write the results; return the number of those that failed."""
    from tactus.app import open_tracks, write_clicks  # noqa: PLC0415
    from tactus.settings import read_settings  # noqa: PLC0415

    settings = read_settings()
    options = replace(
        settings.track_options,
        analysis_type=requested.analysis_type,
        timelines=requested.timelines,
        hint=requested.hint,
    )
    n_failed = 0
    ensure_features(requested.timelines.features)
    async with open_tracks(settings) as tracks:
        results = _analyse_in_order(sources, tracks, options, bars, settings.analyses_at_once)
        async with contextlib.aclosing(results):
            async for source, result in results:
                if isinstance(result, TactusError):
                    n_failed += 1
                    bars.print_line(f"tactus: {source}: {result.detail}")
                    continue
                output.write(source, result)
                if click is not None:
                    try:
                        await write_clicks(settings, Path(source), click, result)
                    except TactusError as error:
                        n_failed += 1
                        bars.print_line(f"tactus: {click}: {error.detail}")
    return n_failed


async def _analyse_in_order(
    sources: Sequence[str], tracks: AnalyseTrack, options: TrackOptions, bars: Any, n_at_once: int
) -> AsyncGenerator[tuple[str, dict[str, Any] | TactusError], None]:
    """Yield the results in the order of the sources; `n_at_once` analyses run at a time, and one waits."""
    in_progress: list[tuple[str, asyncio.Task[dict[str, Any] | TactusError]]] = []
    waiting = iter(sources)
    try:
        while True:
            while len(in_progress) < n_at_once + 1 and (source := next(waiting, None)) is not None:
                in_progress.append((source, asyncio.create_task(_analyse_source(source, tracks, options, bars))))
            if not in_progress:
                return
            source, task = in_progress.pop(0)
            yield source, await task
    finally:
        for _, task in in_progress:
            task.cancel()


async def _analyse_source(
    source: str, tracks: AnalyseTrack, options: TrackOptions, bars: Any
) -> dict[str, Any] | TactusError:
    """Analyse a file or URL, and return the analysis, or the error that it failed with."""
    with bars.track(source) as bar:

        def on_progress(progress: Progress) -> None:
            bar(progress.done_s, progress.total_s)

        try:
            if _is_url(source):
                encoded = await tracks.analyse_url(source, options, on_progress=on_progress)
            else:
                path = Path(source)
                file_hash = await asyncio.to_thread(_file_hash, path)
                encoded = await tracks.analyse_file(path, file_hash, options, on_progress=on_progress)
        except TactusError as error:
            return error
        except OSError as error:
            return TactusError(f"it cannot be read ({error.strerror})")
    result: dict[str, Any] = orjson.loads(zstandard.ZstdDecompressor().decompressobj().decompress(encoded.body))
    return result


def _parse_rate(text: str) -> Rate:
    named: dict[str, Rate] = {"frame": "frame", "beat": "beat"}
    if text in named:
        return named[text]
    try:
        return TimelineOptions(rate=float(text)).rate
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not frame, beat, or a number of values per second, {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g}"
        ) from error


def _expand_folders(sources: Sequence[str]) -> Iterator[str]:
    """Yield the sources, with the sound files of a folder in its place."""
    for source in sources:
        path = Path(source)
        if not _is_url(source) and path.is_dir():
            files = (file for file in path.rglob("*") if file.suffix.lower() in SOUND_SUFFIXES and file.is_file())
            yield from map(str, sorted(files))
        else:
            yield source


def _is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
