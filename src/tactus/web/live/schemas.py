"""Requests and answers about live sessions over HTTP, as types."""

from dataclasses import fields as dataclass_fields
from typing import Annotated, Any, Literal, NotRequired, Self, get_args, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from tactus.analysis.live.beat_controls import BeatCommand
from tactus.analysis.ranges import NAMED_BPM_RANGE, TRACKED_BPM_RANGE
from tactus.audio.sources.kinds import SOURCE_KINDS
from tactus.hub.message import DEFAULT_SESSION
from tactus.jobs.live.run_state import RunState
from tactus.web.live.frame_format import FrameSubscription, named_fields
from tactus.web.live.messages import Controls, EventType
from tactus.web.live.spectrum_bands import Scale
from tactus.web.tracks.schemas import RequestModel
from tactus.workers.live_options import LiveRequest, field_conflict

SessionName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Letters, digits, _ and -", examples=[DEFAULT_SESSION])
]


_Device = Annotated[int, Field(ge=0, le=10_000)] | Annotated[str, Field(min_length=1, max_length=300)]


class _StartBody(RequestModel):
    """What to analyse; without a body, the default microphone."""

    @model_validator(mode="after")
    def _check_fields_of_source(self) -> Self:
        given = self.model_dump()
        if problem := field_conflict(given["source"], given):
            raise PydanticCustomError("source", problem)
        return self

    def to_request(self) -> LiveRequest:
        """The request."""
        return LiveRequest(**self.model_dump())


def _start_body() -> type[_StartBody]:
    """The body of `POST /live/start`: every field of `LiveRequest` with the constraints of its metadata."""
    types = {"source": Literal[tuple(SOURCE_KINDS)], "device": _Device | None}
    hints = get_type_hints(LiveRequest)
    fields: dict[str, Any] = {
        each.name: (types.get(each.name, hints[each.name]), Field(default=each.default, **each.metadata))
        for each in dataclass_fields(LiveRequest)
    }
    return create_model("LiveStartRequest", __base__=_StartBody, __doc__=_StartBody.__doc__, **fields)


LiveStartRequest = _start_body()


class LiveStopRequest(RequestModel):
    """Session to stop."""

    session: SessionName = DEFAULT_SESSION


class TempoRange(RequestModel):
    """Range of tempi."""

    min: Annotated[float, Field(ge=TRACKED_BPM_RANGE[0], le=TRACKED_BPM_RANGE[1], description="Lowest tempo [bpm]")]
    max: Annotated[float, Field(ge=TRACKED_BPM_RANGE[0], le=TRACKED_BPM_RANGE[1], description="Highest tempo [bpm]")]

    @model_validator(mode="after")
    def _ascends(self) -> "TempoRange":
        if self.min > self.max:
            raise PydanticCustomError("range", "`min` is at most `max`")
        return self


class LiveControlRequest(RequestModel):
    """Changes of a session's beat, one or several, until they are released."""

    session: SessionName = DEFAULT_SESSION
    tempo: Annotated[
        Literal["x2", "x1/2"]
        | Annotated[float, Field(ge=NAMED_BPM_RANGE[0], le=NAMED_BPM_RANGE[1])]
        | TempoRange
        | None,
        Field(description="Twice or half the present tempo; a tempo [bpm]; or a range"),
    ] = None
    tap: Annotated[bool, Field(description="A beat is now; three or more taps set tempo and phase")] = False
    nudge_ms: Annotated[
        float, Field(ge=-500, le=500, description="Additional shift of all beats, negative: earlier [ms]")
    ] = 0.0
    hold: Annotated[bool | None, Field(description="Whether tempo and phase stay, whatever the sound does")] = None
    resync: Annotated[bool, Field(description="The present beat is a downbeat")] = False
    release: Annotated[
        bool, Field(description="Removes all earlier changes, before the others of this request apply")
    ] = False
    latency_ms: Annotated[
        float, Field(ge=0, le=1000, description="Age of this request when it arrives, if known [ms]")
    ] = 0.0

    @property
    def command(self) -> BeatCommand:
        """The command."""
        tempo = (self.tempo.min, self.tempo.max) if isinstance(self.tempo, TempoRange) else self.tempo
        return BeatCommand(tempo, self.tap, self.nudge_ms / 1000, self.hold, self.resync, self.release)


