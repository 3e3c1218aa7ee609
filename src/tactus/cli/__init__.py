"""The command line: `tactus serve | analyze | live | devices | doctor`.

Standard output carries results only; progress and logs go to standard error. Exit codes: 0, 1 (failed; one line on
standard error gives the reason), 2 (usage).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from tactus import __version__
from tactus.cli.signals import handle_sigterm_as_sigint
from tactus.errors import SettingsError, TactusError
from tactus.logs import configure_logs

COMMANDS = {
    "serve": "start the service and its page at http://localhost:8001",
    "analyze": "analyse files, folders or URLs",
    "live": "a live meter in the terminal, or live events as JSON lines",
    "devices": "list the audio inputs of this machine",
    "doctor": "check this machine and show remedies",
}
"""Each command is a module of this package with `add_arguments(parser)` and `run(arguments) -> exit code`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Arguments after the name of the program; by default those of this process.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="tactus", description="Audio analysis for music visuals.")
    parser.add_argument("--version", action="version", version=f"tactus {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    arguments_given = list(sys.argv[1:] if argv is None else argv)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        command.set_defaults(refuse=command.error)  # for usage errors that the command finds itself: exit code 2
        if name in arguments_given[:1]:  # only this command is imported: `tactus --help` is fast
            import_module(f"tactus.cli.{name}").add_arguments(command)
    arguments = parser.parse_args(arguments_given)
    if arguments.command != "serve":  # which configures logs from its settings
        configure_logs("warning", as_json=False)
        handle_sigterm_as_sigint()
    try:
        code: int = import_module(f"tactus.cli.{arguments.command}").run(arguments)
        sys.stdout.flush()
    except TactusError as error:
        print(f"tactus: {error.detail}", file=sys.stderr)
        return 1
    except SettingsError as error:
        print(f"tactus: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of standard output has closed it
        return 0
    except KeyboardInterrupt:
        return 130
    return code
