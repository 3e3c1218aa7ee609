"""One frame of a live stream: spectrum, waveform, levels, beat, harmony of a chunk of samples."""

from dataclasses import dataclass

from tactus.analysis.live.beat_position import BeatPosition, TempoCandidate
from tactus.analysis.live.build_and_drop import BuildDrop
from tactus.analysis.live.drums import DrumHits
from tactus.analysis.live.events import BeatEvent, BeatPrediction, OnsetEvent, TempoChange
from tactus.analysis.live.levels import BandLevels
from tactus.analysis.live.loudness import LoudnessReading
from tactus.analysis.track.harmony.key import KeyCandidate
from tactus.dsp.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class LiveFrame:
    """Analysis of one chunk of samples.

    Args:
        audio_time_s: End of the chunk, in audio time [s].
        sample_rate: Sample rate of the stream [Hz].
        waveform: The samples of the chunk, full scale 1.0, float32, shape `[chunk_size]`.
        spectrum: Magnitude of each FFT bin from 0 Hz up, a full-scale sine on a bin being 1.0, float32, shape
            `[chunk_size / 2]`; bin k lies at `k * sample_rate / chunk_size` Hz.
        levels: Gain-controlled levels, the maximum over the chunk, each in [0, 1].
        levels_raw: The same without automatic gain.
        loudness: Momentary and short-term loudness.
        beat: The beat that sounds in this chunk; each beat is in exactly one frame. None: there is none.
        position: Tempo, phase and position in the bar at `audio_time_s`; None: no beat is tracked.
        tempo_candidates: Tempi that the beat may have, the most probable first, at most three; empty where no beat is
            tracked.
        onsets: Onsets that were detected since the frame before.
        events: All other events since the frame before.
        drums: The strongest hit of each drum since the frame before.
        chroma: Strength of each pitch class from C up, the strongest being 1, float32, shape `[12]`.
        key: Key of the last 20 s; None where there is none.
        is_silent: Whether the level has been below -60 dBFS for a second.
        build_drop: Whether this is a build, a drop or a break; None: none of them.
    """

    audio_time_s: float
    sample_rate: int
    waveform: Floats
    spectrum: Floats
    levels: BandLevels
    levels_raw: BandLevels
    loudness: LoudnessReading
    beat: BeatPrediction | None
    position: BeatPosition | None
    tempo_candidates: tuple[TempoCandidate, ...]
    onsets: tuple[OnsetEvent, ...]
    events: tuple[BeatEvent | TempoChange, ...]
    drums: DrumHits
    chroma: Floats
    key: KeyCandidate | None
    is_silent: bool
    build_drop: BuildDrop | None
