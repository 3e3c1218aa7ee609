"""Live sound: starting, stopping and hearing sessions."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from tactus.analysis.live.beat_controls import NO_CONTROLS, BeatControls
from tactus.errors import (
    AudioOutOfRangeError,
    AudioUnavailableError,
    BodyTooLargeError,
    DecoderCrashedError,
    DeviceBusyError,
    DeviceNotFoundError,
    DeviceTimeoutError,
    EmptyAudioError,
    InvalidUrlError,
    LiveAlreadyRunningError,
    LiveNotRunningError,
    MediaTooComplexError,
    NoAudioError,
    NonFiniteAudioError,
    NotFoundError,
    OverloadedError,
    SourceBlockedError,
    SourceEncodingError,
    SourceFailedError,
    SourceTimeoutError,
    SourceTooManyRedirectsError,
    SourceTruncatedError,
    SourceUnreachableError,
    UndecodableMediaError,
    UnsupportedMediaError,
    ValidationError,
)
from tactus.jobs.live.request import LiveRequest
from tactus.web.body import json_body
from tactus.web.docs.openapi import failures, json_request, success
from tactus.web.live.audio_ingest import IngestFormat, take
from tactus.web.live.event_stream import EventStream
from tactus.web.live.query import parse_query
from tactus.web.live.schemas import (
    EventsQuery,
    ListenQuery,
    LiveAnswer,
    LiveControlRequest,
    LiveSessionsAnswer,
    LiveStartRequest,
    LiveStatusAnswer,
    LiveStopRequest,
    SendQuery,
    SessionQuery,
)
from tactus.web.live.websocket import play
from tactus.web.security.access_policy import SUBPROTOCOL
from tactus.web.security.middleware import has_own_sound, is_head, require_own_sound
from tactus.web.services import services_of
from tactus.workers.live_options import DEFAULT_SESSION

router = APIRouter(prefix="/live", tags=["live"])

OWN_SOUND = ("device", "loopback")
"""The sources that are the sound of this machine."""

_STATUS = {
    "is_recording": True,
    "sample_rate": 44100,
    "chunk_size": 1024,
    "current_device": None,
    "session": DEFAULT_SESSION,
    "state": "running",
    "source": "demo",
    "device_name": None,
    "device_id": None,
    "capture_rate": None,
    "started_at": 1746360000.0,
    "sequence": 42,
    "n_restarts": 0,
    "n_listeners": 1,
    "controls": NO_CONTROLS.to_dict(),
}
_SOUND_FAILURES = (
    OverloadedError,
    InvalidUrlError,
    SourceBlockedError,
    SourceUnreachableError,
    SourceFailedError,
    SourceTruncatedError,
    SourceTooManyRedirectsError,
    SourceEncodingError,
    SourceTimeoutError,
    UndecodableMediaError,
    NoAudioError,
    EmptyAudioError,
    AudioOutOfRangeError,
    NonFiniteAudioError,
    MediaTooComplexError,
    DecoderCrashedError,
)
_EVENT = """id: 1042
event: beat
data: {"type":"beat","id":17,"audio_time":8.512,"known_at":8.46,"bpm":124.0,"beat_in_bar":2,"bar":5,"phase":0.0,\
"confidence":0.8,"predicted":true,"session":"default_user","sequence":1042,"timestamp":1746360008.512}

"""
_BODY_FAILURES = (ValidationError, UnsupportedMediaError, BodyTooLargeError)


@router.post(
    "/start",
    summary="Start listening",
    response_model=None,
    responses={
        **failures(
            LiveAlreadyRunningError,
            DeviceNotFoundError,
            DeviceBusyError,
            AudioUnavailableError,
            DeviceTimeoutError,
            NotFoundError,
            *_SOUND_FAILURES,
            *_BODY_FAILURES,
        ),
        **success(LiveAnswer, {"message": "Live analysis is running.", **_STATUS}, "It is running"),
    },
    openapi_extra=json_request(
        LiveStartRequest,
        {
            "demo": {"source": "demo"},
            "microphone": {"source": "device"},
            "radio": {"source": "url", "url": "https://example.org/radio.mp3", "session": "radio"},
            "file": {"source": "file", "file": "sets/friday.flac"},
        },
        required=False,
    ),
)
async def start(
    request: Request, asked: Annotated[LiveStartRequest, Depends(json_body(LiveStartRequest))]
) -> dict[str, Any]:
    """With no body: the default microphone. `{"source": "demo"}` needs neither microphone nor permission.

    Starting again with the same parameters is all right.
    """
    if asked.source in OWN_SOUND:
        require_own_sound(request.scope)
    status = await services_of(request).live.start(LiveRequest(**asked.model_dump()))
    message = "Live analysis is running." if status.is_recording else "Live analysis was stopped while it started."
    return {"message": message, **asdict(status)}


@router.post(
    "/stop",
    summary="Stop listening",
    response_model=None,
    responses={
        **failures(*_BODY_FAILURES),
        **success(LiveAnswer, {"message": "Live analysis has stopped.", **_STATUS, "is_recording": False}, "It stands"),
    },
    openapi_extra=json_request(LiveStopRequest, {"default": {"session": DEFAULT_SESSION}}, required=False),
)
async def stop(
    request: Request, asked: Annotated[LiveStopRequest, Depends(json_body(LiveStopRequest))]
) -> dict[str, Any]:
    """Stopping what does not run is all right."""
    live = services_of(request).live
    was_running = await live.stop(asked.session)
    message = "Live analysis has stopped." if was_running else "Live analysis was not running."
    return {"message": message, **asdict(live.status(asked.session))}


@router.post(
    "/control",
    summary="Put the beat right",
    response_model=None,
    responses={
        **failures(LiveNotRunningError, *_BODY_FAILURES),
        **success(
            LiveAnswer,
            {
                "message": "The beat is told as you say.",
                **_STATUS,
                "controls": BeatControls(scale=2.0, hold=True).to_dict(),
            },
            "What holds now",
        ),
    },
    openapi_extra=json_request(
        LiveControlRequest,
        {
            "double": {"tempo": "x2"},
            "half, and hold": {"tempo": "x1/2", "hold": True},
            "tempo": {"tempo": 128},
            "range": {"tempo": {"min": 120, "max": 140}},
            "tap": {"tap": True, "latency_ms": 12},
            "the one": {"resync": True},
            "nudge": {"nudge_ms": -15},
            "release": {"release": True},
        },
        required=False,
    ),
)
async def control(
    request: Request, asked: Annotated[LiveControlRequest, Depends(json_body(LiveControlRequest))]
) -> dict[str, Any]:
    """What listeners say of the beat holds until they release it; the session's `state` message tells it to all."""
    status = services_of(request).live.command(asked.command, asked.latency_ms / 1000, asked.session)
    return {"message": "The beat is told as you say.", **asdict(status)}


