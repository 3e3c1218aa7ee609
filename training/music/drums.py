"""Drum grooves: patterns of straight styles in sixteenths, and those in triplets."""

from collections.abc import Callable

from training.dice import Dice
from training.music.song import DRUMS, Note

KICK, SIDE_STICK, SNARE, CLAP, CLOSED_HAT, PEDAL_HAT, OPEN_HAT = 36, 37, 38, 39, 42, 44, 46
CRASH, RIDE, TAMBOURINE, COWBELL, SHAKER, CONGAS, TOMS = 49, 51, 54, 56, 82, (62, 63, 64), (50, 47, 45, 43, 41)

GROOVES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rock": (
        ("x.......x.......", "x.....x.x.......", "x..x....x.x.....", "x......xx.......", "x.x.....x.......",
         "x.......x.x...x.", "x......xx.x.....", "x.....x...x....."),
        ("....X.......X...", "....X.......X...", "....X.......X..o"),
    ),
    "four": (("x...x...x...x...",), ("....X.......X...", "............x...", "................")),
    "disco": (("x...x...x...x...", "x...x...x...x.x."), ("....X.......X...",)),
    "hiphop": (
        ("x......x..x.....", "x.x....x..x.....", "x.....x...x..x..", "x..x....x.x.....", "x.........x.....",
         "x......x.x......"),
        ("....X.......X...", "....X..o....X..o"),
    ),
    "trap": (("x.....x...x.....", "x..x..x.........", "x......x..x...x."), ("....X.......X...",)),
    "half_time": (("x.....x.........", "x...............", "x..x..x.....x..."), ("........X.......",)),
    "funk": (
        ("x..x..x...x..x..", "x.x...x..x....x.", "x..x....x.x..x..", "x.x.......x..x..", "x......x..x....."),
        ("....X..o.o..X...", "....X..o.o..X..o", "....X.....o.X..o", "....X.......X..."),
    ),
    "metal": (
        ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "x..x..x...x.x...", "x.x...x.x.x....."),
        ("....X.......X...", "....X.......X...", "..X...X...X...X."),
    ),
    "punk": (
        ("x...x...x...x...", "x..x..x.x..x..x.", "x.....x.x.....x.", "x.x.....x.x....."),
        ("....X.......X...", "..X...X...X...X.", "....X.......X..."),
    ),
    "breakbeat": (("x.........x.....", "x..x......x.....", "x.x.......x..x.."),
                  ("....X.......X...", "....X..o.o..X..o")),
    "one_drop": (("........x.......", "x.......x.......", "x...x...x...x..."),
                 ("........X.......", "........X.....o.")),
    "steppers": (("........x.......", "....x.......x...", "x...x...x...x..."),
                 ("....X.......X...", "........X.......")),
    "country": (
        ("x.......x.......", "x...x...x...x...", "x.......x......."),
        ("....X.......X...", "o.ooXoo.o.ooXoo.", "..X...X...X...X."),
    ),
    "bossa": (("x..xx..xx..xx..x", "x...x...x...x..."), ("x..x..x...x..x..", "x..x...x..x..x..")),
    "salsa": (("...x..x....x..x.", "............x..."), ("x..x..x...x.x...", "..x.x...x..x..x.")),
    "ballad": (("x.......x.......", "x.......x.x.....", "x.....x.x.......", "x.........x....."),
               ("....X.......X...",)),
    "march": (("x.......x.......", "x...x...x...x..."), ("....xooo....xoxo", "x.ooxooox.ooxoxo")),
    "motown": (("x.....x.x.....x.", "x..x..x.x......."), ("x...x...x...x...", "....X.......X...")),
    "none": (("................",), ("................",)),
}  # fmt: skip
"""Kick and snare of each style, in sixteenths of a bar of four; X accent, x stroke, o ghost note."""

STROKES = {"X": 0.95, "x": 0.8, "o": 0.4}

