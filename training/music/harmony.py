"""Keys and chord progressions as songs have them."""

from dataclasses import dataclass

from training.dice import Dice
from training.music.song import Chord, Key

MAJOR = (
    "I IV V I", "I vi IV V", "I V vi IV", "I IV I V", "I iii IV V", "ii V I I", "I I IV V", "I vi ii V", "I V", "I IV",
    "I", "I V IV IV", "I I IV IV", "I ii IV V", "I V ii IV", "I IV vi V", "IV V iii vi", "I I7 IV iv", "I III7 vi IV",
    "I II7 V I", "IV I V vi", "I V I IV I V I I", "I V vi iii IV I IV V", "ii IV I V", "I IV ii V", "I Vsus V I",
)  # fmt: skip
MIXOLYDIAN = (
    "I bVII IV I", "I bVII IV IV", "I7 IV7", "I bVII", "I v bVII IV", "I bIII IV I", "I bVII bVI bVII", "I7",
    "I IV bVII IV", "I5 bIII5 IV5 I5", "I5 bVII5 IV5 I5",
)  # fmt: skip
MINOR = (
    "i VI III VII", "i iv v i", "i VII VI V", "i i iv V", "i III VII iv", "i", "i VI", "i VII", "i iv", "i VI iv V",
    "i VII VI VII", "i v", "i bII", "i iv VII III", "VI VII i i", "iv i V i", "i V i iv", "iiø V7 i i", "i VI VII i",
    "i iv i V", "i III iv VI", "i i VI VII", "i5 VI5 VII5", "i5 III5 VII5 VI5", "i5", "i5 bII5", "i V7",
    "iv VII III VI",
)  # fmt: skip
DORIAN = ("i7 IV7", "i IV", "i ii", "i7", "i VII IV i", "i III IV i")
BLUES = (
    "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 I7", "I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7",
    "I7 I7 I7 I7 IV7 IV7 I7 I7 ii7 V7 I7 V7", "I7 IV7 I7 V7", "I7", "I7 V7 IV7 IV7 I7 V7 I7 V7",
)  # fmt: skip
MINOR_BLUES = ("i7 i7 i7 i7 iv7 iv7 i7 i7 V7 iv7 i7 i7", "i7 iv7 i7 i7 iv7 iv7 i7 i7 VI7 V7 i7 V7", "i iv i V7")
JAZZ = (
    "ii7 V7 Imaj7 Imaj7", "Imaj7 vi7 ii7 V7", "iii7 VI7 ii7 V7", "Imaj7 I7 IVmaj7 iv7", "Imaj7 ii7 iii7 ii7",
    "Imaj7 VI7 ii7 V7", "ii7 V7 iii7 VI7 ii7 V7 Imaj7 Imaj7", "Imaj7 IVmaj7 iii7 VI7 II7 V7 Imaj7 V7", "I7 IV7 I7 V7",
    "Imaj7 bVII7 Imaj7 V7", "Imaj7 II7 ii7 V7", "Imaj7 III7 VI7 II7 V7 V7 Imaj7 Imaj7",
)  # fmt: skip
JAZZ_MINOR = (
    "iiø V7 i7 i7", "i7 iv7 V7 i7", "i7 VI7 iiø V7", "i7 iv7 VII7 IIImaj7 VImaj7 iiø V7 i7", "i7", "i7 bII7",
)  # fmt: skip
CLASSICAL = (
    "I V7 I V7", "I IV I V I vi ii V7", "I vi IV V7", "I II7 V V7", "I V vi iii IV I ii V7", "I ii V7 I", "I IV V7 I",
    "V7 I V7 I", "I vii° I V7", "I VI7 ii V7", "I IV vii° iii vi ii V7 I",
)  # fmt: skip
CLASSICAL_MINOR = (
    "i V7 i V7", "i iv V7 i", "i VI iiø V7", "i V7 i III VII III V7 i", "i iv VII III VI iiø V7 i", "i vii° i V7",
    "i i iv V7", "V7 i V7 i",
)  # fmt: skip

