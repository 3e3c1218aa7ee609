"""What travels over HTTP about live sessions: requests are checked against these, answers are described by them."""

from typing import Annotated, Any, Literal, NotRequired, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from tactus.analysis.live.beat_controls import BeatCommand
from tactus.analysis.ranges import NAMED_BPM_RANGE, TRACKED_BPM_RANGE
from tactus.web.live.frame_format import Form, Scale, named_fields
from tactus.web.live.messages import Controls, EventType
from tactus.web.tracks.schemas import RequestModel
from tactus.workers.live_options import DEFAULT_SESSION, LiveSource

SessionName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Letters, digits, _ and -", examples=[DEFAULT_SESSION])
]


class LiveStartRequest(RequestModel):
    """What to listen to; nothing at all means the default microphone."""

    session: SessionName = DEFAULT_SESSION
    source: Annotated[
        LiveSource,
        Field(
            description="A microphone or line input; what this machine plays; what a client sends to /live/in; a "
            "network stream; a file of the media folder; music that the service makes"
        ),
    ] = "device"
    device: Annotated[
        Annotated[int, Field(ge=0, le=10_000)] | Annotated[str, Field(min_length=1, max_length=300)] | None,
        Field(description="Index, id or name, as GET /devices has them"),
    ] = None
    url: Annotated[
        str | None,
        Field(min_length=1, description="Of source `url`: http or https", examples=["https://example.org/radio.mp3"]),
    ] = None
    file: Annotated[
        str | None,
        Field(min_length=1, max_length=1000, description="Of source `file`: its name in TACTUS_MEDIA_FOLDER"),
    ] = None
    channel: Annotated[int | None, Field(ge=0, le=63, description="Which channel; none: the mean of all")] = None
    gain_db: Annotated[float, Field(ge=-60, le=60, description="Input gain [dB]")] = 0.0
    offset_ms: Annotated[
        float, Field(ge=-1000, le=1000, description="Beats are told so much later, negative: earlier [ms]")
    ] = 0.0
    attack_ms: Annotated[float, Field(ge=0, le=10_000, description="Time constant with which levels rise [ms]")] = 5.0
    release_ms: Annotated[float, Field(ge=0, le=10_000, description="With which they fall [ms]")] = 120.0

    @model_validator(mode="after")
    def _names_its_source(self) -> "LiveStartRequest":
        for source, given in (("url", self.url), ("file", self.file)):
            if (self.source == source) != (given is not None):
                raise PydanticCustomError("source", f"`{source}` goes with source `{source}`, and with no other")
        return self


class LiveStopRequest(RequestModel):
    """Which session to stop."""

    session: SessionName = DEFAULT_SESSION


class TempoRange(RequestModel):
    """Between which tempi the beat is."""

    min: Annotated[float, Field(ge=TRACKED_BPM_RANGE[0], le=TRACKED_BPM_RANGE[1], description="[bpm]")]
    max: Annotated[float, Field(ge=TRACKED_BPM_RANGE[0], le=TRACKED_BPM_RANGE[1], description="[bpm]")]

    @model_validator(mode="after")
    def _ascends(self) -> "TempoRange":
        if self.min > self.max:
            raise PydanticCustomError("range", "`min` is at most `max`")
        return self


