"""Drums as people played them: performances of the Groove MIDI Dataset on their metronome's grid.

Source: J. Gillick et al., "Learning to groove with inverse sequence transformations", ICML 2019; the data are licensed
CC BY 4.0 by Google LLC.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import mido
import numpy as np

from training.dice import Dice
from training.music.song import DRUMS, Note, Song
from training.music.styles import KITS

LONGEST_STRETCH = 1.35
"""A performance is played at most so much faster or slower than it was."""


@dataclass(frozen=True, slots=True)
class Performance:
    """One performance.

    Args:
        path: Its MIDI file.
        bpm: Of the metronome.
        beats_per_bar: Of the metronome.
    """

    path: Path
    bpm: float
    beats_per_bar: int


def performances(folder: Path) -> list[Performance]:
    """All grooves (no single fills) in a folder that has the data set's `info.csv`, counted in quarters."""
    with (folder / "info.csv").open() as table:
        rows = [row for row in csv.DictReader(table) if row["beat_type"] == "beat" and row["time_signature"][-1] == "4"]
    return [Performance(folder / row["file"], float(row["bpm"]), int(row["time_signature"][0])) for row in rows]


def with_groove(dice: Dice, song: Song, known: list[Performance]) -> Song:
    """The song with a drummer's performance for drums; one in five is left alone with the drums.

    A song keeps its own drums where no performance fits its tempo and metre.
    """
    fitting = [
        one for one in known
        if one.beats_per_bar == song.beats_per_bar and abs(np.log(one.bpm / song.bpm)) < np.log(LONGEST_STRETCH)
    ]  # fmt: skip
    if not fitting:
        return song
    played = _in_beats(dice.pick(fitting))
    if len(played) < 8:
        return song
    bar = song.beats_per_bar
    length = max(bar, int(np.ceil(max(note.beat for note in played) / bar)) * bar)
    begin = dice.whole(0, max(1, length // bar)) * bar
    n_beats = song.n_bars * bar
    drums = []
    for note in played:
        beat = note.beat - begin
        beat = beat % length if length < n_beats else beat
        while beat < n_beats:
            if beat > -0.2:
                drums.append(replace(note, beat=beat))
            beat += length
    others = [] if dice.chance(0.2) else [note for note in song.notes if note.part != DRUMS]
    mixed = replace(
        song,
        style=f"groove_{song.style}",
        swing=0.0,
        has_voice=song.has_voice and bool(others),
        programs={**song.programs, DRUMS: dice.pick(KITS)},
    )
    return mixed.with_notes(others + drums)


def _in_beats(performance: Performance) -> list[Note]:
    seconds, notes = 0.0, []
    for message in mido.MidiFile(performance.path):
        seconds += message.time
        if message.type == "note_on" and message.velocity > 0:
            beat = seconds * performance.bpm / 60
            notes.append(Note(beat, 0.2, DRUMS, message.note, message.velocity / 127))
    return notes