IONIAN, AEOLIAN, HARMONIC = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 8, 11)
MAJOR_PENTATONIC, MINOR_PENTATONIC, BLUE = (0, 2, 4, 7, 9), (0, 3, 5, 7, 10), (0, 3, 5, 6, 7, 10)


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to make harmony.

    Args:
        is_minor: What its key is called.
        progressions: As Roman numerals, lower case for minor triads.
        scales: What melodies walk on, in semitones above the tonic.
        chords: The scale that sevenths come from.
    """

    is_minor: bool
    progressions: tuple[str, ...]
    scales: tuple[tuple[int, ...], ...]
    chords: tuple[int, ...]


MODES = {
    "major": Mode(False, MAJOR, (IONIAN, IONIAN, MAJOR_PENTATONIC), IONIAN),
    "mixolydian": Mode(
        False, MIXOLYDIAN, ((0, 2, 4, 5, 7, 9, 10), MAJOR_PENTATONIC, MINOR_PENTATONIC), (0, 2, 4, 5, 7, 9, 10)
    ),
    "minor": Mode(True, MINOR, (AEOLIAN, AEOLIAN, MINOR_PENTATONIC, HARMONIC), AEOLIAN),
    "dorian": Mode(True, DORIAN, ((0, 2, 3, 5, 7, 9, 10), MINOR_PENTATONIC, BLUE), (0, 2, 3, 5, 7, 9, 10)),
    "blues": Mode(
        False, BLUES, (BLUE, MINOR_PENTATONIC, MAJOR_PENTATONIC, (0, 2, 3, 4, 5, 7, 9, 10)), (0, 2, 4, 5, 7, 9, 10)
    ),
    "minor_blues": Mode(True, MINOR_BLUES, (BLUE, MINOR_PENTATONIC), AEOLIAN),
    "jazz": Mode(False, JAZZ, (IONIAN, (0, 2, 3, 4, 7, 9, 11)), IONIAN),
    "jazz_minor": Mode(True, JAZZ_MINOR, (AEOLIAN, HARMONIC, (0, 2, 3, 5, 7, 9, 11)), AEOLIAN),
    "classical": Mode(False, CLASSICAL, (IONIAN,), IONIAN),
    "classical_minor": Mode(True, CLASSICAL_MINOR, (HARMONIC, AEOLIAN), AEOLIAN),
}

_POPULAR = {"major": 5.0, "mixolydian": 1.5, "minor": 4.0, "dorian": 0.7, "blues": 0.3}
_HEAVY = {"major": 1.0, "mixolydian": 3.0, "minor": 5.0, "dorian": 0.5, "blues": 0.5}
_BLUE = {"blues": 6.0, "minor_blues": 1.5, "major": 1.0, "mixolydian": 1.0, "minor": 0.7}
_FUNKY = {"dorian": 3.0, "minor": 3.0, "mixolydian": 2.0, "major": 2.0, "blues": 1.0}
_JAZZY = {"jazz": 5.0, "jazz_minor": 2.0, "blues": 1.5, "major": 0.5}
_LEARNED = {"classical": 5.0, "classical_minor": 3.0, "major": 1.0, "minor": 1.0}
_COUNTRY = {"major": 7.0, "mixolydian": 1.0, "minor": 0.7, "blues": 0.5}

MODES_OF_STYLE = {
    "metal": _HEAVY, "punk": _HEAVY, "rock": {"major": 3.0, "mixolydian": 2.5, "minor": 3.0, "blues": 0.7},
    "slow_blues": _BLUE, "shuffle": _BLUE, "funk": _FUNKY, "hip_hop": _FUNKY, "trap": _FUNKY, "disco": _FUNKY,
    "techno": _FUNKY, "house": _FUNKY, "soul": {"major": 4.0, "minor": 2.0, "dorian": 1.0, "blues": 1.0},
    "swing": _JAZZY, "big_band": _JAZZY, "jazz_ballad": _JAZZY, "bossa_nova": _JAZZY, "waltz": _LEARNED,
    "march": _LEARNED, "chamber": _LEARNED, "piano_solo": _LEARNED, "country": _COUNTRY,
    "guitar_solo": {"major": 4.0, "minor": 3.0, "classical": 1.0, "classical_minor": 1.0, "jazz": 1.0},
}  # fmt: skip
"""How likely a style's songs are in each mode."""

