"""JSON types of the live messages, from which /live/schema and the AsyncAPI document are generated.

Bounds and units of the fields are only here; `formats/live_json`, `workers/live_engine` and `jobs/live/publisher` make
the messages.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

Level = Annotated[float, Field(ge=0, le=1)]
Moment = Annotated[float, Field(description="When its sound arrives [s since 1970]; predicted beats are ahead")]
Seconds = Annotated[float, Field(description="[s]")]
EventType = Literal[
    "state", "device_lost", "stalled", "resumed", "gap", "ended", "beat", "beat_cancelled", "tempo", "onset"
]
"""Types of events: all messages but frames."""
LEVELS = ("bass_level", "mid_level", "treble_level", "overall_volume", "energy_level")
RAW_LEVELS = tuple(f"{name}_raw" for name in LEVELS)


class Beat(TypedDict):
    """A beat. A later message with the same id replaces it."""

    type: Literal["beat"]
    id: int
    audio_time: Annotated[float, Field(description="When it sounds, in audio time [s]")]
    known_at: Annotated[float, Field(description="Audio time at which this was known [s]")]
    bpm: float
    beat_in_bar: Annotated[int | None, Field(description="1 is the downbeat; null where bars are not known")]
    bar: int | None
    phase: float
    confidence: Level
    predicted: Annotated[bool, Field(description="Sent before it sounds")]
    session: NotRequired[str]
    sequence: NotRequired[int]
    timestamp: NotRequired[Moment]


class BeatCancelled(TypedDict):
    """A predicted beat will not sound."""

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
    """The onset of a sound."""

    type: Literal["onset"]
    audio_time: Seconds
    known_at: Seconds
    strength: float
    band: Annotated[int, Field(description="Frequency band of the greatest rise, from 0 (kick drum) up")]
    session: NotRequired[str]
    sequence: NotRequired[int]
    timestamp: NotRequired[Moment]


class TempoCandidate(TypedDict):
    """A possible tempo."""

    bpm: float
    confidence: Level


class TempoNow(TypedDict):
    """The tracked tempo."""

    bpm: float | None
    confidence: Level
    candidates: Annotated[
        list[TempoCandidate],
        Field(description="At most three, the most probable first, with their probability"),
    ]


class BarNow(TypedDict):
    """Position in the bar."""

    bar: int | None
    beat_in_bar: int | None


class Drums(TypedDict):
    """The strongest hit in each range since the last frame [multiples of the range's mean of 8 s]; 0 without a hit."""

    kick: Annotated[float, Field(ge=0, description="Up to 240 Hz")]
    snare: Annotated[float, Field(ge=0, description="560 to 2600 Hz")]
    hat: Annotated[float, Field(ge=0, description="From 5200 Hz")]


class KeyNow(TypedDict):
    """The key of the last 20 s."""

    tonic: str
    mode: Literal["major", "minor"]
    confidence: Level


class SoundState(TypedDict):
    """State of the sound."""

    silent: Annotated[bool, Field(description="The level has been below -60 dBFS for a second")]
    passage: Annotated[
        Literal["build", "drop", "break"] | None, Field(description="A heuristic for dance music; mostly null")
    ]


class Controls(TypedDict):
    """Listener controls of the beat, in force until they are released."""

    scale: Annotated[float, Field(description="Ratio of the output tempo to the tracked tempo")]
    bpm_min: Annotated[float | None, Field(description="Range of the tracked tempo [bpm]; null: no bound")]
    bpm_max: float | None
    nudge_ms: Annotated[float, Field(description="Delay of the output beats [ms]")]
    offset_ms: Annotated[float, Field(description="Delay that was set at the start of the session; not released [ms]")]
    hold: Annotated[bool, Field(description="Tempo and phase are held, whatever is tracked")]
    taps: Annotated[int, Field(ge=0, description="Taps that are in force")]
    one: Annotated[bool, Field(description="A listener has set the downbeat")]


class _Numbered(TypedDict):
    sequence: Annotated[int, Field(ge=0, description="A skipped number is a lost message")]
    timestamp: Annotated[float, Field(description="When the sound had arrived [s since 1970]; never goes back")]
    audio_time: Annotated[float, Field(description="Audio time: duration of the sound so far [s]")]
    dropped: NotRequired[Annotated[int, Field(ge=1, description="Messages that this listener was too slow for")]]
    schema_version: NotRequired[int]
    session: NotRequired[str]
    server_time: NotRequired[Annotated[float, Field(description="When the message was sent [s since 1970]")]]
    latency_s: NotRequired[Annotated[float, Field(description="From the arrival of the sound until `server_time` [s]")]]
    input_latency_s: NotRequired[Annotated[float, Field(description="Latency of the sound system before that [s]")]]


class Frame(_Numbered):
    """Analysis of one chunk of sound. It has all fields, unless the listener named those that it wants."""

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
    beat_detected: NotRequired[Annotated[bool, Field(description="True in exactly one frame for each beat")]]
    beat: NotRequired[Beat | None]
    tempo: NotRequired[TempoNow | None]
    bar: NotRequired[BarNow | None]
    phase: NotRequired[Annotated[float | None, Field(ge=0, lt=1, description="Phase of the beat")]]
    onsets: NotRequired[list[Onset]]
    drums: NotRequired[Drums]
    chroma: NotRequired[Annotated[list[Level], Field(description="[12] pitch classes of the last 10 s, C first")]]
    key: NotRequired[KeyNow | None]
    events: NotRequired[list[Beat | BeatCancelled | TempoChange]]
    state: NotRequired[SoundState]
    merged: NotRequired[Annotated[int, Field(ge=1, description="Frames merged into this one by `rate`")]]


class State(TypedDict):
    """State of the session; the first one of every listener has no number."""

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
    """The source is lost; opening it is retried."""

    type: Literal["device_lost"]
    reason: str
    device: dict[str, Any]


class Stalled(_Numbered):
    """The source is open and delivers nothing."""

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
    """The source has ended."""

    type: Literal["ended"]
    reason: str | None


class Pong(TypedDict):
    """The answer to a ping, to synchronise clocks."""

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
"""Fields that a listener may name."""
