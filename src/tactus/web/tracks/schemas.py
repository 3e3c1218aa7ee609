"""What travels over HTTP, as documented in /docs: requests are checked against these, answers are described by them."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from tactus.analysis.options import DEFAULT_PRECISION, AnalysisType
from tactus.web.tracks.beat_hint_query import HighestBpm, KnownBpm, LowestBpm
from tactus.web.tracks.timeline_query import FeatureNames, Precision, RateQuery, TimelineQuery

Ratio = Annotated[float, Field(ge=0, le=1)]
Times = Annotated[list[float], Field(description="Times [s], ascending")]
Frames = Annotated[list[float], Field(description="One value a frame, shape [n_frames]")]
Lufs = Annotated[float, Field(ge=-70)]
Tonic = Literal["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]


class RequestModel(BaseModel):
    """A request's body: exactly the fields that are named, of exactly their types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class AnalysisQuery(TimelineQuery):
    """How much is wanted, as query parameters."""

    analysis_type: Annotated[
        AnalysisType, Field(description="The rhythm; all scalars and events; these and frames")
    ] = "full"
    cache_result: Annotated[bool, Field(description="Whether to keep the result for the next who asks")] = True
    bpm: KnownBpm = None
    bpm_min: LowestBpm = None
    bpm_max: HighestBpm = None


class StoredQuery(TimelineQuery):
    """Which of the stored analyses of a track is wanted, as query parameters."""

    analysis_type: Annotated[AnalysisType | None, Field(description="By default the richest that is kept")] = None


class AnalyzeRequest(RequestModel):
    """A file behind an address."""

    file_url: Annotated[
        str,
        Field(min_length=1, description="http or https", examples=["https://example.org/song.mp3"]),
    ]
    analysis_type: AnalysisType = "full"
    cache_result: bool = True
    features: FeatureNames = []
    rate: RateQuery = "frame"
    precision: Precision = DEFAULT_PRECISION
    bpm: KnownBpm = None
    bpm_min: LowestBpm = None
    bpm_max: HighestBpm = None


class FrameGrid(TypedDict):
    """Where frames lie: frame k is centred at start + k * hop_length / sample_rate seconds."""

    start: float
    hop_length: int
    frame_length: int
    sample_rate: int
    n_frames: int


class FeatureTimeline(TypedDict):
    """The values of a feature over time, and where they lie.

    The kind of the grid is `frames` (a frame grid: value k is of frame k), `intervals` (value k is the mean from
    start + k / rate to start + (k + 1) / rate) or `beats` (value k is the mean from beat k to the next).
    """

    unit: str
    size: int
    grid: dict[str, Any]
    values: Annotated[list[Any], Field(description="[n], or [size][n] where size is more than 1")]


class TempoCandidate(TypedDict):
    """One reading of the tempo."""

    bpm: float
    confidence: Ratio
    relation: str


class TempoAt(TypedDict):
    """The tempo at a moment [s]."""

    time: float
    bpm: float


class Chord(TypedDict):
    """One chord: `C:maj`, `A:min`, `N` for none; if sure also `G:7`, `C:maj7`, `A:min7`, `B:dim`, `B:hdim7`."""

    start: float
    end: float
    label: str
    confidence: Ratio


class KeySpan(TypedDict):
    """A stretch in one key [s]; key and mode are null where there is none."""

    start: float
    end: float
    key: Tonic | None
    mode: Literal["major", "minor"] | None
    confidence: Ratio


class Section(TypedDict):
    """One part of the piece."""

    start: float
    end: float
    label: Annotated[str, Field(description="Parts that sound alike share a letter", examples=["A"])]
    confidence: Ratio
    loudness: Annotated[float, Field(ge=-70, description="Integrated, LUFS")]
    energy: Annotated[Ratio, Field(description="How much is going on, relative to the piece's other parts")]
    role: Annotated[
        Literal["intro", "build", "drop", "break", "outro"] | None,
        Field(description="What it does, where that can be said; null in most songs", examples=["drop"]),
    ]


class Source(TypedDict):
    """The file as it came."""

    sample_rate: int
    channels: int
    codec: str
    bit_rate: int | None
    title: NotRequired[str | None]
    artist: NotRequired[str | None]


