"""The analysis of a track: everything that is said of it, in the order in which the types of analysis contain it."""

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
    """What a piece does to people, by the formulas of `analysis/track/mood/mood.py`; each in [0, 1]."""

    energy: float
    valence: float
    danceability: float


@dataclass(frozen=True, slots=True)
class SoundMood:
    """What the sound alone suggests, by the formulas of `analysis/track` (acousticness, voice, liveness); in [0, 1]."""

    acousticness: float
    instrumentalness: float
    liveness: float
    speechiness: float


@dataclass(frozen=True, slots=True)
class Character:
    """What *basic* adds to the rhythm: everything that is not a value per frame.

    Args:
        key: The key of the whole.
        keys: Where it is in which key, contiguous from 0 to the end, at least one.
        tuning_cents: How far it is tuned from A = 440 Hz, in [-50, 50).
        chords: Contiguous from 0 to the end, at least one.
        loudness: Integrated, range and curves.
        peak: Largest absolute sample of any channel, full scale 1.0.
        true_peak: The same between the samples, too.
        fades_s: When the fade in ends and when the fade out begins [s]; 0 and the duration where there is none.
        sections: Contiguous from 0 to the end, at least one.
        segments: Contiguous from 0 to the end, at least one.
        mood: Energy, valence, danceability.
        sound_mood: Acousticness, instrumentalness, liveness, speechiness.
        waveform: A small picture of the sound.
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
    """What a track says about itself. All times are whole microseconds, and equal times are equal numbers.

    Args:
        duration_s: Length of the sound [s].
        sample_rate: Of the output grid [Hz].
        analyzer_version: Which program and algorithms made this.
        warnings: What a reader should know: `silent`, `mono_cancels`, what decoding said.
        rhythm: Tempo, beats, bars and onsets.
        groove: What the beats carry: tatums, tempo over time, swing.
        hint: What was known of the beat.
        character: None for the type tempo_only.
        timelines: By feature name: those that were asked for, else those of the type full.
        retained: What all that depends on beats was made from.
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
    """Where an analysis comes from: what the samples alone do not tell.

    Args:
        file_hash: SHA-256 of the file's bytes, hex; None for samples that came from no file.
        analysis_timestamp: When it was made, ISO 8601 in UTC.
        source_sample_rate: Sample rate of the file or the samples [Hz].
        channels: Number of channels.
        codec: FFmpeg's name of the codec; None for samples.
        bit_rate: Of the file [bit/s]; None where it cannot be told.
        title: From its tags.
        artist: From its tags.
    """

    file_hash: str | None
    analysis_timestamp: str
    source_sample_rate: int
    channels: int
    codec: str | None
    bit_rate: int | None = None
    title: str | None = None
    artist: str | None = None
