"""A song before it is played: notes in beats, and who plays them."""

from dataclasses import dataclass, field, replace

DRUMS = "drums"
"""The part that plays percussion; its pitches are those of General MIDI's drum map."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note of one part.

    Args:
        beat: Where it begins, in beats from the first downbeat.
        length: In beats.
        part: Who plays it.
        pitch: MIDI note number.
        strength: In (0, 1].
    """

    beat: float
    length: float
    part: str
    pitch: int
    strength: float


@dataclass(frozen=True, slots=True)
class Chord:
    """A harmony that lasts.

    Args:
        beat: Where it begins, in beats.
        length: In beats.
        root: Pitch class, 0 is C.
        intervals: Semitones above the root.
    """

    beat: float
    length: float
    root: int
    intervals: tuple[int, ...]

    @property
    def quality(self) -> int:
        """Which of `QUALITIES` it is; -1 for none of them."""
        for number, pattern in enumerate(PATTERNS):
            if set(pattern) <= {interval % 12 for interval in self.intervals}:
                return number
        return -1


QUALITIES = ("maj7", "7", "min7", "hdim7", "maj", "min", "dim")
PATTERNS = ((0, 4, 7, 11), (0, 4, 7, 10), (0, 3, 7, 10), (0, 3, 6, 10), (0, 4, 7), (0, 3, 7), (0, 3, 6))
"""Semitones of each quality, the fuller ones first."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that holds from a moment on.

    Args:
        beat: Where it begins, in beats.
        tonic: Pitch class, 0 is C.
        is_minor: Its mode.
        scale: What melodies walk on, in semitones above the tonic.
    """

    beat: float
    tonic: int
    is_minor: bool
    scale: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Song:
    """Everything that is composed of a song.

    Args:
        style: Its name.
        bpm: Beats per minute.
        beats_per_bar: 2 to 7.
        n_bars: How long it is.
        notes: Of all parts.
        programs: General MIDI program of each part.
        swing: How far the second half of a unit is delayed, as a part of the unit, 0 to 1/6.
        swung_unit: In beats: 1 swings eighths, 1/2 sixteenths.
        is_loose: Whether the players bend time (no drummer holds them together).
        has_voice: Whether there is a voice.
        chords: The harmony, ascending.
        keys: Ascending; none where nothing has a pitch.
    """

    style: str
    bpm: float
    beats_per_bar: int
    n_bars: int
    notes: tuple[Note, ...]
    programs: dict[str, int] = field(default_factory=dict)
    swing: float = 0.0
    swung_unit: float = 1.0
    is_loose: bool = False
    has_voice: bool = False
    chords: tuple[Chord, ...] = ()
    keys: tuple[Key, ...] = ()

    def with_notes(self, notes: list[Note]) -> "Song":
        """The same song with other notes; parts that play nothing lose their program."""
        playing = {note.part for note in notes}
        programs = {part: program for part, program in self.programs.items() if part in playing}
        return replace(self, notes=tuple(notes), programs=programs)


def chord_at(chords: list[Chord], beat: float) -> Chord:
    """The harmony at a moment; the last one beyond the end."""
    for chord in chords:
        if chord.beat <= beat < chord.beat + chord.length:
            return chord
    return chords[-1]


def key_at(keys: list[Key], beat: float) -> Key:
    """The key at a moment; the first one before the beginning."""
    return next((key for key in reversed(keys) if key.beat <= beat), keys[0])