ROMAN = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
MODULATES = 0.07
"""Share of songs that change their key."""


def harmony(dice: Dice, style: str, n_bars: int, beats_per_bar: int) -> tuple[list[Key], list[Chord]]:
    """Keys, and chords that fill so many bars.

    Chords change at bar lines mostly; some songs change twice a bar or every second bar, some push a change to the
    eighth before the bar. Half the songs have a second progression, to which they go over after some bars.
    """
    weights = MODES_OF_STYLE.get(style, _POPULAR)
    mode = MODES[dice.pick(tuple(weights), tuple(weights.values()))]
    tonic, scale = dice.whole(0, 12), dice.pick(mode.scales)
    progressions = [dice.pick(mode.progressions).split() for _ in range(2)]
    bars_each = dice.pick((1.0, 1.0, 1.0, 1.0, 2.0, 0.5)) if beats_per_bar % 2 == 0 else dice.pick((1.0, 1.0, 2.0))
    colour = dice.pick(("triad", "seventh", "power", "ninth"), (0.5, 0.2, 0.15 if weights is _HEAVY else 0.06, 0.1))
    pushed = 0.5 if dice.chance(0.08) else 0.0
    changes_at = dice.whole(1, 7) if dice.chance(0.5) else n_bars
    moves_at = dice.whole(n_bars // 4, n_bars) * beats_per_bar if dice.chance(MODULATES) else float("inf")
    # Minor thirds sung over dominant sevenths count as minor, as in most annotations of blues.
    is_minor = mode.is_minor or scale in (BLUE, MINOR_PENTATONIC)
    keys, chords, beat, n = [Key(0.0, tonic, is_minor, scale)], list[Chord](), 0.0, 0
    while beat < n_bars * beats_per_bar:
        cycle, place = divmod(n, len(progressions[0]))
        numerals = progressions[0] if cycle % (2 * changes_at) < changes_at else progressions[1]
        if beat >= moves_at:
            tonic, moves_at = (tonic + dice.pick((1, 2, 2, 5, 7, 3))) % 12, float("inf")
            keys.append(Key(beat, tonic, is_minor, scale))
        length = bars_each * beats_per_bar
        early = pushed if n else 0.0
        root, intervals = _chord(numerals[place % len(numerals)], mode, colour)
        chords.append(Chord(beat - early, length - (0.0 if n else pushed), (tonic + root) % 12, intervals))
        beat, n = beat + length, n + 1
    return keys, chords


def _chord(numeral: str, mode: Mode, colour: str) -> tuple[int, tuple[int, ...]]:
    """Root above the tonic and intervals above the root of a Roman numeral, coloured where it has no other suffix."""
    flat, name = numeral.startswith("b"), numeral.lstrip("b")
    letters = name[: len(name) - len(name.lstrip("IViv"))]
    suffix, is_minor = name[len(letters) :], letters.islower()
    root = ROMAN[letters.upper()] - flat
    if mode.is_minor and not flat and letters.upper() in ("III", "VI", "VII") and suffix != "°":
        root -= 1  # of the natural minor scale
    third = 3 if is_minor else 4
    if suffix:
        return root % 12, {
            "7": (0, third, 7, 10), "maj7": (0, 4, 7, 11), "°": (0, 3, 6), "ø": (0, 3, 6, 10), "5": (0, 7, 12),
            "sus": (0, 5, 7),
        }[suffix]  # fmt: skip
    if colour == "power":
        return root % 12, (0, 7, 12)
    seventh = 10 if is_minor or (root + 10) % 12 in mode.chords else 11
    triad = (0, third, 7)
    return root % 12, {"triad": triad, "seventh": (*triad, seventh), "ninth": (*triad, seventh, 14)}[colour]
