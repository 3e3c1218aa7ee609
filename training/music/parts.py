"""Bass, chords and melodies: who plays what over a progression."""

from collections.abc import Callable

from training.dice import Dice
from training.music.song import Chord, Key, Note, chord_at, key_at


def rhythm_cell(dice: Dice, beats_per_bar: int, per_beat: int, density: float, *, on_one: float) -> list[float]:
    """Where in a bar something is played: more likely on beats than between them, ascending, at least one.

    Args:
        dice: Chance.
        beats_per_bar: Beats in a bar.
        per_beat: Subdivision.
        density: In (0, 1].
        on_one: How likely the first beat is made sure of.
    """
    places = []
    for i in range(beats_per_bar * per_beat):
        weight = 1.0 if i % per_beat == 0 else 0.75 if (2 * i) % per_beat == 0 else 0.5
        if dice.chance(density * weight):
            places.append(i / per_beat)
    if not places or (dice.chance(on_one) and places[0] != 0):
        places.append(0.0)
    return sorted(set(places))


BASS_CELLS: dict[str, Callable[[int], list[tuple[float, float, int]]]] = {
    "quarters": lambda bar: [(i, 0.9, 0) for i in range(bar)],
    "eighths": lambda bar: [(i / 2, 0.45, 0) for i in range(2 * bar)],
    "sixteenths": lambda bar: [(i / 4, 0.2, 0) for i in range(4 * bar)],
    "octaves": lambda bar: [(i / 2, 0.4, 12 * (i % 2)) for i in range(2 * bar)],
    "offbeats": lambda bar: [(i + 0.5, 0.4, 0) for i in range(bar)],
    "root_fifth": lambda bar: [(i, 0.9, 0 if i % 4 == 0 else 7) for i in range(0, bar, 2)],
    "whole": lambda bar: [(0, bar * 0.95, 0)],
    "waltz": lambda bar: [(0, 0.9, 0)],
    "tumbao": lambda bar: [(1.5, 1.2, 7), (3, 1.2, 0)],
    "bossa": lambda bar: [(0, 1.4, 0), (1.5, 0.45, 7), (2, 1.4, 7), (3.5, 0.45, 0)],
    "tresillo": lambda bar: [(0, 0.9, 0), (1.5, 0.9, 0), (3, 0.9, 7)],
    "gallop": lambda bar: [(i + at, 0.2, 0) for i in range(bar) for at in (0, 0.5, 0.75)],
}
"""Beat, length and interval above the root, for a bar of so many beats."""

FOUR_ONLY = ("tumbao", "bossa", "tresillo", "montuno")
"""Figures that fill a bar of four beats and no other."""


def bass(dice: Dice, kind: str, chords: list[Chord], n_bars: int, beats_per_bar: int, per_beat: int) -> list[Note]:
    """A bass line; `kind` is one of `BASS_CELLS`, "walking", "riff" (a cell of its own) or "roots" (short riff)."""
    lowest = dice.whole(28, 34)
    cell = rhythm_cell(dice, beats_per_bar, per_beat, dice.between(0.25, 0.6), on_one=0.9)
    intervals = [dice.pick((0, 0, 0, 7, 12, 10)) for _ in cell]
    notes = []
    for bar in range(n_bars):
        first = bar * beats_per_bar
        line: list[tuple[float, float, int]]
        if kind == "walking":
            tones = chord_at(chords, first + 1).intervals
            line = [(i, 0.92, dice.pick((*tones, *tones, 7, 12, 5, 9, -1)) if i else 0) for i in range(beats_per_bar)]
        elif kind in ("riff", "roots"):
            ends = [*cell[1:], beats_per_bar]
            line = [
                (at, end - at - 0.05, 0 if kind == "roots" or at == 0 else interval)
                for at, end, interval in zip(cell, ends, intervals, strict=True)
                if dice.chance(0.94)
            ]
        else:
            line = BASS_CELLS[kind](beats_per_bar)
        for at, length, interval in line:
            chord = chord_at(chords, first + at)
            pitch = lowest + (chord.root - lowest) % 12 + interval
            strength = dice.between(0.75, 0.9) if at % 1 == 0 else dice.between(0.6, 0.8)
            notes.append(Note(first + at, max(length, 0.1), "bass", pitch, strength))
    return notes


