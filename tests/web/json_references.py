"""References (`$ref`) in JSON documents."""

from collections.abc import Iterator
from typing import Any


def references(node: Any) -> Iterator[str]:
    """Every `$ref` in a JSON document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document: Any, reference: str) -> Any:
    """The part of a document that a `$ref` points to (RFC 6901)."""
    assert reference.startswith("#/"), reference
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document
