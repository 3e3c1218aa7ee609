"""The AsyncAPI document and the JSON Schema of live messages."""

import json

import httpx

from tactus.web.docs.asyncapi import asyncapi, message_schema
from tests.fixtures.service import MakeService
from tests.web.json_references import references, resolve


def test_every_reference_leads_somewhere() -> None:
    for document in (asyncapi(), message_schema()):
        led = [resolve(document, reference) for reference in references(document)]
        assert len(led) > 10


def test_every_channel_and_message_is_described() -> None:
    document = asyncapi()
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {"/live/ws", "/live/in", "/live/events", "audio:realtime", "audio:realtime:{session}"}
    assert all(message["summary"] for message in document["components"]["messages"].values())
    assert {"frame", "state"} <= document["channels"]["redis"]["messages"].keys()
    assert "beat" not in document["channels"]["redis"]["messages"]
    query = document["channels"]["listen"]["bindings"]["ws"]["query"]["properties"]
    assert {"session", "after", "fields", "bins", "scale", "rate", "format"} <= query.keys()


def test_the_service_tells_them(client: httpx.Client) -> None:
    answer = client.get("/live/schema")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == json.loads(json.dumps(message_schema()))
    assert client.get("/asyncapi.json").json()["asyncapi"] == "3.0.0"
    script = client.get("/client.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "export function connect" in script.text


def test_they_ask_for_no_token(make_service: MakeService) -> None:
    with make_service(TACTUS_API_TOKEN="secret") as guarded, guarded.client() as client:
        for path in ("/live/schema", "/asyncapi.json", "/client.js"):
            assert client.get(path).status_code == 200
