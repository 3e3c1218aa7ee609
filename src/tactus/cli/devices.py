"""`tactus devices`: the audio inputs of this machine."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict

import orjson

from tactus.audio.devices import InputDevice, input_devices, no_input_remedy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--json", action="store_true", help="as GET /devices answers")


def run(arguments: argparse.Namespace) -> int:
    """List them; 1 where there is none, with the reason."""
    found = input_devices()
    if arguments.json:
        print(orjson.dumps({"devices": [asdict(device) for device in found]}).decode())
    elif found:
        _show(found)
    if not found:
        print(f"tactus: {no_input_remedy()}", file=sys.stderr)
    return 0 if found else 1


def _show(found: Sequence[InputDevice]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, header_style="dim")
    for name in ("", "name", "channels", "rate", "id"):
        table.add_column(name)
    for device in found:
        marks = " (default)" * device.is_default + " (what the computer plays)" * device.is_loopback
        rate = f"{device.sample_rate:.0f} Hz"
        table.add_row(
            str(device.index), Text(device.name + marks), str(device.channels), rate, Text(device.id), style=""
        )
    Console().print(table)
