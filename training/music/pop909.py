"""Songs of the POP909 data set as songs to be played: their melody, accompaniment, chords and keys, in other clothes.

Source: Z. Wang et al., "POP909: a pop-song dataset for music arrangement generation", ISMIR 2020; MIT licence.
"""

from pathlib import Path

import mido
import numpy as np

from training.dice import Dice
from training.music import drums, parts
from training.music.arrangement import arranged
from training.music.harmony import AEOLIAN, IONIAN
from training.music.song import Chord, Key, Note, Song
from training.music.styles import (
    ACOUSTIC_GUITAR,
    BASS_GUITAR,
    BELLS,
    CLEAN_GUITAR,
    ELECTRIC_PIANO,
    FLUTES,
    FOLK,
    KITS,
    ORGAN,
    PADS,
    PIANO,
    REEDS,
    STRINGS,
    SYNTH_BASS,
    SYNTHS,
    VOICES,
)  # fmt: skip

INTERVALS = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10),
    "dim": (0, 3, 6), "hdim7": (0, 3, 6, 10), "dim7": (0, 3, 6, 9), "maj6": (0, 4, 7, 9), "min6": (0, 3, 7, 9),
    "sus2": (0, 2, 7), "sus4": (0, 5, 7), "sus4(b7)": (0, 5, 7, 10), "aug": (0, 4, 8), "minmaj7": (0, 3, 7, 11),
}  # fmt: skip
CLASSES = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
GROOVES = ("rock", "rock", "ballad", "four", "hiphop", "disco")


def pop_song(dice: Dice, folder: Path) -> Song:
    """One song, its instruments and register by chance; two in three get drums, half of them a bass."""
    rows = np.loadtxt(folder / "beat_midi.txt", ndmin=2)
    moments, is_first = rows[:, 0], rows[:, 2] > 0
    first = int(np.argmax(is_first))
    beats_per_bar = int(np.median(np.diff(np.flatnonzero(is_first))))
    numbers = np.arange(len(moments)) - first
    up = dice.whole(-4, 5)
    notes = [
        Note(at, end - at, part, pitch + up, strength)
        for at, end, part, pitch, strength in _notes(folder, moments, numbers)
        if at >= 0
    ]
    n_bars = (len(moments) - first) // beats_per_bar
    chords = _chords(folder, moments, numbers, up)
    programs = {
        "melody": dice.pick(VOICES + FLUTES + REEDS + SYNTHS + FOLK + STRINGS + PIANO + CLEAN_GUITAR),
        "bridge": dice.pick(STRINGS + PADS + CLEAN_GUITAR + BELLS + PIANO + SYNTHS + ORGAN),
        "piano": dice.pick(PIANO + PIANO + ACOUSTIC_GUITAR + ELECTRIC_PIANO + STRINGS + PADS + CLEAN_GUITAR + ORGAN),
    }
    if dice.chance(0.5):
        kind = dice.pick(("whole", "eighths", "quarters", "riff", "roots", "root_fifth"))
        notes += parts.bass(dice, kind, chords, n_bars, beats_per_bar, 2)
        programs["bass"] = dice.pick(BASS_GUITAR + SYNTH_BASS)
    if dice.chance(0.65) and beats_per_bar in (2, 4):
        notes += drums.straight_drums(dice, dice.pick(GROOVES), n_bars * beats_per_bar // 4, 4)
        programs["drums"] = dice.pick(KITS)
    song = Song(
        style="pop909",
        bpm=60 / float(np.median(np.diff(moments))),
        beats_per_bar=beats_per_bar,
        n_bars=n_bars,
        notes=(),
        programs=programs,
        has_voice=dice.chance(0.2),
        chords=tuple(chords),
        keys=tuple(_keys(folder, moments, numbers, up)),
    )
    return arranged(dice, song.with_notes(notes))


def _notes(folder: Path, moments: np.ndarray, numbers: np.ndarray) -> list[tuple[float, float, str, int, float]]:
    """Beginning and end [beats], part, pitch and strength of every note."""
    file = mido.MidiFile(folder / f"{folder.name}.mid")
    second, sounding, found = 0.0, dict[tuple[int, int], tuple[float, str, float]](), []
    merged = mido.merge_tracks([_marked(track, n) for n, track in enumerate(file.tracks)])
    tempo = 500_000
    for message in merged:
        second += mido.tick2second(message.time, file.ticks_per_beat, tempo)
        if message.type == "set_tempo":
            tempo = message.tempo
        elif message.type in ("note_on", "note_off"):
            key = (message.channel, message.note)
            if key in sounding:
                began, part, strength = sounding.pop(key)
                beats = np.interp((began, second), moments, numbers, left=-1e3)
                if beats[1] > beats[0]:
                    found.append((float(beats[0]), float(beats[1]), part, message.note, strength))
            if message.type == "note_on" and message.velocity > 0:
                part = file.tracks[message.channel].name.lower()
                sounding[key] = (second, part if part in ("melody", "bridge") else "piano", message.velocity / 127)
    return found


def _marked(track: mido.MidiTrack, number: int) -> mido.MidiTrack:
    """The track with its own number for a channel."""
    return mido.MidiTrack(
        message.copy(channel=number) if message.type in ("note_on", "note_off") else message for message in track
    )


def _chords(folder: Path, moments: np.ndarray, numbers: np.ndarray, up: int) -> list[Chord]:
    chords = []
    for line in (folder / "chord_midi.txt").read_text().splitlines():
        begin, end, label = line.split()
        if label != "N":
            root, quality = label.split("/")[0].split(":")
            beats = np.interp((float(begin), float(end)), moments, numbers)
            chords.append(Chord(float(beats[0]), float(beats[1] - beats[0]), _class(root, up), INTERVALS[quality]))
    return chords


def _keys(folder: Path, moments: np.ndarray, numbers: np.ndarray, up: int) -> list[Key]:
    keys = []
    for line in (folder / "key_audio.txt").read_text().splitlines():
        begin, _, label = line.split()
        tonic, mode = label.split(":")
        beat = float(np.interp(float(begin), moments, numbers)) if keys else -1e3
        keys.append(Key(beat, _class(tonic, up), mode == "min", AEOLIAN if mode == "min" else IONIAN))
    return keys


def _class(name: str, up: int) -> int:
    return (CLASSES[name[0]] + name.count("#") - name.count("b") + up) % 12
