"""Schemas of requests and responses about tracks; that of an analysis is in `analysis_schema`."""

from typing import Annotated, Any, NotRequired

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from tactus.analysis.options import DEFAULT_PRECISION, AnalysisType
from tactus.web.tracks.beat_hint_query import HighestBpm, KnownBpm, LowestBpm
from tactus.web.tracks.timeline_query import FeatureNames, Precision, RateQuery, TimelineQuery


class RequestModel(BaseModel):
    """Body of a request: no unknown fields, no type coercion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class AnalysisQuery(TimelineQuery):
    """Parameters of an analysis, as query parameters."""

    analysis_type: Annotated[
        AnalysisType,
        Field(
            description="tempo_only: the rhythm fields; basic: all scalars and event lists; full: also arrays per frame"
        ),
    ] = "full"
    cache_result: Annotated[bool, Field(description="Whether to store the result for later requests")] = True
    bpm: KnownBpm = None
    bpm_min: LowestBpm = None
    bpm_max: HighestBpm = None


class StoredQuery(TimelineQuery):
    """Selection among the stored analyses of a track, as query parameters."""

    analysis_type: Annotated[
        AnalysisType | None, Field(description="Type of the analysis; by default the most complete that is stored")
    ] = None


class AnalyzeRequest(RequestModel):
    """A file by URL, and the parameters of its analysis."""

    file_url: Annotated[
        str,
        Field(min_length=1, description="URL of the file, http or https", examples=["https://example.org/song.mp3"]),
    ]
    analysis_type: AnalysisType = "full"
    cache_result: bool = True
    features: FeatureNames = []
    rate: RateQuery = "frame"
    precision: Precision = DEFAULT_PRECISION
    bpm: KnownBpm = None
    bpm_min: LowestBpm = None
    bpm_max: HighestBpm = None


class CorrectionStored(TypedDict):
    """Correction of a track of which no analysis is stored; the next analysis follows it."""

    file_hash: str
    correction: dict[str, Any] | None
    detail: str


class Device(TypedDict):
    """An audio input. Its index may change when another device is connected; its id does not."""

    index: int
    name: str
    channels: int
    sample_rate: float
    id: str
    is_default: NotRequired[bool]
    is_loopback: NotRequired[bool]
    host_api: NotRequired[str]


class DevicesAnswer(TypedDict):
    """Audio inputs of this machine; an empty list comes with its reason and a remedy."""

    devices: list[Device]
    reason: NotRequired[str]
    remedy: NotRequired[str]


class FeaturesAnswer(TypedDict):
    """The catalogue of features."""

    features: list[dict[str, Any]]
