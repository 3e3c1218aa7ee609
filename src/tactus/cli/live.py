"""`tactus live`: a meter in the terminal, or events as JSON lines; it runs without the service."""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson

from tactus.audio.sources.kinds import SOURCE_KINDS
from tactus.errors import ValidationError
from tactus.workers.live_options import LiveRequest

SOURCES = tuple(name for name, kind in SOURCE_KINDS.items() if not kind.is_pushed)
"""Sources that need no client of the service."""

PACES = ("real-time", "none")
"""At the pace of a clock, or as fast as possible (files only)."""

FRAME_ARRAYS = ("frequency_data", "time_domain_data")
"""Left out of printed frames unless they are asked for: they are 95 % of a frame."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--source", choices=SOURCES, default="device", help="where the sound comes from")
    parser.add_argument("--device", metavar="NAME", help="index, id or name of the input (see: tactus devices)")
    parser.add_argument("--file", type=Path, metavar="PATH", help="the file of --source file")
    parser.add_argument("--url", metavar="URL", help="the stream of --source url")
    parser.add_argument("--pace", choices=PACES, default="real-time", help="none: a file as fast as it goes")
    parser.add_argument("--events", action="store_true", help="JSON lines on standard output instead of a meter")
    parser.add_argument("--frames", action="store_true", help="with --events: frames too (levels and tempo)")
    parser.add_argument("--arrays", action="store_true", help="with --frames: spectrum and waveform in them")


def run(arguments: argparse.Namespace) -> int:
    """Listen until interrupted, or until the file ends."""
    for kind in SOURCE_KINDS.values():
        if kind.requires_field and (arguments.source == kind.name) != (
            vars(arguments).get(str(kind.field)) is not None
        ):
            arguments.refuse(f"--source {kind.name} and --{kind.field} go together")
    if arguments.device is not None and SOURCE_KINDS[arguments.source].field != "device":
        arguments.refuse("--device goes with --source device")
    if arguments.pace == "none" and not (arguments.file and arguments.events):
        arguments.refuse("--pace none goes with --source file and --events: no one could follow a meter")
    if arguments.file is not None and not arguments.file.is_file():
        raise ValidationError(f"there is no file {arguments.file}")
    with contextlib.suppress(KeyboardInterrupt):  # the way to end it
        if arguments.pace == "none":
            _print_all(_fast(arguments.file), arguments)
        elif arguments.events:
            asyncio.run(_print_live(arguments))
        else:
            asyncio.run(_show(arguments))
    return 0


def _fast(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the events and frames of a file, analysed by the live engine without a clock."""
    from tactus.analysis.live.analyzer import LiveAnalyzer  # noqa: PLC0415
    from tactus.analysis.live.rhythm import RHYTHM_HOP_SAMPLES, RHYTHM_RATE_HZ  # noqa: PLC0415
    from tactus.app import MAX_DURATION_S  # noqa: PLC0415
    from tactus.audio.decoding.decode import open_sound  # noqa: PLC0415
    from tactus.audio.decoding.limits import DecodeLimits  # noqa: PLC0415
    from tactus.audio.decoding.resample import Resampler  # noqa: PLC0415
    from tactus.audio.sources.paced_player import in_blocks  # noqa: PLC0415
    from tactus.formats.live_json import event_fields, frame_fields  # noqa: PLC0415
    from tactus.settings import read_settings  # noqa: PLC0415
    from tactus.workers.model_files import network_weights  # noqa: PLC0415

    settings = read_settings()
    analyzer = LiveAnalyzer(network_weights().live_rhythm, settings.sample_rate, settings.chunk_size)
    resampler = Resampler(settings.sample_rate, RHYTHM_RATE_HZ, 1)
    state = analyzer.start()
    with open_sound(path, DecodeLimits(max_s=MAX_DURATION_S), settings.sample_rate) as sound:
        mono = (block.mean(axis=0, dtype=block.dtype) for block in sound.blocks())
        for block in in_blocks(mono, RHYTHM_HOP_SAMPLES):
            again = resampler.step(block[None])[0] if analyzer.needs_rhythm_blocks else None
            state, frames, events = analyzer.step(state, block, again)
            yield from map(event_fields, events)
            yield from map(frame_fields, frames)


async def _read_messages(arguments: argparse.Namespace) -> AsyncIterator[dict[str, Any]]:
    """Yields the messages of a live session."""
    from tactus.app import open_live  # noqa: PLC0415
    from tactus.settings import read_settings  # noqa: PLC0415

    async with open_live(read_settings()) as live:
        with live.hub().listen() as messages:
            await live.start(
                LiveRequest(source=arguments.source, device=arguments.device, url=arguments.url), arguments.file
            )
            async for message in messages:
                if message.kind == "ended":
                    return
                yield message.to_dict(with_arrays=arguments.arrays)


async def _print_live(arguments: argparse.Namespace) -> None:
    async for message in _read_messages(arguments):
        events = [*message.pop("onsets", []), *message.pop("events", [])] if message["type"] == "frame" else []
        _print_all([*events, message], arguments)


def _print_all(messages: Iterator[dict[str, Any]] | list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    for message in messages:
        if message["type"] == "frame":
            if not arguments.frames:
                continue
            if not arguments.arrays:
                message = {name: value for name, value in message.items() if name not in FRAME_ARRAYS}  # noqa: PLW2901
        sys.stdout.buffer.write(orjson.dumps(message, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()  # an event that waits in a buffer is late


async def _show(arguments: argparse.Namespace) -> None:
    from tactus.cli.live_meter import LiveMeter  # noqa: PLC0415

    with LiveMeter() as meter:
        async for message in _read_messages(arguments):
            meter.show(message)
