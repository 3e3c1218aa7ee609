"""`tactus serve`: run the service."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--host", help="address to listen on (default: TACTUS_HOST, or this machine only)")
    parser.add_argument("--port", type=int, help="port to listen on (default: PORT, or 8001)")


def run(arguments: argparse.Namespace) -> int:
    """Run the service until a signal ends it, and return the exit code."""
    from tactus.app import serve  # noqa: PLC0415  the other commands start without the web

    return serve(host=arguments.host, port=arguments.port)
