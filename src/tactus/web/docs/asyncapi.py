"""AsyncAPI document of the live messages: by WebSocket, as server-sent events, and in Redis."""

from typing import Any

from tactus import __version__
from tactus.web.live.messages import EVENT, MESSAGE
from tactus.web.live.schemas import EventsQuery, ListenQuery, SendQuery

VERSION = "3.0.0"
WITHIN_FRAMES = ("beat", "beat_cancelled", "tempo", "onset", "pong")
"""Message types that are not published in Redis: events are inside frames there, and pings have no answer."""


def message_schema() -> dict[str, Any]:
    """The JSON Schema of every live message."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Live messages of Tactus",
        **MESSAGE.json_schema(),
    }


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document, as JSON values."""
    schemas = MESSAGE.json_schema(ref_template="#/components/schemas/{model}")["$defs"]
    types = {name: schema["properties"]["type"]["const"] for name, schema in schemas.items() if _has_type(schema)}
    events = EVENT.json_schema()["$defs"]
    messages: dict[str, Any] = {
        kind: {
            "name": kind,
            "summary": schemas[name].get("description", "").partition("\n")[0],
            "contentType": "application/json",
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }
        for name, kind in types.items()
    }
    messages["samples"] = {
        "name": "samples",
        "summary": "Raw samples, little endian, interleaved",
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
    }
    messages["ping"] = {
        "name": "ping",
        "summary": "Asks for the server's time",
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "properties": {"type": {"const": "ping"}, "id": {"type": "integer", "minimum": 0}},
            "required": ["type", "id"],
        },
    }
    session = {"session": {"description": "Name of the session; default_user has the channel without a name"}}
    in_redis = [kind for kind in types.values() if kind not in WITHIN_FRAMES]
    channels = {
        "listen": _channel("/live/ws", "All messages of a session", [*types.values(), "ping"], ListenQuery),
        "send": _channel("/live/in", "Audio from a client", ["samples"], SendQuery),
        "events": _channel("/live/events", "Server-sent events", _kinds(events), EventsQuery),
        "redis": _channel("audio:realtime", "All messages, where there is Redis", in_redis),
        "redisOfSession": {
            **_channel("audio:realtime:{session}", "All messages of another session", in_redis),
            "parameters": session,
        },
    }
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Tactus, live sound",
            "version": __version__,
            "description": "Messages of live sessions. Units, layouts of binary frames and close codes: docs/live.md.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {
            name: {"action": "receive" if name == "send" else "send", "channel": {"$ref": f"#/channels/{name}"}}
            for name in channels
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _has_type(schema: dict[str, Any]) -> bool:
    return "const" in schema.get("properties", {}).get("type", {})


def _kinds(schemas: dict[str, Any]) -> list[str]:
    return [schema["properties"]["type"]["const"] for schema in schemas.values() if _has_type(schema)]


def _channel(address: str, summary: str, kinds: list[str], query: Any = None) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": address,
        "summary": summary,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in dict.fromkeys(kinds)},
    }
    if query is not None:
        channel["bindings"] = {"ws": {"method": "GET", "query": query.model_json_schema()}}
    return channel
