"""Schema of an analysis, as documented in /docs."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Ratio = Annotated[float, Field(ge=0, le=1)]
Times = Annotated[list[float], Field(description="Times [s], ascending")]
Frames = Annotated[list[float], Field(description="One value per frame, shape [n_frames]")]
Lufs = Annotated[float, Field(ge=-70)]
Tonic = Literal["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]


class FrameGrid(TypedDict):
    """Frame grid: frame k is centered at start + k * hop_length / sample_rate seconds."""

    start: float
    hop_length: int
    frame_length: int
    sample_rate: int
    n_frames: int


class FeatureTimeline(TypedDict):
    """Values of a feature over time, with their grid.

    The kind of the grid is `frames` (a frame grid: value k belongs to frame k), `intervals` (value k is the mean from
    start + k / rate to start + (k + 1) / rate) or `beats` (value k is the mean from beat k to the next).
    """

    unit: str
    size: int
    grid: dict[str, Any]
    values: Annotated[list[Any], Field(description="Shape [n], or [size][n] where size is more than 1")]


class TempoCandidate(TypedDict):
    """A tempo hypothesis: the best one, or a metrical alternative."""

    bpm: float
    confidence: Ratio
    relation: str


class TempoAt(TypedDict):
    """Tempo [beats per minute] at a time [s]."""

    time: float
    bpm: float


class Chord(TypedDict):
    """A chord: `C:maj`, `A:min` or `N` for none; with enough confidence `G:7`, `C:maj7`, `A:min7`, `B:dim`, `B:hdim7`.

    Labels are in Harte's syntax; start and end are in seconds.
    """

    start: float
    end: float
    label: str
    confidence: Ratio


class KeySpan(TypedDict):
    """Interval in one key [s]; key and mode are null where there is none."""

    start: float
    end: float
    key: Tonic | None
    mode: Literal["major", "minor"] | None
    confidence: Ratio


class Section(TypedDict):
    """A section of the track; start and end are in seconds."""

    start: float
    end: float
    label: Annotated[str, Field(description="Sections that sound alike share a letter", examples=["A"])]
    confidence: Ratio
    loudness: Annotated[float, Field(ge=-70, description="Integrated loudness [LUFS]")]
    energy: Annotated[Ratio, Field(description="Energy relative to the other sections")]
    role: Annotated[
        Literal["intro", "build", "drop", "break", "outro"] | None,
        Field(description="Role in the arrangement, where it is clear; null in most songs", examples=["drop"]),
    ]


class Source(TypedDict):
    """Properties and tags of the file."""

    sample_rate: int
    channels: int
    codec: str
    bit_rate: int | None
    title: NotRequired[str | None]
    artist: NotRequired[str | None]


class Analysis(TypedDict):
    """Analysis of a track. Fields that the analysis type does not include are absent, never null."""

    file_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file: the id of the track")]
    bpm: Annotated[float | None, Field(description="Beats per minute; null where there is no tempo")]
    tempo: float | None
    tempo_confidence: Ratio
    tempo_candidates: list[TempoCandidate]
    time_signature: Annotated[int | None, Field(description="Beats per bar; null if unknown")]
    time_signature_confidence: Ratio
    onset_times: Times
    onset_strengths: Annotated[list[Ratio], Field(description="Strength of each onset; that of the strongest is 1")]
    onset_bands: Annotated[
        list[int], Field(description="Band in which each onset is strongest: 0 (kick drum) to 5 (hi-hat)")
    ]
    beat_times: Times
    beat_confidences: Annotated[list[Ratio], Field(description="Confidence of each beat")]
    downbeat_times: Times
    tatum_times: Annotated[
        list[float], Field(description="Times of the finest metrical pulse [s]; every beat is one of them")
    ]
    tatums_per_beat: Annotated[int | None, Field(description="Tatums in most beats: 2, 3 or 4")]
    tempo_curve: Annotated[list[TempoAt], Field(description="Tempo over time, piecewise linear")]
    tempo_stability: Annotated[Ratio, Field(description="Share of the beats within 4 % of the median tempo")]
    swing_ratio: Annotated[
        float | None,
        Field(description="Duration of the first half of a beat over that of its second: 1 straight, 2 triplets"),
    ]
    swing_confidence: Ratio
    correction: Annotated[
        dict[str, Any] | None,
        Field(
            description="Correction or hint that the analysis follows, as in PATCH /analysis/{file_hash}; null: none"
        ),
    ]
    duration: Annotated[float, Field(description="Duration [s]")]
    sample_rate: int
    analysis_timestamp: Annotated[str, Field(description="Time of the analysis, ISO 8601")]
    analyzer_version: str
    warnings: Annotated[
        list[str], Field(description="Conditions that limit the results: silent, truncated, clipped, ...")
    ]
    source: NotRequired[Source]
    key: NotRequired[Tonic | None]
    mode: NotRequired[Literal["major", "minor"] | None]
    key_confidence: NotRequired[Ratio]
    energy: NotRequired[
        Annotated[Ratio, Field(description="Perceived activity: loudness, onsets, brightness", examples=[0.58])]
    ]
    valence: NotRequired[
        Annotated[Ratio, Field(description="Musical positiveness: 0 sad, 1 cheerful", examples=[0.41])]
    ]
    danceability: NotRequired[
        Annotated[Ratio, Field(description="Clarity and regularity of the beat", examples=[0.93])]
    ]
    acousticness: NotRequired[
        Annotated[
            Ratio, Field(description="Acoustic sound: soft attacks, no deep bass, varying loudness", examples=[0.22])
        ]
    ]
    instrumentalness: NotRequired[
        Annotated[Ratio, Field(description="1 minus the likelihood of a voice", examples=[0.48])]
    ]
    liveness: NotRequired[
        Annotated[Ratio, Field(description="Likelihood of an audience: applause and reverberation", examples=[0.04])]
    ]
    speechiness: NotRequired[
        Annotated[
            Ratio, Field(description="Likelihood of spoken words; above 0.66 there is speech only", examples=[0.07])
        ]
    ]
    loudness: NotRequired[Annotated[Lufs, Field(description="Integrated loudness [LUFS], EBU R 128", examples=[-9.8])]]
    loudness_range: NotRequired[
        Annotated[float, Field(ge=0, description="Loudness range [LU], EBU Tech 3342", examples=[5.2])]
    ]
    loudness_momentary_max: NotRequired[
        Annotated[Lufs, Field(description="Loudness of the loudest 400 ms [LUFS]", examples=[-6.9])]
    ]
    loudness_short_term_max: NotRequired[
        Annotated[Lufs, Field(description="Loudness of the loudest 3 s [LUFS]", examples=[-8.0])]
    ]
    sample_peak: NotRequired[
        Annotated[float, Field(ge=0, description="Largest absolute sample, full scale 1", examples=[0.98])]
    ]
    true_peak_dbtp: NotRequired[
        Annotated[
            float,
            Field(ge=-100, description="True peak, also between samples [dBTP]; -100 in silence", examples=[0.35]),
        ]
    ]
    replaygain_gain: NotRequired[
        Annotated[
            float | None, Field(description="Gain to -18 LUFS [dB], ReplayGain 2; null in silence", examples=[-8.2])
        ]
    ]
    replaygain_peak: NotRequired[
        Annotated[float, Field(ge=0, description="True peak, full scale 1", examples=[1.0412])]
    ]
    end_of_fade_in: NotRequired[
        Annotated[float, Field(ge=0, description="End of the fade-in [s]; 0: none", examples=[0.4])]
    ]
    start_of_fade_out: NotRequired[
        Annotated[float, Field(ge=0, description="Start of the fade-out [s]; the duration: none", examples=[206.1])]
    ]
    keys: NotRequired[
        Annotated[list[KeySpan], Field(description="Keys over time; one interval if there is no modulation")]
    ]
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
        Annotated[
            list[Lufs],
            Field(description="Momentary loudness [LUFS]: value k is that of the 400 ms before (k + 1) * 0.1 s"),
        ]
    ]
    loudness_short_term: NotRequired[
        Annotated[
            list[Lufs],
            Field(description="Short-term loudness [LUFS]: value k is that of the 3 s before (k + 1) * 0.1 s"),
        ]
    ]
    mfcc: NotRequired[Annotated[list[list[float]], Field(description="Shape [n_mfcc][n_frames]")]]
    chroma: NotRequired[Annotated[list[list[Ratio]], Field(description="Shape [12][n_frames], from C to B")]]
    timelines: NotRequired[
        Annotated[dict[str, FeatureTimeline], Field(description="Timelines by feature, if requested")]
    ]
