"""Routes of live sessions: start, stop, control, status, listeners."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from tactus.analysis.live.beat_controls import NO_CONTROLS, BeatControls
from tactus.audio.sources.kinds import LOCAL_SOUND, SOURCE_KINDS
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
from tactus.hub.message import DEFAULT_SESSION
from tactus.web.body import json_body
from tactus.web.docs.openapi import failures, json_request, success
from tactus.web.live.audio_ingest import IngestFormat, receive_audio
from tactus.web.live.event_stream import EventStream
from tactus.web.live.query import parse_query
from tactus.web.live.schemas import (
    EventsQuery,
    ListenQuery,
    LiveAnswer,
    LiveControlRequest,
    LiveSessionsAnswer,
    LiveSourcesAnswer,
    LiveStartRequest,
    LiveStatusAnswer,
    LiveStopRequest,
    SendQuery,
    SessionQuery,
)
from tactus.web.live.subscriber import Subscriber
from tactus.web.live.websocket import send_messages
from tactus.web.security.access_policy import SUBPROTOCOL
from tactus.web.security.middleware import is_head, may_receive_local_sound, require_local_sound_access
from tactus.web.services import services_of

router = APIRouter(prefix="/live", tags=["live"])

_STATUS = {
    "is_recording": True,
    "sample_rate": 44100,
    "chunk_size": 1024,
    "current_device": None,
    "session": DEFAULT_SESSION,
    "state": "recording",
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
_SOURCES = [
    {
        "name": kind.name,
        "label": kind.label,
        "noun": kind.noun,
        "description": kind.description,
        "field": kind.field,
        "is_local_sound": kind.is_local_sound,
        "is_pushed": kind.is_pushed,
    }
    for kind in SOURCE_KINDS.values()
]
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
    summary="Start a session",
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
        **success(LiveAnswer, {"message": "Live analysis is running.", **_STATUS}, "The session is running"),
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
async def start(request: Request, body: Annotated[Any, Depends(json_body(LiveStartRequest))]) -> dict[str, Any]:
    """Without a body: the default microphone. `{"source": "demo"}` needs neither microphone nor permission.

    Starting again with the same request changes nothing.
    """
    live_request = body.to_request()
    if live_request.source in LOCAL_SOUND:
        require_local_sound_access(request.scope)
    status = await services_of(request).live.start(live_request)
    message = "Live analysis is running." if status.is_recording else "Live analysis was stopped while it started."
    return {"message": message, **asdict(status)}


@router.post(
    "/stop",
    summary="Stop a session",
    response_model=None,
    responses={
        **failures(*_BODY_FAILURES),
        **success(
            LiveAnswer,
            {"message": "Live analysis has stopped.", **_STATUS, "is_recording": False, "state": "stopped"},
            "The session is stopped",
        ),
    },
    openapi_extra=json_request(LiveStopRequest, {"default": {"session": DEFAULT_SESSION}}, required=False),
)
async def stop(
    request: Request, asked: Annotated[LiveStopRequest, Depends(json_body(LiveStopRequest))]
) -> dict[str, Any]:
    """Stopping a session that is not running changes nothing."""
    live = services_of(request).live
    was_running = await live.stop(asked.session)
    message = "Live analysis has stopped." if was_running else "Live analysis was not running."
    return {"message": message, **asdict(live.status(asked.session))}


@router.post(
    "/control",
    summary="Correct the beat",
    response_model=None,
    responses={
        **failures(LiveNotRunningError, *_BODY_FAILURES),
        **success(
            LiveAnswer,
            {
                "message": "The beat is corrected.",
                **_STATUS,
                "controls": BeatControls(scale=2.0, hold=True).to_dict(),
            },
            "The controls that are in force",
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
            "downbeat": {"resync": True},
            "nudge": {"nudge_ms": -15},
            "release": {"release": True},
        },
        required=False,
    ),
)
async def control(
    request: Request, asked: Annotated[LiveControlRequest, Depends(json_body(LiveControlRequest))]
) -> dict[str, Any]:
    """Corrections are in force until they are released; all listeners get them in the session's `state` message."""
    status = services_of(request).live.command(asked.command, asked.latency_ms / 1000, asked.session)
    return {"message": "The beat is corrected.", **asdict(status)}


@router.get(
    "/status",
    summary="Status of a session",
    response_model=None,
    responses={**failures(ValidationError), **success(LiveStatusAnswer, _STATUS, "Its status")},
)
async def status(request: Request, asked: Annotated[SessionQuery, Query()]) -> dict[str, Any]:
    """Works for a session that was never started, too."""
    return asdict(services_of(request).live.status(asked.session))


