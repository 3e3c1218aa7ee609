"""Analysis of a track: all results, in the order in which the analysis types contain them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tactus.analysis.beat_hint import NO_HINT, TempoHint
from tactus.analysis.timeline import FeatureTimeline
from tactus.analysis.track.harmony.chords import Chord
from tactus.analysis.track.harmony.key import Key, KeySpan
from tactus.analysis.track.retained_features import RetainedFeatures
from tactus.analysis.track.rhythm.groove import Groove
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.sections.sections import Section
from tactus.analysis.track.sound.loudness import Loudness
from tactus.analysis.track.sound.segments import Segments
from tactus.analysis.track.sound.waveform import Waveform


@dataclass(frozen=True, slots=True)
class Mood:
    """Mood from loudness, key and beats, by the formulas of `mood/mood.py`; each in [0, 1]."""

    energy: float
    valence: float
    danceability: float


@dataclass(frozen=True, slots=True)
class SoundMood:
    """Mood from the sound alone, by the formulas of `mood/` (acousticness, voice, liveness); each in [0, 1]."""

    acousticness: float
    instrumentalness: float
    liveness: float
    speechiness: float


@dataclass(frozen=True, slots=True)
class Character:
    """Results that *basic* adds to the rhythm: everything but values per frame.

    Args:
        key: Key of the whole piece.
        keys: Keys over time, contiguous from 0 to the end, at least one.
        tuning_cents: Deviation of the tuning from A = 440 Hz, in [-50, 50) [cents].
        chords: Chords, contiguous from 0 to the end, at least one.
        loudness: Integrated loudness, loudness range and curves.
        peak: Largest absolute sample of any channel, full scale 1.0.
        true_peak: Largest absolute value of any channel between the samples (oversampled), full scale 1.0.
        fades_s: End of the fade-in and beginning of the fade-out [s]; 0 and the duration where there is none.
        sections: Sections, contiguous from 0 to the end, at least one.
        segments: Sound events, contiguous from 0 to the end, at least one.
        mood: Energy, valence, danceability.
        sound_mood: Acousticness, instrumentalness, liveness, speechiness.
        waveform: Overview of the waveform.
    """

    key: Key
    keys: tuple[KeySpan, ...]
    tuning_cents: float
    chords: tuple[Chord, ...]
    loudness: Loudness
    peak: float
    true_peak: float
    fades_s: tuple[float, float]
    sections: tuple[Section, ...]
    segments: Segments
    mood: Mood
    sound_mood: SoundMood
    waveform: Waveform


@dataclass(frozen=True, slots=True)
class Analysis:
    """All results of a track. Times are whole microseconds, and equal times are equal numbers.

    Args:
        duration_s: Duration of the sound [s].
        sample_rate: Sample rate of the output grid [Hz].
        analyzer_version: Version of program and algorithms, as in `version.analyzer_version`.
        warnings: Codes of conditions that limit the results: `silent`, `mono_cancels`, those of decoding.
        rhythm: Tempo, beats, bars and onsets.
        groove: Tatums, tempo curve, swing.
        hint: Beat hint that the rhythm follows.
        character: Further scalars and event lists; None for the analysis type tempo_only.
        timelines: Values per frame by feature name: the requested features, else those of *full*.
        retained: Inputs of all beat-dependent results, for a re-analysis.
    """

    duration_s: float
    sample_rate: int
    analyzer_version: str
    warnings: tuple[str, ...]
    rhythm: Rhythm
    groove: Groove
    hint: TempoHint = NO_HINT
    character: Character | None = None
    timelines: Mapping[str, FeatureTimeline] = field(default_factory=dict)
    retained: RetainedFeatures | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Origin of an analysis: facts that the samples alone do not contain.

    Args:
        file_hash: SHA-256 of the file's bytes, hex; None for samples that came from no file.
        analysis_timestamp: Time of the analysis, ISO 8601 in UTC.
        source_sample_rate: Sample rate of the file or the samples [Hz].
        channels: Number of channels.
        codec: FFmpeg's name of the codec; None for samples.
        bit_rate: Bit rate of the file [bit/s]; None where it is unknown.
        title: Title from the tags of the file.
        artist: Artist from the tags of the file.
    """

    file_hash: str | None
    analysis_timestamp: str
    source_sample_rate: int
    channels: int
    codec: str | None
    bit_rate: int | None = None
    title: str | None = None
    artist: str | None = None
