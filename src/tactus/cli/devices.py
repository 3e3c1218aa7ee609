"""`tactus devices`: the audio inputs of this machine."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict

from tactus.jobs.live_session import DeviceList


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--json", action="store_true", help="as GET /devices answers")


def run(arguments: argparse.Namespace) -> int:
    """List them; 1 where there is none, with the reason."""
    found = asyncio.run(_devices())
    if arguments.json:
        print(json.dumps(asdict(found), ensure_ascii=False))
    else:
        _show(found)
    return 0 if found.devices else 1


async def _devices() -> DeviceList:
    from tactus.app import open_live  # noqa: PLC0415
    from tactus.settings import load_settings  # noqa: PLC0415

    async with open_live(load_settings()) as live:
        return await live.devices()


def _show(found: DeviceList) -> None:
    if not found.devices:
        print(f"tactus: {found.remedy}", file=sys.stderr)
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, header_style="dim")
    for name in ("", "name", "channels", "rate", "id"):
        table.add_column(name)
    for device in found.devices:
        marks = " (default)" * device["is_default"] + " (what the computer plays)" * device["is_loopback"]
        table.add_row(
            str(device["index"]),
            Text(device["name"] + marks),
            str(device["channels"]),
            f"{device['sample_rate']:.0f} Hz",
            Text(device["id"]),
        )
    Console().print(table)
