"""`tactus doctor`: checks this machine, one line a capability, and says what to do about what is missing."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from tactus.cli import diagnostics
from tactus.cli.diagnostics import CheckContext, CheckResult
from tactus.settings import Settings, read_settings

Check = Callable[[CheckContext], Coroutine[Any, Any, CheckResult]]
CHECKS: tuple[tuple[str, Check], ...] = (
    ("python", diagnostics.python),
    ("decoders", diagnostics.decoders),
    ("tracks", diagnostics.tracks),
    ("live sound", diagnostics.live_sound),
    ("portaudio", diagnostics.portaudio),
    ("microphone", diagnostics.microphone),
    ("redis", diagnostics.redis),
    ("storage", diagnostics.storage),
    ("port", diagnostics.port),
    ("protections", diagnostics.protections),
)
MARKS = {"good": "ok     ", "absent": "absent ", "broken": "BROKEN "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--no-microphone", action="store_true", help="do not listen to the microphone (one second)")


def run(arguments: argparse.Namespace) -> int:
    """Check everything; 1 where something that Tactus cannot do without is broken."""
    n_broken = asyncio.run(_examined(read_settings(), hears=not arguments.no_microphone))
    print("All that Tactus needs is here." if not n_broken else f"{n_broken} broken: see above.")
    return 1 if n_broken else 0


async def _examined(settings: Settings, *, hears: bool) -> int:
    """Check all at the same time, tell in order; how many are broken."""
    from tactus.app import open_live  # noqa: PLC0415  `--help` needs none of it

    async with open_live(settings) as live:
        return await _told(CheckContext(settings, live), hears=hears)


async def _told(context: CheckContext, *, hears: bool) -> int:
    wanted = [(name, check) for name, check in CHECKS if hears or check is not diagnostics.microphone]
    under_way = [(name, asyncio.create_task(_found(check, context))) for name, check in wanted]
    n_broken = 0
    for name, task in under_way:
        result = await task
        n_broken += result.verdict == "broken"
        print(f"{MARKS[result.verdict]} {name:<12} {result.text}")
        if result.remedy:
            print(f"{'':<8} {'':<12} {result.remedy}")
        sys.stdout.flush()
    return n_broken


async def _found(check: Check, context: CheckContext) -> CheckResult:
    try:
        return await check(context)
    except Exception as error:  # noqa: BLE001  a doctor looks at broken things, and they break in any way
        return CheckResult("broken", f"the check itself failed: {type(error).__name__}: {error}")
