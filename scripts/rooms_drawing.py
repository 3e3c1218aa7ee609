"""Draws the graph of imports between subpackages in docs/architecture.md (`make docs`).

`make check` fails if the drawing differs from the code. The drawing is the transitive reduction of the graph, without
`errors`, `logs` and the package itself, which any subpackage may import.
"""

import re
from pathlib import Path

import grimp

PAGE = Path(__file__).resolve().parent.parent / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: written by scripts/rooms_drawing.py -->", "<!-- end of rooms -->"
_EVERYWHERE = {"", "errors", "logs"}

Arrow = tuple[str, str]


def arrows() -> set[Arrow]:
    """Imports between subpackages, as `(importing, imported)`."""
    graph = grimp.build_graph("tactus")
    imports = {
        (_room(module), _room(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return {
        (importing, imported)
        for importing, imported in imports
        if importing != imported and not {importing, imported} & _EVERYWHERE
    }


def transitive_reduction(graph_arrows: set[Arrow]) -> list[Arrow]:
    """Transitive reduction of an acyclic graph: the arrows without an alternative path, sorted."""
    return sorted(arrow for arrow in graph_arrows if not _is_reachable(graph_arrows - {arrow}, *arrow))


def drawing() -> str:
    """The drawing in Mermaid, between its two marks."""
    lines = [f"    {importing} --> {imported}" for importing, imported in transitive_reduction(arrows())]
    return "\n".join([BEGIN, "```mermaid", "graph TD", *lines, "```", END])


def page() -> str:
    """Content of the page, with the current drawing."""
    return re.sub(f"{BEGIN}.*?{END}", lambda _: drawing(), PAGE.read_text(), flags=re.DOTALL)


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _is_reachable(graph_arrows: set[Arrow], start: str, goal: str) -> bool:
    reached, pending = {start}, [start]
    while pending:
        current = pending.pop()
        following = {imported for importing, imported in graph_arrows if importing == current} - reached
        reached |= following
        pending.extend(following)
    return goal in reached


if __name__ == "__main__":
    PAGE.write_text(page())
