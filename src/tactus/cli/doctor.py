"""`tactus doctor`: check this machine; print one line per capability, with a remedy where it is missing."""

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
    ("python", diagnostics.check_python),
    ("decoders", diagnostics.check_decoders),
    ("tracks", diagnostics.check_tracks),
    ("live sound", diagnostics.check_live_sound),
    ("portaudio", diagnostics.check_portaudio),
    ("microphone", diagnostics.check_microphone),
    ("redis", diagnostics.check_redis),
    ("storage", diagnostics.check_storage),
    ("port", diagnostics.check_port),
    ("protections", diagnostics.check_protections),
)
MARKS = {"good": "ok     ", "absent": "absent ", "broken": "BROKEN "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--no-microphone", action="store_true", help="do not record from the microphone (one second)")


def run(arguments: argparse.Namespace) -> int:
    """Run all checks, and return the exit code: 1 if anything that Tactus requires is broken."""
    n_broken = asyncio.run(_check(read_settings(), with_microphone=not arguments.no_microphone))
    print("Everything that Tactus needs is here." if not n_broken else f"{n_broken} broken: see above.")
    return 1 if n_broken else 0


async def _check(settings: Settings, *, with_microphone: bool) -> int:
    """Run all checks concurrently and print their results in order; return the number of broken capabilities."""
    from tactus.app import open_live  # noqa: PLC0415  `--help` needs none of it

    async with open_live(settings) as live:
        context = CheckContext(settings, live)
        running = [
            (name, asyncio.create_task(_run_check(check, context)))
            for name, check in CHECKS
            if with_microphone or check is not diagnostics.check_microphone
        ]
        n_broken = 0
        for name, task in running:
            result = await task
            n_broken += result.verdict == "broken"
            _print_result(name, result)
        return n_broken


async def _run_check(check: Check, context: CheckContext) -> CheckResult:
    try:
        return await check(context)
    except Exception as error:  # noqa: BLE001  on a broken machine, a check may fail in any way
        return CheckResult("broken", f"the check itself failed: {type(error).__name__}: {error}")


def _print_result(name: str, result: CheckResult) -> None:
    print(f"{MARKS[result.verdict]} {name:<12} {result.text}")
    if result.remedy:
        print(f"{'':<8} {'':<12} {result.remedy}")
    sys.stdout.flush()