class Analysis(TypedDict):
    """What a track says about itself. Fields that were not asked for are absent, never null."""

    file_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes: the track's id")]
    bpm: Annotated[float | None, Field(description="Beats per minute; null where there is no tempo")]
    tempo: float | None
    tempo_confidence: Ratio
    tempo_candidates: list[TempoCandidate]
    time_signature: Annotated[int | None, Field(description="Beats in a bar")]
    time_signature_confidence: Ratio
    onset_times: Times
    onset_strengths: Annotated[list[Ratio], Field(description="How strong each onset is, the strongest 1")]
    onset_bands: Annotated[list[int], Field(description="Where each rises most: 0 (kick drum) to 5 (hi-hat)")]
    beat_times: Times
    beat_confidences: Annotated[list[Ratio], Field(description="How well the sound bears each beat")]
    downbeat_times: Times
    tatum_times: Annotated[list[float], Field(description="The finest pulse [s]; every beat is one of them")]
    tatums_per_beat: Annotated[int | None, Field(description="2, 3 or 4, of most beats")]
    tempo_curve: Annotated[list[TempoAt], Field(description="Tempo over time, straight lines between the points")]
    tempo_stability: Annotated[Ratio, Field(description="Share of the beats within 4 % of the median tempo")]
    swing_ratio: Annotated[
        float | None, Field(description="First half of a beat by its second: 1 straight, 2 triplets")
    ]
    swing_confidence: Ratio
    correction: Annotated[
        dict[str, Any] | None, Field(description="What was known of the beat, in the words of PATCH; null: nothing")
    ]
    duration: Annotated[float, Field(description="[s]")]
    sample_rate: int
    analysis_timestamp: Annotated[str, Field(description="ISO 8601")]
    analyzer_version: str
    warnings: Annotated[list[str], Field(description="silent, truncated, clipped, ...")]
    source: NotRequired[Source]
    key: NotRequired[Tonic | None]
    mode: NotRequired[Literal["major", "minor"] | None]
    key_confidence: NotRequired[Ratio]
    energy: NotRequired[Annotated[Ratio, Field(description="How much is going on", examples=[0.58])]]
    valence: NotRequired[Annotated[Ratio, Field(description="How cheerful: 0.5 is neither", examples=[0.41])]]
    danceability: NotRequired[Annotated[Ratio, Field(description="How clear and even its beat is", examples=[0.93])]]
    acousticness: NotRequired[
        Annotated[Ratio, Field(description="Soft attacks, no deep bass, uneven loudness", examples=[0.22])]
    ]
    instrumentalness: NotRequired[
        Annotated[Ratio, Field(description="1 less the evidence of a voice", examples=[0.48])]
    ]
    liveness: NotRequired[Annotated[Ratio, Field(description="Applause, and a room that rings", examples=[0.04])]]
    speechiness: NotRequired[Annotated[Ratio, Field(description="Above 0.66 there is speech only", examples=[0.07])]]
    loudness: NotRequired[Annotated[Lufs, Field(description="Integrated [LUFS], EBU R 128", examples=[-9.8])]]
    loudness_range: NotRequired[Annotated[float, Field(ge=0, description="[LU], EBU Tech 3342", examples=[5.2])]]
    loudness_momentary_max: NotRequired[
        Annotated[Lufs, Field(description="Of the loudest 400 ms [LUFS]", examples=[-6.9])]
    ]
    loudness_short_term_max: NotRequired[
        Annotated[Lufs, Field(description="Of the loudest 3 s [LUFS]", examples=[-8.0])]
    ]
    sample_peak: NotRequired[Annotated[float, Field(ge=0, description="Largest sample, full scale 1", examples=[0.98])]]
    true_peak_dbtp: NotRequired[
        Annotated[float, Field(ge=-100, description="Between the samples, too [dBTP]; silence -100", examples=[0.35])]
    ]
    replaygain_gain: NotRequired[
        Annotated[float | None, Field(description="[dB], to -18 LUFS; null: silence", examples=[-8.2])]
    ]
    replaygain_peak: NotRequired[
        Annotated[float, Field(ge=0, description="The true peak, full scale 1", examples=[1.0412])]
    ]
    end_of_fade_in: NotRequired[Annotated[float, Field(ge=0, description="[s]; 0: none", examples=[0.4])]]
    start_of_fade_out: NotRequired[
        Annotated[float, Field(ge=0, description="[s]; the duration: none", examples=[206.1])]
    ]
    keys: NotRequired[Annotated[list[KeySpan], Field(description="Where it is in which key; one without modulation")]]
    chords: NotRequired[list[Chord]]
    sections: NotRequired[list[Section]]
    segment_timbre: NotRequired[list[list[float]]]
    segment_pitches: NotRequired[list[list[float]]]
    frames: NotRequired[FrameGrid]
    spectral_centroid: NotRequired[Frames]
    spectral_rolloff: NotRequired[Frames]
    spectral_bandwidth: NotRequired[Frames]
    zero_crossing_rate: NotRequired[Frames]
    rms: NotRequired[Frames]
    loudness_momentary: NotRequired[
        Annotated[list[Lufs], Field(description="[LUFS], value k of the 400 ms before (k + 1) * 0.1 s")]
    ]
    loudness_short_term: NotRequired[
        Annotated[list[Lufs], Field(description="[LUFS], value k of the 3 s before (k + 1) * 0.1 s")]
    ]
    mfcc: NotRequired[Annotated[list[list[float]], Field(description="[n_mfcc][n_frames]")]]
    chroma: NotRequired[Annotated[list[list[Ratio]], Field(description="[12][n_frames]")]]
    timelines: NotRequired[Annotated[dict[str, FeatureTimeline], Field(description="By feature, where asked for")]]


class CorrectionKept(TypedDict):
    """What is known of a track's beat from now on, where no analysis is kept that could follow it at once."""

    file_hash: str
    correction: dict[str, Any] | None
    detail: str


class Device(TypedDict):
    """An input device. Its index moves when another is plugged in; its id does not."""

    index: int
    name: str
    channels: int
    sample_rate: float
    id: str
    is_default: NotRequired[bool]
    is_loopback: NotRequired[bool]
    host_api: NotRequired[str]


class DevicesAnswer(TypedDict):
    """The input devices of this machine; none with the reason and the remedy."""

    devices: list[Device]
    reason: NotRequired[str]
    remedy: NotRequired[str]


class HealthAnswer(TypedDict):
    """How the service is. `status` is OK while requests are answered."""

    status: Literal["OK"]
    service: Literal["audio-analysis"]
    version: str
    degraded: Annotated[list[str], Field(description="What does not work as it is set up")]
    redis: Literal["off", "ok", "down"]
    store: str
    uptime_s: float
    live_sessions: int
    protections: Annotated[dict[str, bool], Field(description="Which protections this system has in force")]


class FieldError(TypedDict):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(TypedDict):
    """RFC 9457."""

    type: Annotated[str, Field(examples=["/problems/validation"])]
    title: str
    status: int
    detail: str
    errors: NotRequired[list[FieldError]]


class FeaturesAnswer(TypedDict):
    """What is computed for a track, from the catalogue."""

    features: list[dict[str, Any]]
