"""All that depends on beats, from the evidence and what somebody knows of the beat."""

from dataclasses import dataclass, replace

import numpy as np

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.networks.harmony import first_row_s
from tactus.analysis.networks.rhythm import RhythmActivations
from tactus.analysis.track.harmony.chords import Chord, chords
from tactus.analysis.track.mood import mood
from tactus.analysis.track.result import Mood
from tactus.analysis.track.retained_features import RetainedFeatures
from tactus.analysis.track.rhythm.beats import Beats
from tactus.analysis.track.rhythm.groove import Groove, groove
from tactus.analysis.track.rhythm.hinted import hinted_rhythm
from tactus.analysis.track.rhythm.rhythm import Rhythm, rhythm
from tactus.analysis.track.sections.sections import Section, sections
from tactus.dsp.arrays import Times


@dataclass(frozen=True, slots=True)
class BeatDependentCharacter:
    """What of a piece's character depends on its beats."""

    chords: tuple[Chord, ...]
    sections: tuple[Section, ...]
    mood: Mood


@dataclass(frozen=True, slots=True)
class BeatDependentResults:
    """All that depends on beats.

    Args:
        rhythm: Times on whole microseconds: equal ones are equal numbers, and all that follows shares them.
        groove: What the beats carry.
        character: None where the evidence has none.
    """

    rhythm: Rhythm
    groove: Groove
    character: BeatDependentCharacter | None


def beat_dependent_results(
    retained: RetainedFeatures, hint: TempoHint, beats: Beats | None = None
) -> BeatDependentResults:
    """All that depends on beats.

    Args:
        retained: What is heard.
        hint: What is known of the beat.
        beats: As somebody else found them; by default they are found here.

    Raises:
        ValueError: There is both a hint about tempo and somebody else's beats, which follow none.
    """
    if beats is not None and hint.has_tempo:
        raise ValueError("only Tactus' own beat tracker follows a hint")

    reading = RhythmActivations.of(retained.curves, retained.tempi)

    def estimate(bpm_range: tuple[float, float], taps: Times, is_beat_known: bool) -> Rhythm:
        return rhythm(
            retained.onset_strengths,
            retained.frame_rate_hz,
            reading,
            duration_s=retained.duration_s,
            bpm_range=bpm_range,
            chroma=retained.chroma,
            chroma_rate_hz=retained.chroma_rate_hz,
            beats=beats,
            taps=taps,
            is_beat_known=is_beat_known,
        )

    found = _on_microseconds(hinted_rhythm(estimate, hint))
    return BeatDependentResults(found, groove(found), _character(retained, found))


def _character(retained: RetainedFeatures, found: Rhythm) -> BeatDependentCharacter | None:
    heard = retained.character
    if heard is None:
        return None
    return BeatDependentCharacter(
        chords=chords(
            heard.chords.astype(np.float32),
            heard.harmony_rate_hz,
            first_s=first_row_s(heard.harmony_rate_hz),
            chroma=retained.chroma,
            chroma_rate_hz=retained.chroma_rate_hz,
            beat_times=found.beat_times,
            duration_s=retained.duration_s,
        ),
        sections=sections(
            heard.slow_levels_db,
            retained.onset_strengths,
            retained.frame_rate_hz,
            chroma=retained.chroma,
            chroma_rate_hz=retained.chroma_rate_hz,
            keys=heard.keys,
            harmony_rate_hz=heard.harmony_rate_hz,
            k_weighted_power=heard.k_weighted_power,
            power_rate_hz=heard.power_rate_hz,
            beat_times=found.beat_times,
            downbeat_times=found.downbeat_times,
            duration_s=retained.duration_s,
        ),
        mood=Mood(
            energy=mood.energy(
                loudness_lufs=heard.loudness_lufs,
                brightness=heard.brightness,
                onset_rate_hz=len(found.onset_times) / retained.duration_s,
                bpm=found.bpm,
            ),
            valence=mood.valence(major_share=heard.major_share, brightness=heard.brightness, bpm=found.bpm),
            danceability=mood.danceability(pulse=heard.pulse, beat_times=found.beat_times, bpm=found.bpm),
        ),
    )


def _on_microseconds(found: Rhythm) -> Rhythm:
    return replace(
        found,
        beat_times=np.round(found.beat_times, 6),
        downbeat_times=np.round(found.downbeat_times, 6),
        onset_times=np.round(found.onset_times, 6),
    )