HATS: dict[str, tuple[Callable[[int], bool], Callable[[int], int]]] = {
    "eighths": (lambda i: i % 2 == 0, lambda i: CLOSED_HAT),
    "sixteenths": (lambda i: True, lambda i: CLOSED_HAT),
    "quarters": (lambda i: i % 4 == 0, lambda i: CLOSED_HAT),
    "offbeats": (lambda i: i % 4 == 2, lambda i: OPEN_HAT),
    "open_offbeats": (lambda i: i % 2 == 0, lambda i: OPEN_HAT if i % 4 == 2 else CLOSED_HAT),
    "ride_eighths": (lambda i: i % 2 == 0, lambda i: RIDE),
    "ride_quarters": (lambda i: i % 4 == 0, lambda i: RIDE),
    "crash_quarters": (lambda i: i % 4 == 0, lambda i: CRASH),
    "shaker": (lambda i: True, lambda i: SHAKER),
    "tambourine": (lambda i: i % 2 == 0, lambda i: TAMBOURINE),
    "gallop": (lambda i: i % 4 != 1, lambda i: CLOSED_HAT),
    "none": (lambda i: False, lambda i: CLOSED_HAT),
}
"""In which sixteenths something keeps time, and what."""

TIMEKEEPERS: dict[str, tuple[str, ...]] = {
    "four": ("offbeats", "offbeats", "open_offbeats", "sixteenths", "eighths", "none"),
    "disco": ("offbeats", "offbeats", "open_offbeats", "sixteenths", "eighths"),
    "metal": ("eighths", "quarters", "ride_eighths", "crash_quarters", "eighths"),
    "punk": ("eighths", "quarters", "ride_eighths", "crash_quarters"),
    "breakbeat": ("eighths", "ride_eighths", "sixteenths"),
    "hiphop": ("eighths", "sixteenths", "eighths", "quarters"),
    "trap": ("sixteenths", "eighths", "sixteenths"),
}
ANY_TIMEKEEPER = (
    "eighths", "eighths", "sixteenths", "quarters", "offbeats", "open_offbeats", "ride_eighths", "ride_quarters",
    "none", "shaker", "tambourine", "gallop",
)  # fmt: skip


def straight_drums(dice: Dice, groove: str, n_bars: int, beats_per_bar: int) -> list[Note]:
    """A groove in sixteenths, with fills at the ends of phrases and a crash after them."""
    kicks, snares = GROOVES[groove]
    kick, snare = _mutated(dice, dice.pick(kicks)), _mutated(dice, dice.pick(snares))
    snare_pitch = _snare_pitch(dice, groove)
    keeps, sound = HATS[dice.pick(TIMEKEEPERS.get(groove, ANY_TIMEKEEPER))]
    hat_level, drum_level = dice.between(0.3, 0.85), dice.between(0.75, 1.0)
    fills, phrase = dice.between(0, 0.8), dice.pick((4, 8, 8, 2))
    crashes = dice.between(0.1, 0.7)
    extra = dice.pick((None, None, None, "conga", "shaker", "cowbell", "clap"))
    conga_at = [i for i in range(beats_per_bar * 4) if dice.chance(0.4)]
    notes: list[Note] = []

    def hit(beat: float, pitch: int, strength: float) -> None:
        notes.append(Note(beat, 0.2, DRUMS, pitch, min(1.0, strength)))

    for bar in range(n_bars):
        first = bar * beats_per_bar
        fill_from = (
            beats_per_bar - dice.pick((1, 1, 2, 0.5)) if bar % phrase == phrase - 1 and dice.chance(fills) else 99
        )
        if bar % phrase == 0 and dice.chance(crashes):
            hit(first, CRASH, 0.8)
        for i in range(beats_per_bar * 4):
            beat = i / 4
            if beat >= fill_from:
                if dice.chance(0.75):
                    hit(first + beat, dice.pick((SNARE, *TOMS)), dice.between(0.6, 1))
                continue
            if kick[i % 16] != ".":
                hit(first + beat, KICK, STROKES[kick[i % 16]] * drum_level)
            if snare[i % 16] != ".":
                hit(first + beat, snare_pitch, STROKES[snare[i % 16]] * drum_level)
            if keeps(i):
                accent = 1 if i % 4 == 0 else 0.8 if i % 2 == 0 else 0.55
                hit(first + beat, sound(i), hat_level * accent * dice.between(0.85, 1.1))
            if extra == "shaker" and i % 2 == 0:
                hit(first + beat, SHAKER, 0.5 if i % 4 == 0 else 0.35)
            if extra == "cowbell" and i % 4 == 0:
                hit(first + beat, COWBELL, 0.5)
            if extra == "clap" and i % 8 == 4:
                hit(first + beat, CLAP, 0.7)
            if extra == "conga" and i in conga_at:
                hit(first + beat, dice.pick(CONGAS), dice.between(0.5, 0.8))
        if groove == "trap" and dice.chance(0.4):  # a roll in thirty-seconds
            start = dice.whole(0, beats_per_bar * 2) / 2
            for i in range(4):
                hit(first + start + i / 8, CLOSED_HAT, 0.5 * hat_level)
    return notes


