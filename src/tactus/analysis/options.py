"""Options of the analysis of a track. Free of numpy: the API process uses them."""

from dataclasses import dataclass, replace
from typing import Literal

from tactus.analysis.beat_hint import NO_HINT, TempoHint

AnalysisType = Literal["tempo_only", "basic", "full"]
"""How much is computed: the rhythm; all scalars and event lists; these and the frame arrays."""

ANALYSIS_TYPES: tuple[AnalysisType, ...] = ("tempo_only", "basic", "full")
"""All types; each contains those before it."""

BeatTracker = Literal["tactus", "librosa"]
"""Algorithm for tempo and beats: that of Tactus, or `librosa.beat.beat_track`."""

Rate = Literal["frame", "beat"] | float
"""Rate of a timeline: one value per frame, one per beat, or this many per second."""

MIN_RATE_HZ, MAX_RATE_HZ = 0.01, 200.0
"""Range of the rate of a timeline [Hz]."""

DEFAULT_PRECISION, MAX_PRECISION = 5, 9
"""Significant digits of values per frame; nine distinguish any two float32 numbers."""

FileFormat = Literal["json", "npz", "arrow", "parquet"]
"""File format of an analysis."""


@dataclass(frozen=True, slots=True)
class TimelineOptions:
    """Format of the values per frame. With features, another rate or another file format they are timelines.

    Args:
        features: Names of features, instead of the frame arrays of *full*; stored sorted, without repetition.
        rate: Rate of the timelines.
        precision: Significant digits of values per frame, 1 to 9; times are not rounded.
        file_format: File format of the analysis.

    Raises:
        ValueError: Rate or precision is out of range.
    """

    features: tuple[str, ...] = ()
    rate: Rate = "frame"
    precision: int = DEFAULT_PRECISION
    file_format: FileFormat = "json"

    def __post_init__(self) -> None:
        if not 1 <= self.precision <= MAX_PRECISION:
            raise ValueError(f"precision must lie in 1..{MAX_PRECISION}, not {self.precision}")
        if not isinstance(self.rate, str) and not MIN_RATE_HZ <= self.rate <= MAX_RATE_HZ:
            raise ValueError(f"rate must lie in {MIN_RATE_HZ:g}..{MAX_RATE_HZ:g} per second, not {self.rate}")
        object.__setattr__(self, "features", tuple(sorted(set(self.features))))

    @property
    def has_timelines(self) -> bool:
        """True where values per frame are timelines, each with its grid, instead of the plain arrays of *full*."""
        return bool(self.features) or self.rate != "frame" or self.file_format != "json"


PLAIN = TimelineOptions()
"""The default format."""


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """Parameters of an analysis: everything but the file that decides the result.

    Args:
        analysis_type: How much to compute.
        sample_rate: Sample rate of the output grid [Hz].
        frame_length: Frame and FFT length of the output grid [samples].
        hop_length: Hop length of the output grid [samples].
        n_mfcc: Mel-frequency cepstral coefficients per frame.
        beat_tracker: Algorithm for tempo and beats.
        timelines: Format of the values per frame.
        hint: What is known of the track's beat.
    """

    analysis_type: AnalysisType = "full"
    sample_rate: int = 44100
    frame_length: int = 2048
    hop_length: int = 512
    n_mfcc: int = 13
    beat_tracker: BeatTracker = "tactus"
    timelines: TimelineOptions = PLAIN
    hint: TempoHint = NO_HINT

    @property
    def contained(self) -> tuple["TrackOptions", ...]:
        """Options that are satisfied by an analysis with these, from the least to the most; the last is `self`.

        An analysis with timelines also yields the plain ones that it has computed, so that what is stored of a track
        does not depend on which request came first.
        """
        kinds = ANALYSIS_TYPES[: ANALYSIS_TYPES.index(self.analysis_type) + 1]
        plain = tuple(replace(self, analysis_type=kind, timelines=PLAIN) for kind in kinds)
        if self.timelines == PLAIN:
            return plain
        return (*(options for options in plain if options.analysis_type != "full"), self)