@router.get(
    "/status",
    summary="How a session is doing",
    response_model=None,
    responses={**failures(ValidationError), **success(LiveStatusAnswer, _STATUS, "Its state")},
)
async def status(request: Request, asked: Annotated[SessionQuery, Query()]) -> dict[str, Any]:
    """Also of a session that was never started."""
    return asdict(services_of(request).live.status(asked.session))


@router.get(
    "/sessions",
    summary="All sessions that run",
    response_model=None,
    responses={**failures(), **success(LiveSessionsAnswer, {"sessions": [_STATUS]}, "They, by name")},
)
async def sessions(request: Request) -> dict[str, Any]:
    """Each as `GET /live/status` tells it. Any number of clients may listen to each, up to 16 run at once."""
    return {"sessions": [asdict(status) for status in services_of(request).live.statuses()]}


@router.get(
    "/events",
    summary="Beats and states as they come",
    response_model=None,
    response_class=EventStream,
    status_code=200,
    responses={
        **failures(ValidationError, OverloadedError),
        200: {
            "description": "Server-sent events, without an end",
            "content": {EventStream.media_type: {"schema": {"type": "string"}, "example": _EVENT}},
        },
    },
)
async def events(
    request: Request,
    asked: Annotated[EventsQuery, Query()],
    last_event_id: Annotated[
        str | None, Header(pattern="^[0-9]{1,18}$", description="The last event that was heard before")
    ] = None,
) -> Response:
    """Server-sent events for `EventSource` or curl: beats, tempo, and what happens to the session; no frames.

    The first tells the state. A session that hears this machine's own sound tells this machine and holders of the
    token only.
    """
    services = services_of(request)
    is_own = has_own_sound(request.scope)

    def may_receive() -> bool:
        return is_own or services.live.status(asked.session).source not in OWN_SOUND

    if not may_receive():
        require_own_sound(request.scope)
    hub = services.live.hub(asked.session)
    client = request.client.host if request.client else ""
    return EventStream(
        hub,
        partial(services.listeners.slot, client, is_own=is_own),
        types=asked.types,
        state=hub.state if is_own or not _tells_own_sound(hub.state) else None,
        after_sequence=int(last_event_id) if last_event_id and is_own else None,
        may_receive=may_receive,
        is_head=is_head(request.scope),
    )


@router.websocket("/ws")
async def listen(socket: WebSocket) -> None:
    """The messages of a session as they are made; `?session=` names it, `?after=` the last sequence number heard.

    `?fields=`, `?bins=`, `?scale=`, `?rate=` and `?format=` say in which form frames are wanted.
    A session that hears this machine's own sound plays to this machine and to holders of the token only.
    """
    asked = parse_query(socket.query_params, ListenQuery)
    session = asked.session
    services = services_of(socket)
    is_own = has_own_sound(socket.scope)

    def may_receive() -> bool:
        return is_own or services.live.status(session).source not in OWN_SOUND

    if not may_receive():
        require_own_sound(socket.scope)
    client = socket.client.host if socket.client else ""
    with services.listeners.slot(client, is_own=is_own):
        await _accept(socket)
        hub = services.live.hub(session)
        # What was played before may have been this machine's sound: others hear only what comes.
        await play(
            socket,
            hub,
            form=asked.form,
            state=hub.state if is_own or not _tells_own_sound(hub.state) else None,
            after_sequence=asked.after if is_own else None,
            may_receive=may_receive,
            clock_s=partial(services.live.clock_s, session),
        )


@router.websocket("/in")
async def hear(socket: WebSocket) -> None:
    """Takes the sound of a client: its microphone, a tab. `?session=` names the session, which is started if need be.

    `?rate=`, `?channels=` and `?format=` say how samples are written; each binary message holds some.
    """
    asked = parse_query(socket.query_params, SendQuery)
    form = IngestFormat(asked.rate, asked.channels, asked.format)
    services = services_of(socket)
    client = socket.client.host if socket.client else ""
    with services.listeners.slot(client, is_own=has_own_sound(socket.scope)):
        async with services.live.feeding(asked.session, form.fields) as run:
            await _accept(socket)
            await take(socket, form, partial(run.feed, form.fields), run.over)


async def _accept(socket: WebSocket) -> None:
    offered = socket.scope.get("subprotocols", [])
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)


def _tells_own_sound(state: bytes | None) -> bool:
    return state is not None and orjson.loads(state).get("source") in OWN_SOUND
