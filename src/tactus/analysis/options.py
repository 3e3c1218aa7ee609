"""What a caller may ask of a track's analysis. Free of numpy, so that the API process can speak of it."""

from dataclasses import dataclass
from typing import Literal

AnalysisType = Literal["tempo_only", "basic", "full"]
"""How much is wanted: the rhythm; all scalars and event lists; these and the frame arrays."""

ANALYSIS_TYPES: tuple[AnalysisType, ...] = ("tempo_only", "basic", "full")
"""From the poorest to the richest; each contains those before it."""

BeatTracker = Literal["tactus", "librosa"]
"""Who finds tempo and beats: Tactus, or librosa.beat.beat_track for those who need its results."""


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
    """

    analysis_type: AnalysisType = "full"
    sample_rate: int = 44100
    frame_length: int = 2048
    hop_length: int = 512
    n_mfcc: int = 13
    beat_tracker: BeatTracker = "tactus"
