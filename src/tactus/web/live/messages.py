"""The live messages as types: /live/schema and the AsyncAPI document are made from them, and forms take their names.

Bounds and units stand here and nowhere else; `workers/live_engine` and `jobs/live/publisher` make the messages.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

Level = Annotated[float, Field(ge=0, le=1)]
Moment = Annotated[float, Field(description="When its sound has arrived, or will [s since 1970]")]
Seconds = Annotated[float, Field(description="[s]")]
EventType = Literal[
    "state", "device_lost", "stalled", "resumed", "gap", "ended", "beat", "beat_cancelled", "tempo", "onset"
]
"""What is told as events: all but frames."""
LEVELS = ("bass_level", "mid_level", "treble_level", "overall_volume", "energy_level")
RAW_LEVELS = tuple(f"{name}_raw" for name in LEVELS)


class Beat(TypedDict):
    """A beat. The same id again replaces what was said."""

    type: Literal["beat"]
    id: int
    audio_time: Annotated[float, Field(description="When it sounds, in audio time [s]")]
    known_at: Annotated[float, Field(description="How much sound had been heard when this was said [s]")]
    bpm: float
    beat_in_bar: Annotated[int | None, Field(description="1 is the downbeat; null where bars are not known")]
    bar: int | None
    phase: float
    confidence: Level
    predicted: Annotated[bool, Field(description="Said before it sounds")]
    session: NotRequired[str]
    sequence: NotRequired[int]
    timestamp: NotRequired[Moment]


class BeatCancelled(TypedDict):
    """A beat that was said will not come."""

    type: Literal["beat_cancelled"]
    id: int
    known_at: Seconds
    session: NotRequired[str]
    sequence: NotRequired[int]
    timestamp: NotRequired[Moment]


class TempoChange(TypedDict):
    """The tempo has changed."""

    type: Literal["tempo"]
    audio_time: Seconds
    known_at: Seconds
    bpm: float | None
    confidence: Level
    session: NotRequired[str]
    sequence: NotRequired[int]
    timestamp: NotRequired[Moment]


class Onset(TypedDict):
    """A sound begins."""

    type: Literal["onset"]
    audio_time: Seconds
    known_at: Seconds
    strength: float
    band: Annotated[int, Field(description="Where it rises most, from 0 (kick drum) up")]
    session: NotRequired[str]
    sequence: NotRequired[int]
    timestamp: NotRequired[Moment]


class TempoCandidate(TypedDict):
    """A tempo that the beat may have."""

    bpm: float
    confidence: Level


class TempoNow(TypedDict):
    """The tempo that is followed."""

    bpm: float | None
    confidence: Level
    candidates: Annotated[
        list[TempoCandidate], Field(description="At most three, the likeliest first: how likely a beat lasts so long")
    ]


class BarNow(TypedDict):
    """Where in the music it is."""

    bar: int | None
    beat_in_bar: int | None


class Drums(TypedDict):
    """The strongest stroke in each range [means of the last 8 s of it], 0 where there was none."""

    kick: Annotated[float, Field(ge=0, description="Up to 240 Hz")]
    snare: Annotated[float, Field(ge=0, description="560 to 2600 Hz")]
    hat: Annotated[float, Field(ge=0, description="From 5200 Hz")]


class KeyNow(TypedDict):
    """The key of the last 20 s."""

    tonic: str
    mode: Literal["major", "minor"]
    confidence: Level


class SoundState(TypedDict):
    """What else is the case."""

    silent: Annotated[bool, Field(description="Nothing has been heard for a second")]
    passage: Annotated[
        Literal["build", "drop", "break"] | None, Field(description="A heuristic for dance music; mostly null")
    ]


class Controls(TypedDict):
    """What listeners have said of the beat, and holds until they release it."""

    scale: Annotated[float, Field(description="Told are so many times the tempo that is heard")]
    bpm_min: Annotated[float | None, Field(description="Where the tempo that is heard is looked for")]
    bpm_max: float | None
    nudge_ms: Annotated[float, Field(description="Beats are told so much later [ms]")]
    offset_ms: Annotated[float, Field(description="Likewise, as said at the start; not released [ms]")]
    hold: Annotated[bool, Field(description="Tempo and phase stay, whatever is heard")]
    taps: Annotated[int, Field(ge=0, description="That count by now")]
    one: Annotated[bool, Field(description="Somebody has said where bars begin")]


class _Numbered(TypedDict):
    sequence: Annotated[int, Field(ge=0, description="A number left out is a message lost")]
    timestamp: Annotated[float, Field(description="When the sound had arrived [s since 1970]; never goes back")]
    audio_time: Annotated[float, Field(description="How much sound there had been [s]")]
    dropped: NotRequired[Annotated[int, Field(ge=1, description="Messages that this listener lost by being slow")]]
    schema_version: NotRequired[int]
    session: NotRequired[str]
    server_time: NotRequired[Annotated[float, Field(description="When the message left [s since 1970]")]]
    latency_s: NotRequired[Annotated[float, Field(description="From the arrival of the sound until then [s]")]]
    input_latency_s: NotRequired[Annotated[float, Field(description="Of the sound system, before that [s]")]]


class Frame(_Numbered):
    """What a chunk of sound was like. All fields are there, unless a listener has named those that it wants."""

    type: Literal["frame"]
    sample_rate: NotRequired[Annotated[int, Field(description="[Hz]")]]
    frequency_data: NotRequired[
        Annotated[list[float], Field(description="[chunk_size / 2] amplitudes from 0 Hz up; or as many as asked for")]
    ]
    time_domain_data: NotRequired[Annotated[list[float], Field(description="[chunk_size] samples, full scale 1")]]
    bass_level: NotRequired[Level]
    mid_level: NotRequired[Level]
    treble_level: NotRequired[Level]
    overall_volume: NotRequired[Level]
    energy_level: NotRequired[Level]
    bass_level_raw: NotRequired[Level]
    mid_level_raw: NotRequired[Level]
    treble_level_raw: NotRequired[Level]
    overall_volume_raw: NotRequired[Level]
    energy_level_raw: NotRequired[Level]
    loudness_momentary: NotRequired[Annotated[float, Field(ge=-70, description="Of the last 0.4 s [LUFS]")]]
    loudness_short_term: NotRequired[Annotated[float, Field(ge=-70, description="Of the last 3 s [LUFS]")]]
    beat_detected: NotRequired[Annotated[bool, Field(description="True on exactly one frame for each beat")]]
    beat: NotRequired[Beat | None]
    tempo: NotRequired[TempoNow | None]
    bar: NotRequired[BarNow | None]
    phase: NotRequired[Annotated[float | None, Field(ge=0, lt=1, description="Of the beat")]]
    onsets: NotRequired[list[Onset]]
    drums: NotRequired[Drums]
    chroma: NotRequired[Annotated[list[Level], Field(description="[12] pitch classes of the last 10 s, C first")]]
    key: NotRequired[KeyNow | None]
    events: NotRequired[list[Beat | BeatCancelled | TempoChange]]
    state: NotRequired[SoundState]
    merged: NotRequired[Annotated[int, Field(ge=1, description="Frames in one, where a rate was asked for")]]


class State(TypedDict):
    """How the session is doing; the first message of every listener has no number."""

    type: Literal["state"]
    state: Literal["opening", "recording", "stalled", "device_lost", "stopped"]
    schema_version: int
    session: str
    source: NotRequired[str]
    device: NotRequired[dict[str, Any]]
    sample_rate: NotRequired[int]
    chunk_size: NotRequired[int]
    silent: NotRequired[bool]
    silent_input: NotRequired[Annotated[bool, Field(description="A device delivers nothing but zeros")]]
    remedy: NotRequired[Annotated[str, Field(description="What to do about it")]]
    reason: NotRequired[str]
    controls: NotRequired[Controls]
    tempo: NotRequired[TempoNow | None]
    bar: NotRequired[BarNow | None]
    phase: NotRequired[float | None]
    sequence: NotRequired[int]
    timestamp: NotRequired[float]
    audio_time: NotRequired[float]
    dropped: NotRequired[int]
    server_time: NotRequired[float]
    latency_s: NotRequired[float]
    input_latency_s: NotRequired[float]


class DeviceLost(_Numbered):
    """The source is gone; it is tried again."""

    type: Literal["device_lost"]
    reason: str
    device: dict[str, Any]


class Stalled(_Numbered):
    """The source is there, and nothing arrives."""

    type: Literal["stalled"]
    idle_s: Seconds
    reason: str | None


class Resumed(_Numbered):
    """Sound arrives again."""

    type: Literal["resumed"]
    device: NotRequired[dict[str, Any]]


class Gap(TypedDict):
    """Sound or messages are missing."""

    type: Literal["gap"]
    reason: str
    began: NotRequired[Seconds]
    duration_s: NotRequired[Seconds]
    first_sequence: NotRequired[Annotated[int | None, Field(description="Of messages that are no longer kept")]]
    last_sequence: NotRequired[int | None]
    sequence: NotRequired[int]
    timestamp: NotRequired[float]
    audio_time: NotRequired[float]
    dropped: NotRequired[int]
    schema_version: NotRequired[int]
    session: NotRequired[str]
    server_time: NotRequired[float]
    latency_s: NotRequired[float]
    input_latency_s: NotRequired[float]


class Ended(_Numbered):
    """The source is over."""

    type: Literal["ended"]
    reason: str | None


class Pong(TypedDict):
    """The answer to a ping, for whoever keeps clocks in step."""

    type: Literal["pong"]
    id: int
    server_time: Annotated[float, Field(description="On the session's clock [s since 1970]")]


Message = Annotated[
    Frame | State | DeviceLost | Stalled | Resumed | Gap | Ended | Pong | Beat | BeatCancelled | TempoChange | Onset,
    Field(discriminator="type"),
]
Event = Annotated[
    State | DeviceLost | Stalled | Resumed | Gap | Ended | Beat | BeatCancelled | TempoChange | Onset,
    Field(discriminator="type"),
]
MESSAGE: TypeAdapter[Any] = TypeAdapter(Message)
EVENT: TypeAdapter[Any] = TypeAdapter(Event)
FRAME_FIELDS = tuple(name for name in Frame.__annotations__ if name not in {"type", "dropped", "merged"})
"""What a listener may name."""
