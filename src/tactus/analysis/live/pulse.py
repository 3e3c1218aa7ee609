"""An even pulse, and the beat that the predictor tracks."""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Pulse:
    """Beats at even distances, without beginning or end.

    Args:
        beat_s: Time of one of the beats [s].
        interval_s: Time from one beat to the next [s].
    """

    beat_s: float
    interval_s: float

    def phase(self, at_s: float) -> float:
        """Phase of the beat at a moment, in [0, 1): 0 on a beat, rising to 1 just before the next."""
        return (1 - (self.beat_s - at_s) / self.interval_s) % 1.0

    def beat_near(self, at_s: float) -> float:
        """Time of the beat that is nearest to a moment [s]."""
        return self.beat_s + self.interval_s * round((at_s - self.beat_s) / self.interval_s)

    def beat_after(self, at_s: float) -> float:
        """Time of the first beat after a moment [s]."""
        return at_s + (1 - self.phase(at_s)) * self.interval_s

    def phase_error(self, reference: "Pulse") -> float:
        """How far the beats lie behind those of another pulse, in [-0.5, 0.5) of its beats, near its `beat_s`."""
        return wrapped((self.beat_near(reference.beat_s) - reference.beat_s) / reference.interval_s)


@dataclass(frozen=True, slots=True)
class TrackedBeat:
    """The beat that the predictor tracks: the input of the beat clock.

    Args:
        pulse: The coming beat and the time between beats; None: no beat is tracked.
        confidence: How certain the time of the coming beat is, in [0, 1].
        last_beat_s: When the newest predicted beat sounds [s]; minus infinity before the first.
        beat_in_bar: Position of that beat in its bar, from 1; 0 before the first.
        bar: Number of its bar, from 0; -1 before the first.
        meter: Beats in a bar.
    """

    pulse: Pulse | None = None
    confidence: float = 0.0
    last_beat_s: float = -math.inf
    beat_in_bar: int = 0
    bar: int = -1
    meter: int = 4

    def later(self, by_s: float) -> "TrackedBeat":
        """The same beat, all times later by `by_s` [s]."""
        pulse = self.pulse and replace(self.pulse, beat_s=by_s + self.pulse.beat_s)
        return replace(self, pulse=pulse, last_beat_s=by_s + self.last_beat_s)


def wrapped(beats: float) -> float:
    """A phase difference as the shortest way round, in [-0.5, 0.5) beats."""
    return (beats + 0.5) % 1.0 - 0.5
