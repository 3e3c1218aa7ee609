"""The examples in docstrings: each gives what it says."""

import doctest
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import tactus

SOURCE = Path(tactus.__file__).parent


def modules_with_examples() -> Iterator[str]:
    for path in sorted(SOURCE.rglob("*.py")):
        if ">>> " in path.read_text():
            yield ".".join(("tactus", *path.relative_to(SOURCE).with_suffix("").parts))


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_in_docstrings_are_true(name: str) -> None:
    results = doctest.testmod(import_module(name))
    assert results.attempted > 0
    assert results.failed == 0


def test_an_example_that_is_wrong_is_found() -> None:
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    assert doctest.DocTestRunner(verbose=False).run(wrong, out=lambda _: None).failed == 1
