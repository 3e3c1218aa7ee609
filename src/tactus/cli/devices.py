"""`tactus devices`: the audio inputs of this machine."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from tactus.jobs.live.devices import DeviceList


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--json", action="store_true", help="as GET /devices answers")


def run(arguments: argparse.Namespace) -> int:
    """List them; 1 where there is none, with the reason."""
    known = asyncio.run(_known())
    if arguments.json:
        print(orjson.dumps(asdict(known)).decode())
    elif known.devices:
        _show(known.devices)
    if not known.devices:
        print(f"tactus: {known.remedy}", file=sys.stderr)
    return 0 if known.devices else 1


async def _known() -> DeviceList:
    from tactus.app import open_live  # noqa: PLC0415
    from tactus.settings import read_settings  # noqa: PLC0415

    async with open_live(read_settings()) as live:
        return await live.list_devices()


def _show(found: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, header_style="dim")
    for name in ("", "name", "channels", "rate", "id"):
        table.add_column(name)
    for device in found:
        marks = " (default)" * device["is_default"] + " (what the computer plays)" * device["is_loopback"]
        rate = f"{device['sample_rate']:.0f} Hz"
        table.add_row(
            str(device["index"]), Text(device["name"] + marks), str(device["channels"]), rate, Text(device["id"])
        )
    Console().print(table)