class SessionQuery(BaseModel):
    """Session, as a query parameter."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    session: SessionName = DEFAULT_SESSION


def _fields(value: Any) -> Any:
    return named_fields(value.split(",")) if isinstance(value, str) else value


class ListenQuery(SessionQuery):
    """Subscription of a WebSocket listener."""

    after: Annotated[
        int | None, Field(ge=0, lt=10**18, description="Sequence number of the last message received before")
    ] = None
    fields: Annotated[
        frozenset[str] | None,
        BeforeValidator(_fields),
        Field(description="Fields of a frame, separated by commas; none: all", examples=["levels,beat_detected"]),
    ] = None
    bins: Annotated[int | None, Field(ge=1, le=8192, description="Number of spectrum bins; none: all FFT bins")] = None
    scale: Annotated[Scale, Field(description="Spacing of the bins")] = "linear"
    rate: Annotated[
        float | None, Field(ge=0.1, le=1000, allow_inf_nan=False, description="Maximum of frames per second; none: all")
    ] = None
    format: Annotated[Literal["json", "binary"], Field(description="Format of frames")] = "json"

    @property
    def subscription(self) -> FrameSubscription:
        """The subscription to frames."""
        return FrameSubscription(self.fields, self.bins, self.scale, self.rate, self.format == "binary")


def _types(value: Any) -> Any:
    """Splits names that come as `types=a,b`, as `types=a&types=b`, or both."""
    return [name for text in value for name in text.split(",")] if isinstance(value, list) else value


class EventsQuery(SessionQuery):
    """Subscription of an event listener."""

    types: Annotated[
        frozenset[EventType],
        BeforeValidator(_types),
        Field(description="Event types, separated by commas; onsets only if named", examples=["beat,state"]),
        WithJsonSchema({"type": "string"}),
    ] = frozenset(get_args(EventType)) - {"onset"}


class SendQuery(SessionQuery):
    """Format of the samples that a client sends."""

    rate: Annotated[int, Field(ge=8000, le=192_000, description="Sample rate [Hz]")] = 44100
    channels: Annotated[int, Field(ge=1, le=2, description="Number of channels, interleaved")] = 1
    format: Annotated[Literal["s16", "f32"], Field(description="16-bit integers or 32-bit floats, little endian")] = (
        "f32"
    )


class LiveStatusAnswer(TypedDict):
    """Status of a live session."""

    is_recording: bool
    sample_rate: int
    chunk_size: int
    current_device: int | None
    session: str
    state: RunState
    source: str | None
    device_name: str | None
    device_id: str | None
    capture_rate: float | None
    started_at: float | None
    sequence: int
    n_restarts: int
    n_listeners: int
    controls: Controls | None


class LiveSessionsAnswer(TypedDict):
    """All running sessions."""

    sessions: list[LiveStatusAnswer]


class LiveFilesAnswer(TypedDict):
    """Files that a session may play; an empty list has a reason and a remedy."""

    files: Annotated[list[str], Field(description="Names below the media folder, `/` between folders")]
    complete: Annotated[bool, Field(description="Whether the list is complete")]
    reason: NotRequired[Literal["no-media-folder", "media-folder-unreadable", "no-media-file"]]
    remedy: NotRequired[Annotated[str, Field(description="What to do about it")]]


class LiveSourceAnswer(TypedDict):
    """A kind of live source."""

    name: Annotated[str, Field(description="Value of `source` in `POST /live/start`")]
    label: Annotated[str, Field(description="Short name for a button")]
    noun: Annotated[str, Field(description="The same in a sentence")]
    description: str
    field: Annotated[
        Literal["device", "file", "url"] | None, Field(description="Field of the request that names the sound")
    ]
    is_local_sound: Annotated[bool, Field(description="It is the sound of this machine, for this machine only")]
    is_pushed: Annotated[bool, Field(description="A client sends the samples to `/live/in`")]


class LiveSourcesAnswer(TypedDict):
    """The kinds of live sources."""

    sources: list[LiveSourceAnswer]


class LiveAnswer(LiveStatusAnswer):
    """Status of a session, with a sentence about what was done."""

    message: str
