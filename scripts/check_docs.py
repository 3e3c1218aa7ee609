"""Checks the documents: links have targets, settings and commands are documented, generated pages are current.

Prints one line per problem, and exits with status 1 if there is one.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def broken_links() -> Iterator[str]:
    """Relative links without a target, including anchors of headings."""
    for document in DOCUMENTS:
        text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            page = (document.parent / name).resolve() if name else document
            if not page.exists():
                yield f"{document.relative_to(ROOT)}: the target of {target} is missing"
            elif anchor and anchor not in _anchors(page):
                yield f"{document.relative_to(ROOT)}: there is no heading for {target}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def undocumented_settings() -> Iterator[str]:
    """Settings missing in docs/configuration.md."""
    from tactus.settings import setting_names  # noqa: PLC0415

    text = (ROOT / "docs" / "configuration.md").read_text()
    for name in setting_names():
        if not re.search(rf"\b{name}\b", text):
            yield f"docs/configuration.md: the setting {name} is missing"


def undocumented_commands() -> Iterator[str]:
    """Commands missing in docs/using.md."""
    from tactus.cli import COMMANDS  # noqa: PLC0415

    text = (ROOT / "docs" / "using.md").read_text()
    for name in COMMANDS:
        if f"tactus {name}" not in text:
            yield f"docs/using.md: the command `tactus {name}` is missing"


def stale_pages() -> Iterator[str]:
    """Generated pages that differ from the code."""
    import analyzer_description  # noqa: PLC0415
    import env_example  # noqa: PLC0415
    import features_page  # noqa: PLC0415
    import rooms_drawing  # noqa: PLC0415

    pages = (
        (analyzer_description.FILE, analyzer_description.content()),
        (features_page.PAGE, features_page.page()),
        (env_example.FILE, env_example.content()),
        (rooms_drawing.PAGE, rooms_drawing.page()),
    )
    for file, expected in pages:
        if not file.exists() or file.read_text() != expected:
            yield f"{file.relative_to(ROOT)}: does not match the code; run `make docs`"


def main() -> int:
    """Run every check."""
    problems = [
        line for check in (broken_links, undocumented_settings, undocumented_commands, stale_pages) for line in check()
    ]
    print("\n".join(problems) or f"{len(DOCUMENTS)} documents are complete")  # noqa: T201
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