class LiveControlRequest(RequestModel):
    """How the beat of a session is to be told, until that is released: one of these, or several."""

    session: SessionName = DEFAULT_SESSION
    tempo: Annotated[
        Literal["x2", "x1/2"]
        | Annotated[float, Field(ge=NAMED_BPM_RANGE[0], le=NAMED_BPM_RANGE[1])]
        | TempoRange
        | None,
        Field(description="Twice or half as fast as told now; a tempo [bpm]; or a range"),
    ] = None
    tap: Annotated[bool, Field(description="A beat is now; three taps and more set tempo and phase")] = False
    nudge_ms: Annotated[
        float, Field(ge=-500, le=500, description="Beats are told so much later than now, negative: earlier [ms]")
    ] = 0.0
    hold: Annotated[bool | None, Field(description="Whether tempo and phase stay, whatever is heard")] = None
    resync: Annotated[bool, Field(description="The beat that is now is the one")] = False
    release: Annotated[bool, Field(description="Everything said before is taken back, before the rest is done")] = False
    latency_ms: Annotated[
        float, Field(ge=0, le=1000, description="How long this takes to the service, if that is measured [ms]")
    ] = 0.0

    @property
    def command(self) -> BeatCommand:
        """What is wanted."""
        tempo = (self.tempo.min, self.tempo.max) if isinstance(self.tempo, TempoRange) else self.tempo
        return BeatCommand(tempo, self.tap, self.nudge_ms / 1000, self.hold, self.resync, self.release)


class SessionQuery(BaseModel):
    """Which session is meant, as a query parameter."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    session: SessionName = DEFAULT_SESSION


def _fields(value: Any) -> Any:
    return named_fields(value.split(",")) if isinstance(value, str) else value


class ListenQuery(SessionQuery):
    """What a listener wants to hear."""

    after: Annotated[
        int | None, Field(ge=0, lt=10**18, description="The last sequence number that was heard before")
    ] = None
    fields: Annotated[
        frozenset[str] | None,
        BeforeValidator(_fields),
        Field(description="Of a frame, separated by commas; none: all", examples=["levels,beat_detected"]),
    ] = None
    bins: Annotated[int | None, Field(ge=1, le=8192, description="Of the spectrum; none: as they are")] = None
    scale: Annotated[Scale, Field(description="How bins divide the spectrum")] = "linear"
    rate: Annotated[
        float | None, Field(ge=0.1, le=1000, allow_inf_nan=False, description="Frames a second at most; none: all")
    ] = None
    format: Annotated[Literal["json", "binary"], Field(description="Of frames")] = "json"

    @property
    def form(self) -> Form:
        """In which form frames are wanted."""
        return Form(self.fields, self.bins, self.scale, self.rate, self.format == "binary")


def _types(value: Any) -> Any:
    """Names that come as `types=a,b`, as `types=a&types=b`, or both."""
    return [name for text in value for name in text.split(",")] if isinstance(value, list) else value


class EventsQuery(SessionQuery):
    """Which events a listener wants."""

    types: Annotated[
        frozenset[EventType],
        BeforeValidator(_types),
        Field(description="Separated by commas; onsets only where they are named", examples=["beat,state"]),
        WithJsonSchema({"type": "string"}),
    ] = frozenset(get_args(EventType)) - {"onset"}


class SendQuery(SessionQuery):
    """How a client writes the samples that it sends."""

    rate: Annotated[int, Field(ge=8000, le=192_000, description="Sample rate [Hz]")] = 44100
    channels: Annotated[int, Field(ge=1, le=2, description="Interleaved")] = 1
    format: Annotated[Literal["s16", "f32"], Field(description="16-bit integers or 32-bit floats, little endian")] = (
        "f32"
    )


class LiveStatusAnswer(TypedDict):
    """How a live session is doing."""

    is_recording: bool
    sample_rate: int
    chunk_size: int
    current_device: int | None
    session: str
    state: str
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
    """All sessions that run."""

    sessions: list[LiveStatusAnswer]


class LiveFilesAnswer(TypedDict):
    """The files that a session may play; none with the reason and the remedy."""

    files: Annotated[list[str], Field(description="Names below the media folder, `/` between folders")]
    complete: Annotated[bool, Field(description="Whether these are all")]
    reason: NotRequired[Literal["no-media-folder", "media-folder-unreadable", "no-media-file"]]
    remedy: NotRequired[Annotated[str, Field(description="What to do about it")]]


class LiveAnswer(LiveStatusAnswer):
    """The same, with a sentence about what was done."""

    message: str
