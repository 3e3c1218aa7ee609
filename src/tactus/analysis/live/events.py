"""Events of a live stream: predicted beats, cancelled beats, onsets and changes of tempo.

All times are in seconds of audio time, which counts the samples of the stream. `known_at_s` of an event is how much
audio had been delivered when it was made: the end of the newest block.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class BeatPrediction:
    """A beat, predicted shortly before it sounds; another one with the same `id` replaces it.

    Args:
        id: Number of the beat, ascending.
        audio_time_s: When the beat sounds [s].
        known_at_s: How much audio had been delivered when it was predicted [s].
        bpm: Tempo at this beat [beats per minute].
        beat_in_bar: Position in the bar, from 1 (the downbeat).
        bar: Number of the bar, from 0.
        phase: Phase of the beat at `known_at_s`, in [0, 1): how much of the interval before this beat has passed.
        confidence: How certain the time of the beat is, in [0, 1]. Not calibrated.
        predicted: Whether the beat was known before it sounds.
    """

    id: int
    audio_time_s: float
    known_at_s: float
    bpm: float
    beat_in_bar: int
    bar: int
    phase: float
    confidence: float
    predicted: bool

    def later(self, by_s: float) -> "BeatPrediction":
        """The same event, all times later by `by_s` [s]."""
        return replace(self, audio_time_s=by_s + self.audio_time_s, known_at_s=by_s + self.known_at_s)


@dataclass(frozen=True, slots=True)
class BeatCancelled:
    """A predicted beat that will not sound.

    Args:
        id: Number of the beat.
        known_at_s: How much audio had been delivered when it was cancelled [s].
    """

    id: int
    known_at_s: float

    def later(self, by_s: float) -> "BeatCancelled":
        """The same event, all times later by `by_s` [s]."""
        return replace(self, known_at_s=by_s + self.known_at_s)


@dataclass(frozen=True, slots=True)
class OnsetEvent:
    """A sound that begins.

    Args:
        audio_time_s: When it begins [s].
        known_at_s: How much audio had been delivered when it was detected [s].
        strength: Onset strength, in means of the stream; 1 and more.
        band: The frequency band that rises most above its own mean, 0 being the lowest.
    """

    audio_time_s: float
    known_at_s: float
    strength: float
    band: int

    def later(self, by_s: float) -> "OnsetEvent":
        """The same event, all times later by `by_s` [s]."""
        return replace(self, audio_time_s=by_s + self.audio_time_s, known_at_s=by_s + self.known_at_s)


@dataclass(frozen=True, slots=True)
class TempoChange:
    """The tempo of the beat has changed, or a beat was found or lost.

    Args:
        known_at_s: How much audio had been delivered when the change was found [s].
        bpm: The new tempo [beats per minute]; None: no beat is tracked any more.
        confidence: How certain the time of the next beat is, in [0, 1]; 0 without a tempo.
    """

    known_at_s: float
    bpm: float | None
    confidence: float


BeatEvent = BeatPrediction | BeatCancelled
LiveEvent = BeatEvent | OnsetEvent | TempoChange
