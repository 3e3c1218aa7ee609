"""`tactus analyze`: files, folders and addresses, as a readable summary or as JSON."""

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
from tactus.jobs.tracks.run import Progress

OUT_SUFFIXES = (".json", ".jsonl", ".parquet")
"""What `--out` writes: one object, one object a line, one row a track."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("sources", nargs="+", metavar="FILE|URL|DIR", help="what to analyse; folders with all in them")
    parser.add_argument("--json", action="store_true", help="JSON on standard output: one object, or one a line")
    parser.add_argument("--out", type=Path, metavar="PATH", help="write there: .json, .jsonl or .parquet")
    parser.add_argument(
        "--type",
        choices=ANALYSIS_TYPES,
        help="how much (default: full for one track as JSON, else basic, which leaves out frame arrays)",
    )
    parser.add_argument(
        "--features",
        type=lambda names: tuple(name.strip() for name in names.split(",")),
        default=(),
        metavar="NAME,NAME",
        help="timelines of these, in the place of the frame arrays; docs/features.md names them all",
    )
    parser.add_argument(
        "--rate",
        type=_rate,
        default="frame",
        metavar="frame|beat|N",
        help="values of a timeline: one a frame, one a beat, or N a second (means)",
    )
    parser.add_argument(
        "--precision",
        type=int,
        choices=range(1, MAX_PRECISION + 1),
        default=DEFAULT_PRECISION,
        help=f"significant digits of values per frame (default: {DEFAULT_PRECISION})",
    )
    parser.add_argument(
        "--click", type=Path, metavar="PATH.wav", help="write the track there, with clicks on its beats: one file only"
    )
    parser.add_argument("--bpm", type=float, metavar="N", help="the tempo, where it is known")
    parser.add_argument("--bpm-min", type=float, metavar="N", help="the lowest tempo that it may be")
    parser.add_argument("--bpm-max", type=float, metavar="N", help="the highest tempo that it may be")


def run(arguments: argparse.Namespace) -> int:
    """Analyse everything that was named; 1 if any of it failed."""
    from tactus.cli import analysis_output  # noqa: PLC0415  rich and its kin only where they are shown

    try:
        hint = TempoHint(bpm=arguments.bpm, bpm_min=arguments.bpm_min, bpm_max=arguments.bpm_max)
    except HintError as error:
        arguments.refuse(f"--{error.field.replace('_', '-')}: {error.message}")
    is_single = len(arguments.sources) == 1 and not Path(arguments.sources[0]).is_dir()
    if arguments.out is not None:
        _refuse_unwritable(arguments, is_single=is_single)
    if arguments.click is not None:
        _refuse_unclickable(arguments, is_single=is_single)
    sources = list(_expanded(arguments.sources))
    if not sources:
        print("tactus: there is no sound file in there", file=sys.stderr)
        return 1
    is_data = arguments.json or arguments.out is not None
    kind: AnalysisType = arguments.type or ("full" if is_data and is_single else "basic")
    with (
        analysis_output.open_output(
            is_json=arguments.json,
            path=arguments.out,
            is_single=is_single and (arguments.out is None or arguments.out.suffix != ".jsonl"),
        ) as output,
        analysis_output.ProgressBars(len(sources)) as bars,
    ):
        timelines = TimelineOptions(arguments.features, arguments.rate, arguments.precision)
        asked = TrackOptions(kind, timelines=timelines, hint=hint)
        n_failed = asyncio.run(_analysed(sources, asked, output, bars, arguments.click))
    if n_failed and len(sources) > 1:
        print(f"tactus: {n_failed} of {len(sources)} failed", file=sys.stderr)
    return 1 if n_failed else 0


def _refuse_unwritable(arguments: argparse.Namespace, *, is_single: bool) -> None:
    """Say at once what would only be found when the work is done."""
    out: Path = arguments.out
    if out.suffix not in OUT_SUFFIXES:
        arguments.refuse(f"--out: {out.name!r} should end in one of {', '.join(OUT_SUFFIXES)}")
    if out.suffix == ".json" and not is_single:
        arguments.refuse("--out: .json holds one track; several go into .jsonl or .parquet")
    if not os.access(out if out.exists() else out.parent, os.W_OK) or out.is_dir():
        arguments.refuse(f"--out: {str(out)!r} cannot be written")


def _refuse_unclickable(arguments: argparse.Namespace, *, is_single: bool) -> None:
    """Say at once where clicks cannot be written."""
    click: Path = arguments.click
    if not is_single or _is_address(arguments.sources[0]):
        arguments.refuse("--click: goes with one file of this machine")
    if click.suffix.lower() != ".wav":
        arguments.refuse(f"--click: {click.name!r} should end in .wav")
    if not os.access(click if click.exists() else click.parent, os.W_OK) or click.is_dir():
        arguments.refuse(f"--click: {str(click)!r} cannot be written")
    if click.exists() and Path(arguments.sources[0]).exists() and click.samefile(arguments.sources[0]):
        arguments.refuse("--click: that is the track itself")


async def _analysed(sources: Sequence[str], asked: TrackOptions, output: Any, bars: Any, click: Path | None) -> int:
    from tactus.app import open_tracks, write_clicks  # noqa: PLC0415
    from tactus.settings import read_settings  # noqa: PLC0415

    settings = read_settings()
    options = replace(
        settings.track_options, analysis_type=asked.analysis_type, timelines=asked.timelines, hint=asked.hint
    )
    n_failed = 0
    async with open_tracks(settings) as tracks:
        if asked.timelines.features:
            await tracks.ensure_features(asked.timelines.features)
        results = _in_order(sources, tracks, options, bars, settings.analyses_at_once)
        async with contextlib.aclosing(results):
            async for source, result in results:
                if isinstance(result, TactusError):
                    n_failed += 1
                    bars.say(f"tactus: {source}: {result.detail}")
                    continue
                output.write(source, result)
                if click is not None:
                    try:
                        await write_clicks(settings, Path(source), click, result)
                    except TactusError as error:
                        n_failed += 1
                        bars.say(f"tactus: {click}: {error.detail}")
    return n_failed


async def _in_order(
    sources: Sequence[str], tracks: AnalyseTrack, options: TrackOptions, bars: Any, n_at_once: int
) -> AsyncGenerator[tuple[str, dict[str, Any] | TactusError], None]:
    """Results in the order of the sources, a few of them under way at any time."""
    under_way: list[tuple[str, asyncio.Task[dict[str, Any] | TactusError]]] = []
    waiting = iter(sources)
    try:
        while True:
            while len(under_way) < n_at_once + 1 and (source := next(waiting, None)) is not None:
                under_way.append((source, asyncio.create_task(_one(source, tracks, options, bars))))
            if not under_way:
                return
            source, task = under_way.pop(0)
            yield source, await task
    finally:
        for _, task in under_way:
            task.cancel()


async def _one(source: str, tracks: AnalyseTrack, options: TrackOptions, bars: Any) -> dict[str, Any] | TactusError:
    with bars.track(source) as bar:

        def on_progress(progress: Progress) -> None:
            bar(progress.done_s, progress.total_s)

        try:
            if _is_address(source):
                answer = await tracks.analyse_url(source, options, on_progress=on_progress)
            else:
                path = Path(source)
                file_hash = await asyncio.to_thread(_file_hash, path)
                answer = await tracks.analyse_file(path, file_hash, options, on_progress=on_progress)
        except TactusError as error:
            return error
        except OSError as error:
            return TactusError(f"it cannot be read ({error.strerror})")
    result: dict[str, Any] = orjson.loads(zstandard.ZstdDecompressor().decompressobj().decompress(answer.body))
    return result


def _rate(text: str) -> Rate:
    named: dict[str, Rate] = {"frame": "frame", "beat": "beat"}
    if text in named:
        return named[text]
    try:
        return TimelineOptions(rate=float(text)).rate
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not frame, beat, or a number of values a second, {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g}"
        ) from error


def _expanded(sources: Sequence[str]) -> Iterator[str]:
    for source in sources:
        path = Path(source)
        if not _is_address(source) and path.is_dir():
            found = (one for one in path.rglob("*") if one.suffix.lower() in SOUND_SUFFIXES and one.is_file())
            yield from (str(one) for one in sorted(found))
        else:
            yield source


def _is_address(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
