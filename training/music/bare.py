"""The barest rhythms: a metronome, and drums that play nothing but the beat. Simple things must not be misheard."""

from training.dice import Dice
from training.music import drums
from training.music.song import DRUMS, Note, Song
from training.music.styles import KITS

CLICKS = (37, 56, 75, 76, 77, 42, 33, 34, 36, 39)
"""Side stick, cowbell, claves, wood blocks, hi-hat, metronome, kick, clap."""

SLOWEST_BPM, FASTEST_BPM = 52.0, 212.0


def bare_beat(dice: Dice, duration_s: float) -> Song:
    """A metronome, with or without an accent on the first beat, or a plain drum beat; at least so long [s]."""
    bpm = dice.log_between(SLOWEST_BPM, FASTEST_BPM)
    beats_per_bar = dice.pick((4, 4, 4, 3, 5, 7))
    kind = dice.pick(("metronome", "backbeat", "four"), (0.5, 0.3, 0.2))
    if kind != "metronome":
        # Somebody who plays nothing but kick and snare by turns plays beats at any of these tempi.
        bpm, beats_per_bar = dice.log_between(76, 176), 4
    n_bars = int(duration_s * 1.3 * bpm / 60 / beats_per_bar) + 3
    pitch, first = dice.pick(CLICKS), dice.pick(CLICKS)
    accent = dice.pick((0.0, 0.15, 0.3)) if kind == "metronome" else 0.1
    level = dice.between(0.5, 0.7)
    with_eighths = kind != "metronome" and dice.chance(0.4)
    notes = []
    for bar in range(n_bars):
        for n in range(beats_per_bar):
            beat = float(bar * beats_per_bar + n)
            if kind == "metronome":
                struck = first if n == 0 and accent else pitch
            elif kind == "backbeat":
                struck = drums.KICK if n % 2 == 0 else drums.SNARE
            else:
                struck = drums.KICK
            notes.append(Note(beat, 0.2, DRUMS, struck, level + (accent if n == 0 else 0.0)))
            if with_eighths:
                notes.append(Note(beat + 0.5, 0.2, DRUMS, drums.CLOSED_HAT, 0.4))
    return Song(
        style=f"bare_{kind}",
        bpm=bpm,
        beats_per_bar=beats_per_bar,
        n_bars=n_bars,
        notes=tuple(notes),
        programs={DRUMS: dice.pick(KITS)},
    )