COMPING_CELLS: dict[str, Callable[[Dice, int], list[tuple[float, float, float]]]] = {
    "pad": lambda dice, bar: [(0, bar * 0.98, 0.6)],
    "quarters": lambda dice, bar: [(i, 0.85, 0.75) for i in range(bar)],
    "strum_eighths": lambda dice, bar: [
        (i / 2, 0.45, 0.8 if i % 4 == 0 else 0.68) for i in range(2 * bar) if i % 2 == 0 or dice.chance(0.75)
    ],
    "strum_sixteenths": lambda dice, bar: [
        (i / 4, 0.2, 0.8 if i % 4 == 0 else 0.55) for i in range(4 * bar) if i % 4 == 0 or dice.chance(0.55)
    ],
    "power_eighths": lambda dice, bar: [(i / 2, 0.42, 0.85 if i % 2 == 0 else 0.75) for i in range(2 * bar)],
    "power_sixteenths": lambda dice, bar: [
        (i / 4, 0.2, 0.85 if i % 4 == 0 else 0.7) for i in range(4 * bar) if i % 4 != 1 or dice.chance(0.5)
    ],
    "offbeats": lambda dice, bar: [(i + 0.5, 0.25, 0.8) for i in range(bar)],
    "backbeats": lambda dice, bar: [(i, 0.3, 0.8) for i in range(1, bar, 2)],
    "boom_chick": lambda dice, bar: [(i, 0.5, 0.7) for i in range(1, bar, 2)],
    "oompah": lambda dice, bar: [(i, 0.4, 0.65) for i in range(1, bar)],
    "triplets": lambda dice, bar: [(i / 3, 0.3, 0.75 if i % 3 == 0 else 0.6) for i in range(3 * bar)],
    "charleston": lambda dice, bar: [
        (at, dice.pick((0.2, 0.5, 1.0)), 0.7)
        for at in dice.pick(((0, 1.5), (0.5, 2), (1.5, 3), (0, 1.5, 3.5), (1, 2.5), (3.5,)))
        if at < bar
    ],
    "montuno": lambda dice, bar: [(i / 2, 0.3, 0.75) for i, c in enumerate("x.xx.x.x") if c == "x" and i / 2 < bar],
    "bossa": lambda dice, bar: [(at, 0.4, 0.7) for at in (0, 1.5, 2.5, 3.5) if at < bar],
}
"""Beat, length and strength of the chords in a bar of so many beats."""

ARPEGGIOS = {"arpeggio_eighths": 2, "arpeggio_triplets": 3, "arpeggio_sixteenths": 4}
"""Broken chords, so many notes a beat."""

STRUM_BEATS = {"strum_eighths": 0.012, "strum_sixteenths": 0.008, "quarters": 0.005, "boom_chick": 0.01}
"""How far the strings of a strummed chord lie apart, in beats."""


def comping(
    dice: Dice, kind: str, part: str, chords: list[Chord], n_bars: int, beats_per_bar: int, per_beat: int
) -> list[Note]:
    """Chords; `kind` is one of `COMPING_CELLS`, `ARPEGGIOS` or "riff" (a cell of its own)."""
    lowest = dice.whole(50, 62)
    cell = rhythm_cell(dice, beats_per_bar, per_beat, dice.between(0.2, 0.6), on_one=0.5)
    order = [dice.whole(0, 5) for _ in range(4 * beats_per_bar)]
    notes = []
    for bar in range(n_bars):
        first = bar * beats_per_bar
        if kind in ARPEGGIOS:
            per = ARPEGGIOS[kind]
            for i in range(beats_per_bar * per):
                pitches = _voicing(chord_at(chords, first + i / per), lowest)
                pitches += [pitches[0] + 12, pitches[-1] + 12]
                notes.append(Note(first + i / per, 1.1 / per, part, pitches[order[i] % len(pitches)], 0.65))
            continue
        if kind == "riff":
            hits = [(at, dice.pick((0.2, 0.4, 0.8)), dice.between(0.6, 0.85)) for at in cell if dice.chance(0.92)]
        else:
            hits = COMPING_CELLS[kind](dice, beats_per_bar)
        for at, length, strength in hits:
            chord = chord_at(chords, first + at)
            if kind.startswith("power"):
                root = 40 + (chord.root - 40) % 12
                pitches = [root, root + 7, root + 12]
            else:
                pitches = _voicing(chord, lowest)
            gap = STRUM_BEATS.get(kind, 0.0)
            for n, pitch in enumerate(pitches):
                notes.append(Note(first + at + n * gap, length, part, pitch, strength * dice.between(0.9, 1.05)))
    return notes


def melody(
    dice: Dice,
    part: str,
    keys: list[Key],
    chords: list[Chord],
    n_bars: int,
    beats_per_bar: int,
    per_beat: int,
    density: float,
) -> list[Note]:
    """A tune that walks the scale, rests now and then, repeats its rhythm every second bar and leans on chord tones."""
    lowest = dice.whole(52, 68)
    step = dice.whole(0, 8)
    cells = [rhythm_cell(dice, beats_per_bar, per_beat, density, on_one=0.4) for _ in range(2)]
    notes = []
    for bar in range(n_bars):
        if dice.chance(0.18):
            continue
        if dice.chance(0.2):
            cells[bar % 2] = rhythm_cell(dice, beats_per_bar, per_beat, density, on_one=0.4)
        cell = cells[bar % 2]
        key = key_at(keys, bar * beats_per_bar)
        scale = [pitch for pitch in range(lowest, lowest + 17) if (pitch - key.tonic) % 12 in key.scale]
        for at, end in zip(cell, [*cell[1:], beats_per_bar], strict=True):
            step = min(max(step + dice.whole(-3, 4), 0), len(scale) - 1)
            beat = bar * beats_per_bar + at
            pitch = scale[step]
            if at == 0 and dice.chance(0.6):
                pitch = _nearest_tone(chord_at(chords, beat), pitch)
            notes.append(Note(beat, (end - at) * dice.between(0.5, 1.0), part, pitch, dice.between(0.6, 0.95)))
    return notes


def _voicing(chord: Chord, lowest: int) -> list[int]:
    return sorted(
        lowest + (chord.root + interval - lowest) % 12 + (12 if interval > 11 else 0) for interval in chord.intervals
    )


def _nearest_tone(chord: Chord, pitch: int) -> int:
    classes = {(chord.root + interval) % 12 for interval in chord.intervals}
    return min(range(pitch - 6, pitch + 7), key=lambda one: (one % 12 not in classes, abs(one - pitch)))
