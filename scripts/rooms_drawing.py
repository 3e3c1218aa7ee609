"""Draws the rooms and their imports in docs/architecture.md, from the imports themselves; `make docs` runs it.

`make check` fails where the drawing differs from the code. The drawing leaves out an arrow where a longer way leads to
the same room (the transitive reduction), and the rooms `errors`, `logs` and the package itself, which any room may use.
"""

import re
from pathlib import Path

import grimp

PAGE = Path(__file__).resolve().parent.parent / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: written by scripts/rooms_drawing.py -->", "<!-- end of rooms -->"
_EVERYWHERE = {"", "errors", "logs"}

Arrow = tuple[str, str]


def arrows() -> set[Arrow]:
    """Which room imports which, as `(importing, imported)`."""
    graph = grimp.build_graph("tactus")
    found = {
        (_room(module), _room(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return {(one, other) for one, other in found if one != other and not {one, other} & _EVERYWHERE}


def reduced(found: set[Arrow]) -> list[Arrow]:
    """The arrows without which some room would no longer be reached, sorted; `found` has no cycle."""
    return sorted(arrow for arrow in found if not _leads(found - {arrow}, *arrow))


def drawing() -> str:
    """The drawing in the language of Mermaid, between its two marks."""
    lines = [f"    {importing} --> {imported}" for importing, imported in reduced(arrows())]
    return "\n".join([BEGIN, "```mermaid", "graph TD", *lines, "```", END])


def page() -> str:
    """The page with its drawing renewed."""
    return re.sub(f"{BEGIN}.*?{END}", lambda _: drawing(), PAGE.read_text(), flags=re.DOTALL)


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _leads(found: set[Arrow], start: str, goal: str) -> bool:
    reached, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        following = {imported for importing, imported in found if importing == here} - reached
        reached |= following
        waiting.extend(following)
    return goal in reached


if __name__ == "__main__":
    PAGE.write_text(page())
