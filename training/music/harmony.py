"""Chord progressions as songs have them."""

from training.dice import Dice
from training.music.song import Chord

MAJOR = (
    (0, 5, 7, 0), (0, 9, 5, 7), (0, 7, 9, 5), (9, 5, 0, 7), (0, 5, 0, 7), (0, 4, 5, 7), (2, 7, 0, 0), (0, 0, 5, 7),
    (0, 10, 5, 0), (0, 9, 2, 7), (0, 0, 0, 0), (5, 7, 4, 9), (0, 7, 5, 5), (0, 0, 5, 5),
)  # fmt: skip
MINOR = ((9, 5, 0, 7), (9, 2, 4, 9), (9, 7, 5, 4), (9, 9, 2, 4), (9, 0, 7, 2), (9, 9, 9, 9), (9, 5, 2, 4), (9, 7, 9, 7))
BLUES = (0, 0, 0, 0, 5, 5, 0, 0, 7, 5, 0, 7)
"""Roots, in semitones above the major key's tonic."""

IS_MINOR = {0: False, 2: True, 4: True, 5: False, 7: False, 9: True, 10: False}


def progression(dice: Dice, n_bars: int, beats_per_bar: int, *, blues: float = 0.1) -> tuple[int, list[Chord]]:
    """A key (the pitch class of its major tonic) and chords that fill so many bars.

    Chords change at bar lines mostly; some songs change twice a bar or every second bar, some push a change to the
    eighth before the bar.

    Args:
        dice: Chance.
        n_bars: How many bars.
        beats_per_bar: In each.
        blues: How likely it is a twelve-bar blues.
    """
    key = dice.whole(0, 12)
    roots = BLUES if dice.chance(blues) else dice.pick(MAJOR if dice.chance(0.6) else MINOR)
    bars_each = dice.pick((1.0, 1.0, 1.0, 1.0, 2.0, 0.5)) if beats_per_bar % 2 == 0 else dice.pick((1.0, 1.0, 2.0))
    colour = dice.pick(("triad", "seventh", "power", "ninth"), (0.5, 0.25, 0.1, 0.15))
    pushed = 0.5 if dice.chance(0.08) else 0.0
    chords, beat, n = [], 0.0, 0
    while beat < n_bars * beats_per_bar:
        degree = roots[n % len(roots)]
        length = bars_each * beats_per_bar
        early = pushed if n else 0.0
        chords.append(Chord(beat - early, length - (0.0 if n else pushed), (key + degree) % 12, _tones(colour, degree)))
        beat, n = beat + length, n + 1
    return key, chords


def _tones(colour: str, degree: int) -> tuple[int, ...]:
    minor = IS_MINOR[degree]
    if colour == "power":
        return (0, 7, 12)
    triad = (0, 3, 7) if minor else (0, 4, 7)
    seventh = 10 if minor or degree == 7 else 11
    return {"triad": triad, "seventh": (*triad, seventh), "ninth": (*triad, seventh, 14)}[colour]
