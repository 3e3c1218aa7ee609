"""What the beat filter says: a beat, that one will not sound, and where the music is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BeatPrediction:
    """A beat, said before it sounds; the same `number` again replaces what was said.

    Args:
        number: Its id, ascending from 0.
        audio_time_s: When it sounds, from the start of the stream [s].
        known_at_s: How much audio had been delivered when this was said [s].
        bpm: Tempo by now [beats per minute].
        beat_in_bar: Its place in the bar, from 1.
        bar: Number of the bar, from 0.
        phase: Phase of the beat when this was said, in [0, 1): how far the one before it has gone.
        confidence: How sure its moment is, in [0, 1]. Not calibrated.
        predicted: Whether it was said before it sounded.
    """

    number: int
    audio_time_s: float
    known_at_s: float
    bpm: float
    beat_in_bar: int
    bar: int
    phase: float
    confidence: float
    predicted: bool


@dataclass(frozen=True, slots=True)
class BeatCancelled:
    """A beat that was said will not sound.

    Args:
        number: Its id.
        known_at_s: How much audio had been delivered when this was said [s].
    """

    number: int
    known_at_s: float


@dataclass(frozen=True, slots=True)
class BeatPosition:
    """Where the music is at a moment.

    Args:
        bpm: Beats per minute.
        confidence: How sure the next beat's moment is, in [0, 1]. Not calibrated.
        phase: Of the beat, in [0, 1).
        beat_in_bar: Of the last beat, from 1.
        bar: Of the last beat, from 0.
    """

    bpm: float
    confidence: float
    phase: float
    beat_in_bar: int
    bar: int
