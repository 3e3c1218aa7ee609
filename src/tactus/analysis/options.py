"""What a caller may ask of a track's analysis. Free of numpy, so that the API process can speak of it."""

from dataclasses import dataclass, replace
from typing import Literal

from tactus.analysis.beat_hint import NO_HINT, TempoHint

AnalysisType = Literal["tempo_only", "basic", "full"]
"""How much is wanted: the rhythm; all scalars and event lists; these and the frame arrays."""

ANALYSIS_TYPES: tuple[AnalysisType, ...] = ("tempo_only", "basic", "full")
"""From the poorest to the richest; each contains those before it."""

BeatTracker = Literal["tactus", "librosa"]
"""Who finds tempo and beats: Tactus, or librosa.beat.beat_track for those who need its results."""

Rate = Literal["frame", "beat"] | float
"""How many values a timeline has: one a frame, one a beat, or so many a second."""

SLOWEST_RATE_HZ, FASTEST_RATE_HZ = 0.01, 200.0
"""Values per second that may be asked for [Hz]."""

DEFAULT_PRECISION, HIGHEST_PRECISION = 5, 9
"""Significant digits of values per frame; nine tell every float32 from every other."""

Form = Literal["json", "npz", "arrow", "parquet"]
"""As what an analysis is written."""


@dataclass(frozen=True, slots=True)
class TimelineOptions:
    """How values per frame are told. With features, another rate or another form they come as timelines.

    Args:
        features: Names from the catalogue, in the place of the frame arrays of *full*; kept sorted, each once.
        rate: How many values a timeline has.
        precision: Significant digits of values per frame, 1 to 9; times keep theirs.
        form: As what the analysis is written.

    Raises:
        ValueError: Rate or precision is out of its range.
    """

    features: tuple[str, ...] = ()
    rate: Rate = "frame"
    precision: int = DEFAULT_PRECISION
    form: Form = "json"

    def __post_init__(self) -> None:
        if not 1 <= self.precision <= HIGHEST_PRECISION:
            raise ValueError(f"precision must lie in 1..{HIGHEST_PRECISION}, not {self.precision}")
        if not isinstance(self.rate, str) and not SLOWEST_RATE_HZ <= self.rate <= FASTEST_RATE_HZ:
            raise ValueError(f"rate must lie in {SLOWEST_RATE_HZ:g}..{FASTEST_RATE_HZ:g} per second, not {self.rate}")
        object.__setattr__(self, "features", tuple(sorted(set(self.features))))

    @property
    def has_timelines(self) -> bool:
        """Whether values per frame are told as timelines, each with its grid, or as the plain arrays of *full*."""
        return bool(self.features) or self.rate != "frame" or self.form != "json"


PLAIN = TimelineOptions()
"""Where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """The parameters of an analysis: everything but the file that decides what comes out.

    Args:
        analysis_type: How much is wanted.
        sample_rate: Of the output grid [Hz].
        frame_length: Of the output grid [samples]; also its FFT's length.
        hop_length: Of the output grid [samples].
        n_mfcc: Mel-frequency cepstral coefficients per frame.
        beat_tracker: Who finds tempo and beats.
        shape: How values per frame are told.
        hint: What is known of the track's beat.
    """

    analysis_type: AnalysisType = "full"
    sample_rate: int = 44100
    frame_length: int = 2048
    hop_length: int = 512
    n_mfcc: int = 13
    beat_tracker: BeatTracker = "tactus"
    shape: TimelineOptions = PLAIN
    hint: TempoHint = NO_HINT

    @property
    def contained(self) -> tuple["TrackOptions", ...]:
        """What one analysis answers, from the poorest to the richest; itself is the last.

        A shaped one brings the plain ones along for which it computes enough, so that what is known of a track does
        not depend on who asked first.
        """
        kinds = ANALYSIS_TYPES[: ANALYSIS_TYPES.index(self.analysis_type) + 1]
        plain = tuple(replace(self, analysis_type=kind, shape=PLAIN) for kind in kinds)
        if self.shape == PLAIN:
            return plain
        return (*(options for options in plain if options.analysis_type != "full"), self)
