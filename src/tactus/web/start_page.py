"""The start page, with one choice for each kind of live source."""

from functools import cache
from html import escape
from pathlib import Path

from tactus.audio.sources.kinds import SOURCE_KINDS

PAGE = Path(__file__).parent / "static" / "index.html"
MARK = "<!-- sources: written by web/start_page from the table of source kinds -->"

FIRST = "demo"
"""The source that is chosen at first: it needs nothing."""

_TAB = ("tab", "A tab", "a browser", "The sound of another tab: choose it, and tick “Also share tab audio”")
"""A second way to send a browser's sound, which only a page has."""


@cache
def start_page() -> str:
    """The page as HTML. The scripts read name, noun and description of each source from its choice."""
    choices = []
    for kind in sorted(SOURCE_KINDS.values(), key=lambda kind: kind.name != FIRST):
        choices.append((kind.name, kind.label, kind.noun, kind.description))
        if kind.is_pushed:
            choices.append(_TAB)
    return PAGE.read_text(encoding="utf-8").replace(MARK, "\n          ".join(_choice(*choice) for choice in choices))


def _choice(name: str, label: str, noun: str, description: str) -> str:
    checked = " checked" if name == FIRST else ""
    return (
        f'<label class="choice"><input type="radio" name="source" value="{escape(name)}" data-noun="{escape(noun)}" '
        f'data-note="{escape(description)}."{checked}><span>{escape(label)}</span></label>'
    )
