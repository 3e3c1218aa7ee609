"""The command line: `tactus serve | analyze | live | devices | doctor`.

Standard output carries results only; progress and logs go to standard error. Exit codes: 0, 1 (it failed, and says why
in a line), 2 (usage).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from tactus import __version__
from tactus.cli.stopping import stop_as_interrupted
from tactus.errors import SettingsError, TactusError
from tactus.logs import configure_logs

COMMANDS = {
    "serve": "start the service and its page at http://localhost:8001",
    "analyze": "analyse files, folders or addresses",
    "live": "a live meter in the terminal, or live events as JSON lines",
    "devices": "list the audio inputs of this machine",
    "doctor": "check this machine and say what to do",
}
"""Each command is a module of this package with `add_arguments(parser)` and `run(arguments) -> exit code`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after the program's name; by default those of this process.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="tactus", description="Turns sound into what visuals need.")
    parser.add_argument("--version", action="version", version=f"tactus {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    words = list(sys.argv[1:] if argv is None else argv)
    for name, meaning in COMMANDS.items():
        command = commands.add_parser(name, help=meaning, description=meaning[0].upper() + meaning[1:] + ".")
        command.set_defaults(refuse=command.error)  # for what only the command itself can tell: usage, exit code 2
        if name in words[:1]:  # only the command at hand is imported: `tactus --help` answers at once
            import_module(f"tactus.cli.{name}").add_arguments(command)
    arguments = parser.parse_args(words)
    if arguments.command != "serve":  # which logs as its settings say, once they are read
        configure_logs("warning", as_json=False)
        stop_as_interrupted()
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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output has seen enough
        return 0
    except KeyboardInterrupt:
        return 130
    return code