def triplet_drums(dice: Dice, kind: str, n_bars: int, beats_per_bar: int) -> list[Note]:
    """Swing, shuffle, slow twelve-eight and waltz: grooves whose beats fall in three."""
    ride = dice.pick((RIDE, RIDE, 59, CLOSED_HAT, 53))
    brushes, hat, feathered = dice.chance(0.3), dice.chance(0.75), dice.chance(0.4)
    comping, fills, pushes = dice.between(0, 0.35), dice.between(0, 0.7), dice.between(0, 0.3)
    notes: list[Note] = []

    def hit(beat: float, pitch: int, strength: float) -> None:
        notes.append(Note(beat, 0.2, DRUMS, pitch, min(1.0, strength)))

    for bar in range(n_bars):
        for n in range(beats_per_bar):
            beat = bar * beats_per_bar + n
            if kind == "swing":
                hit(beat, ride, dice.between(0.6, 0.75))
                if n % 2 == 1:
                    hit(beat + 2 / 3, ride, dice.between(0.45, 0.65))
                    if hat:
                        hit(beat, PEDAL_HAT, 0.6)
                if feathered:
                    hit(beat, KICK, 0.35)
                if brushes:
                    hit(beat, 40, 0.3)
                if dice.chance(comping):
                    hit(beat + dice.pick((1 / 3, 2 / 3, 2 / 3, 0)), dice.pick((SNARE, KICK, SIDE_STICK)),
                        dice.between(0.3, 0.8))  # fmt: skip
            elif kind == "shuffle":
                hit(beat, ride, 0.65)
                hit(beat + 2 / 3, ride, 0.5)
                hit(beat, KICK if n % 2 == 0 else SNARE, 0.9)
                if dice.chance(pushes):
                    hit(beat + 2 / 3, KICK, 0.7)
            elif kind == "twelve_eight":
                for third in range(3):
                    hit(beat + third / 3, ride, 0.6 if third == 0 else 0.42)
                hit(beat, KICK if n % 2 == 0 else SNARE, 0.9)
                if dice.chance(pushes):
                    hit(beat + dice.pick((1 / 3, 2 / 3)), KICK, 0.7)
            else:  # waltz
                hit(
                    beat,
                    KICK if n == 0 else dice.pick((SNARE, CLOSED_HAT, CLOSED_HAT, SIDE_STICK)),
                    0.85 if n == 0 else 0.6,
                )
                if hat:
                    hit(beat, CLOSED_HAT, 0.5)
            if bar % 4 == 3 and n == beats_per_bar - 1 and dice.chance(fills):
                for third in range(3):
                    hit(beat + third / 3, dice.pick((SNARE, *TOMS)), dice.between(0.6, 0.95))
        if bar % 4 == 0 and dice.chance(0.3):
            hit(bar * beats_per_bar, CRASH, 0.7)
    return notes


def _snare_pitch(dice: Dice, groove: str) -> int:
    if groove in ("one_drop", "bossa", "ballad", "country") and dice.chance(0.4):
        return SIDE_STICK
    if groove in ("four", "hiphop", "trap", "disco") and dice.chance(0.4):
        return CLAP
    return dice.pick((SNARE, SNARE, 40))


def _mutated(dice: Dice, pattern: str) -> str:
    """The pattern with a stroke more or less here and there, in every second song."""
    rate = 0.03 if dice.chance(0.5) else 0.0
    return "".join(dice.pick(".xo") if dice.chance(rate) else hit for hit in pattern)
