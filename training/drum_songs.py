"""Songs of which is known when kick, snare and hi-hat are struck."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.dice import Dice
from training.music import drums
from training.music.song import DRUMS
from training.music.styles import compose
from training.sound.drum_machine import drum_machine
from training.sound.performance import Performance, PlayedNote, Times, played
from training.sound.recording import recorded
from training.sound.tones import tones

Samples = NDArray[np.float32]

RATE = 44100

RANGES: dict[str, tuple[int, ...]] = {
    "kick": (35, drums.KICK),
    "snare": (drums.SIDE_STICK, drums.SNARE, drums.CLAP, 40),
    "hat": (drums.CLOSED_HAT, drums.PEDAL_HAT, drums.OPEN_HAT, drums.CRASH, drums.RIDE, drums.SHAKER, 54, 57, 59, 70),
}
"""Drums of General MIDI's map that sound in each range."""

SONG_S = 30.0


@dataclass(frozen=True, slots=True)
class DrumSong:
    """A song with a drum machine.

    Args:
        style: Its name.
        samples: Mono, `[n]`.
        hits: When each range is struck [s], and how hard (1 to 127), shape `[n, 2]`.
    """

    style: str
    samples: Samples
    hits: dict[str, Times]


def drum_songs(n_songs: int, *, with_band: bool, first_seed: int = 0) -> Iterator[DrumSong]:
    """Songs in the styles that the networks learn from, each with drums of its own, recorded in a way of its own."""
    seed, n_made = first_seed, 0
    while n_made < n_songs:
        dice, seed = Dice(seed), seed + 1
        song = compose(dice, SONG_S)
        performance = played(dice, song, SONG_S)
        drum_notes = tuple(note for note in performance.notes if note.part == DRUMS)
        hits = {name: _hits(drum_notes, pitches) for name, pitches in RANGES.items()}
        if min(map(len, hits.values())) < SONG_S / 5:
            continue
        mix = _levelled(drum_machine(dice, drum_notes, SONG_S, RATE))
        if with_band:
            mix = mix + _levelled(_band(dice, performance)) * np.float32(10 ** (dice.between(-6, 6) / 20))
        n_made += 1
        yield DrumSong(song.style, recorded(dice, mix, hits["kick"][:, 0].tolist(), RATE), hits)


def _hits(notes: tuple[PlayedNote, ...], pitches: tuple[int, ...]) -> Times:
    """Those that are not struck at once with another."""
    hits = np.array([(note.begin_s, note.velocity) for note in notes if note.pitch in pitches]).reshape(-1, 2)
    return hits[np.diff(hits[:, 0], prepend=-1.0) > 0.03]


def _band(dice: Dice, performance: Performance) -> Samples:
    """All parts but the drums, each with a sound of its own."""
    mix = np.zeros(int(SONG_S * RATE), np.float32)
    for part in sorted({note.part for note in performance.notes} - {DRUMS}):
        notes = [note for note in performance.notes if note.part == part]
        brightness, fade_s = dice.between(0.3, 0.8), dice.log_between(0.2, 3.0)
        mix += tones(notes, SONG_S, RATE, brightness=brightness, fade_s=fade_s)
    return mix


def _levelled(sound: Samples) -> Samples:
    levelled: Samples = sound * np.float32(0.1 / (np.sqrt(np.mean(sound**2)) + 1e-6))
    return levelled
