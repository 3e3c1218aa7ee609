"""`tactus doctor`: checks this machine, one line a capability, and says what to do about what is missing."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from tactus.cli import checkup
from tactus.cli.checkup import Finding
from tactus.settings import Settings, read_settings

CHECKS: tuple[tuple[str, Callable[[Settings], Coroutine[Any, Any, Finding]]], ...] = (
    ("python", checkup.python),
    ("decoders", checkup.decoders),
    ("tracks", checkup.tracks),
    ("live sound", checkup.live_sound),
    ("portaudio", checkup.portaudio),
    ("microphone", checkup.microphone),
    ("redis", checkup.redis),
    ("storage", checkup.storage),
    ("port", checkup.port),
    ("protections", checkup.protections),
)
MARKS = {"good": "ok     ", "absent": "absent ", "broken": "BROKEN "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--no-microphone", action="store_true", help="do not listen to the microphone (one second)")


def run(arguments: argparse.Namespace) -> int:
    """Check everything; 1 where something that Tactus cannot do without is broken."""
    settings = read_settings()
    n_broken = 0
    for name, check in CHECKS:
        if arguments.no_microphone and check is checkup.microphone:
            continue
        try:
            finding = asyncio.run(check(settings))
        except Exception as error:  # noqa: BLE001  a doctor looks at broken things, and they break in any way
            finding = Finding("broken", f"the check itself failed: {type(error).__name__}: {error}")
        n_broken += finding.verdict == "broken"
        print(f"{MARKS[finding.verdict]} {name:<12} {finding.text}")
        if finding.remedy:
            print(f"{'':<8} {'':<12} {finding.remedy}")
        sys.stdout.flush()
    print("All that Tactus needs is here." if not n_broken else f"{n_broken} broken: see above.")
    return 1 if n_broken else 0
