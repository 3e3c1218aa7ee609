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
        has_voice: Whether somebody sings.
        chords: The harmony, ascending.
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
