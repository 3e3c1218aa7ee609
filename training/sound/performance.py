"""How a song is played: when each note really sounds, and how hard it is struck."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.dice import Dice
from training.music.song import DRUMS, Note, Song

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """A note in time.

    Args:
        begin_s: When it is struck [s].
        end_s: When it is let go [s].
        part: Who plays it.
        pitch: MIDI note number.
        velocity: 1 to 127.
    """

    begin_s: float
    end_s: float
    part: str
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Performance:
    """A stretch of a song as it was played.

    Args:
        notes: Ascending by their beginning; those before 0 and after the end are left out.
        beat_times: Of the beats within the stretch [s].
        downbeat_times: Those that begin a bar [s].
        beat_moments: Of all beats, also outside, for who follows along [s].
        first_beat: Number of the first of `beat_moments`, counted from the song's beginning.
    """

    notes: tuple[PlayedNote, ...]
    beat_times: Times
    downbeat_times: Times
    beat_moments: Times
    first_beat: int


def played(dice: Dice, song: Song, duration_s: float) -> Performance:
    """A stretch from somewhere in the song.

    Tempo drifts as a random walk, more without a conductor or a click; some songs speed up or slow down, a
    few jump. Each player is a little early or late as a habit, and a little more by chance.

    Args:
        dice: Chance.
        song: At least 1.2 times as long as the stretch at its tempo.
        duration_s: Length of the stretch [s].
    """
    n_beats = song.n_bars * song.beats_per_bar
    needed = int(duration_s * song.bpm / 60 * 1.15) + 4
    first = dice.whole(0, max(1, n_beats - needed))
    intervals_s = 60 / song.bpm * np.exp(_drift(dice, n_beats - first + 8, song.is_loose))
    moments = np.concatenate(([0.0], np.cumsum(intervals_s))) - dice.between(0, 1) * intervals_s[0]
    numbers = first + np.arange(len(moments), dtype=np.float64)
    player = _Players(dice, song)
    notes = []
    for note in song.notes:
        if note.beat < first - 0.5 or note.beat > numbers[-1] - 1:
            continue
        begin_s = _moment(_swung(note.beat, song), numbers, moments) + player.lateness_s(note.part)
        end_s = _moment(_swung(note.beat + note.length, song), numbers, moments)
        if -0.02 <= begin_s < duration_s:
            begin_s = max(0.0, begin_s)
            notes.append(
                PlayedNote(begin_s, max(end_s, begin_s + 0.03), note.part, _in_range(note), player.velocity(note))
            )
    inside = (moments >= 0) & (moments < duration_s)
    first_of_bar = numbers % song.beats_per_bar == 0
    return Performance(
        tuple(sorted(notes, key=lambda one: one.begin_s)),
        moments[inside],
        moments[inside & first_of_bar],
        moments,
        first,
    )


class _Players:
    """Habits and hands."""

    def __init__(self, dice: Dice, song: Song) -> None:
        self._dice = dice
        self._jitter_s = dice.pick((0.0, 0.002, 0.005, 0.008, 0.014))
        self._habits_s = {part: dice.normal(0.006) if dice.chance(0.5) else 0.0 for part in song.programs}
        self._touch = dice.between(0.02, 0.2)
        self._evenness = dice.between(0.0, 0.3)

    def lateness_s(self, part: str) -> float:
        return self._habits_s[part] + self._dice.normal(self._jitter_s)

    def velocity(self, note: Note) -> int:
        strength = (note.strength * (1 - self._evenness) + self._evenness) * (1 + self._dice.normal(self._touch))
        return int(np.clip(127 * strength, 8, 127))


def _drift(dice: Dice, n_beats: int, is_loose: bool) -> Times:
    """Logarithm of each beat's length, relative to the tempo."""
    if is_loose and dice.chance(0.85):
        drift = np.cumsum(dice.rng.normal(0, dice.between(0.005, 0.03), n_beats))
        drift -= np.linspace(0, 1, n_beats) * drift[-1] * 0.7
        drift += dice.rng.normal(0, dice.between(0.0, 0.02), n_beats)
        bar = dice.pick((2, 4, 8, 8))
        if dice.chance(0.5):  # the end of a phrase is drawn out
            drift += dice.between(0, 0.08) * (np.arange(n_beats) % bar == bar - 1)
    else:
        drift = np.cumsum(dice.rng.normal(0, dice.pick((0.0, 0.0, 0.001, 0.003, 0.006)), n_beats))
        drift += dice.rng.normal(0, dice.pick((0.0, 0.0, 0.003, 0.006)), n_beats)
    if dice.chance(0.05):
        drift += np.linspace(0, dice.between(-0.25, 0.25), n_beats)
    if dice.chance(0.02):
        drift[n_beats // 3 :] += dice.between(-0.2, 0.2)
    return drift


def _swung(beat: float, song: Song) -> float:
    if not song.swing:
        return beat
    unit = song.swung_unit
    whole, part = divmod(beat / unit, 1)
    late = 0.5 + song.swing
    part = part * late / 0.5 if part < 0.5 else late + (part - 0.5) * (1 - late) / 0.5
    return (whole + part) * unit


def _moment(beat: float, numbers: Times, moments: Times) -> float:
    if beat < numbers[0]:
        return float(moments[0] + (beat - numbers[0]) * (moments[1] - moments[0]))
    return float(np.interp(beat, numbers, moments))


def _in_range(note: Note) -> int:
    return note.pitch if note.part == DRUMS else int(np.clip(note.pitch, 21, 108))
