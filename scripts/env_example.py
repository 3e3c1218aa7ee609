"""Writes .env.example from the settings, so that the file and the program cannot disagree (`make docs`)."""

import sys
from pathlib import Path
from typing import Any

from pydantic import AliasChoices

from tactus.settings import Settings

FILE = Path(__file__).resolve().parent.parent / ".env.example"

HEAD = """\
# Copy this file to .env and take the # away from what you want to change. Tactus runs without any of it.
# What each setting means in full, and what it opens: docs/configuration.md
"""
OF_THE_MACHINE = ("analyses_at_once",)
"""Settings whose default follows from the machine."""


def content() -> str:
    """The file as it should be."""
    parts = [HEAD]
    for name, field in Settings.model_fields.items():
        if field.exclude:
            continue  # a second spelling of another setting
        alias = field.validation_alias
        first, *others = map(str, alias.choices) if isinstance(alias, AliasChoices) else [str(alias)]
        also = f" (also: {', '.join(others)})" if others else ""
        default = None if name in OF_THE_MACHINE else field.default
        parts.append(f"# {field.description}{also}\n#{first}={_written(default)}\n")
    return "\n".join(parts)


def _written(default: Any) -> str:
    if default is None or default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


if __name__ == "__main__":
    FILE.write_text(content())
    sys.exit(0)
