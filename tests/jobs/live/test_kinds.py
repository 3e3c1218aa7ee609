"""The table of source kinds, and what derives from it."""

import importlib
from typing import get_args

import pytest

from tactus.audio.sources.kinds import LOCAL_SOUND, SOURCE_KINDS, Field, SourceKind
from tactus.cli.live import SOURCES
from tactus.web.live.schemas import LiveStartRequest
from tactus.workers.live_options import LiveRequest, field_conflict


@pytest.mark.parametrize("kind", SOURCE_KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_an_opener_and_words_for_people(kind: SourceKind) -> None:
    module, _, name = kind.opener.partition(":")
    assert callable(getattr(importlib.import_module(module), name))
    assert kind.label
    assert kind.noun
    assert kind.description
    assert kind.field in (None, *get_args(Field))


def test_what_this_machine_hears_is_local_sound() -> None:
    assert {"device", "loopback"} == LOCAL_SOUND


def test_the_request_takes_each_kind_and_no_other() -> None:
    schema = LiveStartRequest.model_json_schema()
    assert schema["properties"]["source"]["enum"] == list(SOURCE_KINDS)
    assert schema["properties"]["source"]["default"] == LiveRequest().source == "device"


def test_the_command_line_takes_what_needs_no_client() -> None:
    assert SOURCES == ("device", "loopback", "url", "file", "demo")


@pytest.mark.parametrize(
    ("source", "given", "is_wrong"),
    [
        ("url", {"url": "http://example.org"}, False),
        ("url", {}, True),
        ("demo", {"url": "http://example.org"}, True),
        ("file", {"file": "a.wav"}, False),
        ("file", {"file": "a.wav", "url": "http://example.org"}, True),
        ("device", {}, False),
        ("device", {"device": 3}, False),
    ],
)
def test_the_field_that_names_a_sound_goes_with_its_source(source: str, given: dict[str, str], is_wrong: bool) -> None:
    assert (field_conflict(source, given) is not None) == is_wrong


def test_the_body_has_the_bounds_of_the_request() -> None:
    properties = LiveStartRequest.model_json_schema()["properties"]
    assert (properties["gain_db"]["minimum"], properties["gain_db"]["maximum"]) == (-60, 60)
    assert (properties["offset_ms"]["minimum"], properties["offset_ms"]["maximum"]) == (-1000, 1000)
    assert "path" not in properties  # a client must not name a path of the machine
    assert LiveStartRequest().to_request() == LiveRequest()
