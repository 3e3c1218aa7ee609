"""Writes .env.example from the settings (`make docs`)."""

import sys
from pathlib import Path
from typing import Any

from pydantic import AliasChoices

from tactus.settings import Settings

FILE = Path(__file__).resolve().parent.parent / ".env.example"

HEAD = """\
# Copy this file to .env and remove the # before each setting that you change. All settings are optional.
# Full descriptions and their effect on security: docs/configuration.md
"""
MACHINE_DEPENDENT = ("analyses_at_once",)
"""Settings whose default depends on the machine."""


def content() -> str:
    """Content of .env.example."""
    parts = [HEAD]
    for name, field in Settings.model_fields.items():
        if field.exclude:
            continue  # another name of a setting
        alias = field.validation_alias
        first, *others = map(str, alias.choices) if isinstance(alias, AliasChoices) else [str(alias)]
        also = f" (also: {', '.join(others)})" if others else ""
        default = None if name in MACHINE_DEPENDENT else field.default
        parts.append(f"# {field.description}{also}\n#{first}={_as_text(default)}\n")
    return "\n".join(parts)


def _as_text(default: Any) -> str:
    if default is None or default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


if __name__ == "__main__":
    FILE.write_text(content())
    sys.exit(0)