@router.get(
    "/sessions",
    summary="Running sessions",
    response_model=None,
    responses={**failures(), **success(LiveSessionsAnswer, {"sessions": [_STATUS]}, "Sessions, sorted by name")},
)
async def sessions(request: Request) -> dict[str, Any]:
    """Each as in `GET /live/status`. Up to 16 sessions run at once, each with any number of listeners."""
    return {"sessions": [asdict(status) for status in services_of(request).live.statuses()]}


@router.get(
    "/sources",
    summary="Kinds of sources",
    response_model=None,
    responses={**failures(), **success(LiveSourcesAnswer, {"sources": _SOURCES}, "What `source` may be")},
)
async def sources() -> dict[str, Any]:
    """The kinds of sources that `POST /live/start` takes, in the order in which a page would list them."""
    return {"sources": _SOURCES}


@router.get(
    "/events",
    summary="Stream of beats and state changes",
    response_model=None,
    response_class=EventStream,
    status_code=200,
    responses={
        **failures(ValidationError, OverloadedError),
        200: {
            "description": "Server-sent events, without end",
            "content": {EventStream.media_type: {"schema": {"type": "string"}, "example": _EVENT}},
        },
    },
)
async def events(
    request: Request,
    asked: Annotated[EventsQuery, Query()],
    last_event_id: Annotated[
        str | None, Header(pattern="^[0-9]{1,18}$", description="Id of the last event received before")
    ] = None,
) -> Response:
    """Server-sent events for `EventSource` or curl: beats, tempo and state changes of the session; no frames.

    The first event is the state. A session with the sound of this machine is for this machine and for holders of the
    token only.
    """
    slots, client = services_of(request).listener_slots, _client_address(request)
    return EventStream(
        _subscriber(request, asked.session, int(last_event_id) if last_event_id else None),
        partial(slots.slot, client, is_own=may_receive_local_sound(request.scope)),
        types=asked.types,
        is_head=is_head(request.scope),
    )


@router.websocket("/ws")
async def listen(socket: WebSocket) -> None:
    """Sends the messages of a session; `?session=` names it, `?after=` the last sequence number received.

    `?fields=`, `?bins=`, `?scale=`, `?rate=` and `?format=` describe the frames to send. A session with the sound of
    this machine is for this machine and for holders of the token only.
    """
    asked = parse_query(socket.query_params, ListenQuery)
    services = services_of(socket)
    subscriber = _subscriber(socket, asked.session, asked.after)
    with services.listener_slots.slot(_client_address(socket), is_own=may_receive_local_sound(socket.scope)):
        await _accept(socket)
        await send_messages(socket, subscriber, asked.subscription, partial(services.live.clock_s, asked.session))


@router.websocket("/in")
async def receive(socket: WebSocket) -> None:
    """Receives the sound of a client: its microphone, a tab. `?session=` names the session, which starts if needed.

    `?rate=`, `?channels=` and `?format=` describe the samples; each binary message holds some.
    """
    asked = parse_query(socket.query_params, SendQuery)
    pcm = IngestFormat(asked.rate, asked.channels, asked.format)
    services = services_of(socket)
    with services.listener_slots.slot(_client_address(socket), is_own=may_receive_local_sound(socket.scope)):
        async with services.live.accept_samples(asked.session, pcm.fields) as run:
            await _accept(socket)
            await receive_audio(socket, pcm, partial(run.push_samples, pcm.fields), run.wait_until_over)


async def _accept(socket: WebSocket) -> None:
    offered = socket.scope.get("subprotocols", [])
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)


def _subscriber(connection: HTTPConnection, session: str, after_sequence: int | None) -> Subscriber:
    """A client as a subscriber of a session.

    Clients that may not receive the sound of this machine get no replay, and no state that names it as the source:
    what came before may have been that sound.

    Raises:
        ForbiddenError: The session has this machine's own sound, which the client may not receive.
    """
    live = services_of(connection).live
    is_own = may_receive_local_sound(connection.scope)

    def may_receive() -> bool:
        return is_own or live.status(session).source not in LOCAL_SOUND

    if not may_receive():
        require_local_sound_access(connection.scope)
    hub = live.hub(session)
    may_have_state = is_own or (hub.state is not None and hub.state.head.get("source") not in LOCAL_SOUND)
    return Subscriber(
        hub=hub,
        state=hub.state if may_have_state else None,
        after_sequence=after_sequence if is_own else None,
        may_receive=may_receive,
    )


def _client_address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""
