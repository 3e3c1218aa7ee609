"""The styles that songs are composed in: tempi, grooves and instruments, as they are usually played and counted."""

from dataclasses import dataclass

from training.dice import Dice
from training.music import drums, parts
from training.music.arrangement import arranged
from training.music.harmony import harmony
from training.music.song import DRUMS, Note, Song

PIANO, ELECTRIC_PIANO, ORGAN = (0, 0, 0, 1, 2, 3, 4, 4, 5, 6, 7), (4, 5, 2), (16, 17, 18, 19, 20, 21)
ACOUSTIC_GUITAR, CLEAN_GUITAR, DISTORTED_GUITAR = (24, 25, 25, 26, 27), (26, 27, 28), (29, 30, 30)
STRINGS, BRASS, REEDS = (48, 49, 50, 51, 44, 45), (61, 62, 63, 56, 57, 58), (64, 65, 66, 67, 68, 71)
FLUTES, VOICES, SYNTHS = (72, 73, 74, 75, 78), (52, 53, 54, 85, 91), (80, 81, 82, 83, 84, 87, 86)
PADS, BELLS, FOLK = tuple(range(88, 96)), (8, 9, 11, 12, 13, 14), (40, 41, 42, 22, 21, 23, 46, 104, 105, 106, 107, 110)
DOUBLE_BASS, BASS_GUITAR, SYNTH_BASS = (32,), (33, 33, 34, 35, 36, 37), (38, 39, 38, 87)
ANYTHING = (
    *PIANO,
    *ORGAN,
    *ACOUSTIC_GUITAR,
    *CLEAN_GUITAR,
    *STRINGS,
    *BRASS,
    *REEDS,
    *FLUTES,
    *SYNTHS,
    *PADS,
    *BELLS,
    *FOLK,
)

KITS = (0, 0, 0, 0, 8, 16, 16, 24, 25, 25, 32, 32, 40, 40, 48)
"""Drum kits of General MIDI that the usual sound banks have: standard, room, power, electronic, 808, jazz, brush,
orchestra."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind of music is usually made.

    Args:
        weight: How often it is composed.
        bpm: Slowest and fastest usual tempo, as its players count it.
        groove: Of `drums.GROOVES`, or of `drums.triplet_drums` where `per_beat` is 3; None without drums.
        bass: Kinds of bass line; None: without.
        basses: General MIDI programs of the bass.
        comping: Kinds of chords.
        comps: Their programs.
        tunes: Programs of melodies.
        per_beat: Subdivision of the beat: 2, 3 or 4.
        metres: Beats in a bar.
        swung: How likely eighths or sixteenths swing.
        sung: Probability of a voice.
    """

    weight: float
    bpm: tuple[float, float]
    groove: str | None
    bass: tuple[str | None, ...]
    basses: tuple[int, ...]
    comping: tuple[str, ...]
    comps: tuple[int, ...]
    tunes: tuple[int, ...]
    per_beat: int = 4
    metres: tuple[int, ...] = (4,)
    swung: float = 0.0
    sung: float = 0.45


STYLES: dict[str, Style] = {
    "rock": Style(10, (84, 168), "rock", ("eighths", "eighths", "riff", "quarters"), BASS_GUITAR,
                  ("power_eighths", "riff", "strum_eighths", "strum_sixteenths"),
                  DISTORTED_GUITAR * 2 + CLEAN_GUITAR + ACOUSTIC_GUITAR + ORGAN,
                  DISTORTED_GUITAR + CLEAN_GUITAR + VOICES + ORGAN, per_beat=2, swung=0.05),
    "slow_rock": Style(7, (60, 96), "rock", ("eighths", "riff", "whole", "roots"), BASS_GUITAR,
                       ("strum_sixteenths", "strum_eighths", "pad", "arpeggio_eighths", "arpeggio_sixteenths", "riff"),
                       DISTORTED_GUITAR + CLEAN_GUITAR * 2 + ACOUSTIC_GUITAR * 2 + PIANO + ORGAN,
                       DISTORTED_GUITAR + VOICES + REEDS, swung=0.05),
    "pop": Style(9, (78, 138), "rock", ("eighths", "riff", "whole", "quarters"), BASS_GUITAR + SYNTH_BASS,
                 ("pad", "strum_sixteenths", "quarters", "arpeggio_eighths", "riff", "arpeggio_sixteenths"),
                 PIANO + ACOUSTIC_GUITAR + STRINGS + PADS + SYNTHS, VOICES + SYNTHS + FLUTES + PIANO, swung=0.08),
    "ballad": Style(6, (54, 92), "ballad", ("whole", "riff", "quarters"), BASS_GUITAR,
                    ("pad", "arpeggio_eighths", "arpeggio_sixteenths", "quarters", "strum_sixteenths"),
                    PIANO + STRINGS + ACOUSTIC_GUITAR + PADS, VOICES + REEDS + STRINGS + FOLK, swung=0.05),
    "metal": Style(7, (86, 210), "metal", ("eighths", "sixteenths", "riff", "gallop"), BASS_GUITAR,
                   ("power_eighths", "power_sixteenths", "riff"), DISTORTED_GUITAR, DISTORTED_GUITAR + SYNTHS,
                   sung=0.3),
    "punk": Style(3, (140, 210), "punk", ("eighths", "quarters"), BASS_GUITAR, ("power_eighths", "strum_eighths"),
                  DISTORTED_GUITAR + CLEAN_GUITAR, DISTORTED_GUITAR + VOICES, per_beat=2),
    "disco": Style(6, (104, 134), "disco", ("octaves", "eighths", "riff", "octaves"), BASS_GUITAR + SYNTH_BASS,
                   ("strum_sixteenths", "offbeats", "pad", "riff", "arpeggio_sixteenths"),
                   CLEAN_GUITAR + STRINGS + PIANO + BRASS, STRINGS + BRASS + VOICES + SYNTHS, swung=0.03),
    "house": Style(5, (116, 140), "four", ("offbeats", "riff", "sixteenths", "octaves"), SYNTH_BASS,
                   ("offbeats", "riff", "pad", "arpeggio_sixteenths"), SYNTHS + PADS + PIANO,
                   SYNTHS + VOICES + PADS, swung=0.08),
    "techno": Style(3, (120, 155), "four", ("sixteenths", "offbeats", "riff"), SYNTH_BASS,
                    ("riff", "arpeggio_sixteenths"), SYNTHS, SYNTHS, sung=0.0),
    "drum_and_bass": Style(2, (155, 178), "breakbeat", ("riff", "whole"), SYNTH_BASS, ("pad", "riff"),
                           PADS + SYNTHS + ELECTRIC_PIANO, SYNTHS + VOICES, swung=0.05),
    "hip_hop": Style(8, (70, 112), "hiphop", ("riff", "whole", "roots"), SYNTH_BASS + BASS_GUITAR,
                     ("riff", "pad", "quarters", "arpeggio_eighths"),
                     ELECTRIC_PIANO + STRINGS + PADS + SYNTHS + BELLS, SYNTHS + FLUTES + VOICES + FOLK,
                     swung=0.45, sung=0.7),
    "trap": Style(2, (60, 82), "trap", ("whole", "riff"), SYNTH_BASS, ("pad", "arpeggio_eighths", "riff"),
                  PADS + BELLS + SYNTHS, SYNTHS + VOICES, swung=0.05, sung=0.7),
    "dubstep": Style(1, (132, 150), "half_time", ("riff", "whole", "sixteenths"), SYNTH_BASS, ("pad", "riff"),
                     PADS + SYNTHS, SYNTHS, sung=0.2),
    "funk": Style(6, (84, 126), "funk", ("riff",), BASS_GUITAR, ("strum_sixteenths", "riff", "charleston", "offbeats"),
                  CLEAN_GUITAR + ORGAN + ELECTRIC_PIANO + BRASS, BRASS + REEDS + ORGAN, swung=0.3),
    "soul": Style(4, (76, 140), "motown", ("riff", "quarters", "root_fifth"), BASS_GUITAR,
                  ("backbeats", "quarters", "riff", "pad"), ELECTRIC_PIANO + ORGAN + CLEAN_GUITAR + STRINGS,
                  VOICES + REEDS + STRINGS + BRASS, swung=0.3),
    "reggae": Style(6, (112, 168), "one_drop", ("riff", "riff", "quarters"), BASS_GUITAR,
                    ("backbeats", "backbeats", "quarters"), CLEAN_GUITAR + ORGAN + ACOUSTIC_GUITAR + PIANO,
                    ORGAN + BRASS + VOICES, per_beat=2, swung=0.15),
    "dancehall": Style(3, (64, 100), "steppers", ("riff", "roots"), BASS_GUITAR, ("offbeats", "offbeats"),
                       CLEAN_GUITAR + ORGAN + PIANO, ORGAN + BRASS + VOICES, swung=0.3),
    "ska": Style(1, (110, 165), "rock", ("walking", "eighths"), BASS_GUITAR, ("offbeats",), CLEAN_GUITAR + ORGAN,
                 BRASS + REEDS, per_beat=2, swung=0.1),
    "country": Style(7, (74, 176), "country", ("root_fifth", "root_fifth", "quarters", "walking"),
                     BASS_GUITAR + DOUBLE_BASS, ("boom_chick", "strum_eighths", "backbeats", "arpeggio_eighths"),
                     ACOUSTIC_GUITAR * 2 + PIANO, FOLK + CLEAN_GUITAR + VOICES + ACOUSTIC_GUITAR, per_beat=2,
                     swung=0.2),
    "bossa_nova": Style(3, (100, 160), "bossa", ("bossa",), DOUBLE_BASS + BASS_GUITAR, ("bossa", "charleston"),
                        ACOUSTIC_GUITAR + PIANO + ELECTRIC_PIANO, REEDS + FLUTES + VOICES + PIANO, per_beat=2),
    "salsa": Style(3, (150, 212), "salsa", ("tumbao",), DOUBLE_BASS + BASS_GUITAR, ("montuno",), PIANO,
                   BRASS + FLUTES, per_beat=2, sung=0.2),
    "latin_pop": Style(3, (84, 112), "four", ("tresillo", "riff"), BASS_GUITAR + SYNTH_BASS,
                       ("offbeats", "riff", "strum_eighths"), ACOUSTIC_GUITAR + SYNTHS + PIANO,
                       VOICES + SYNTHS + BRASS),
    "swing": Style(8, (90, 212), "swing", ("walking", "walking", "quarters"), DOUBLE_BASS,
                   ("charleston", "charleston", "riff", "quarters"), PIANO + CLEAN_GUITAR + ORGAN,
                   REEDS + BRASS + PIANO + (11,), per_beat=3),
    "big_band": Style(2, (110, 200), "swing", ("walking",), DOUBLE_BASS, ("charleston", "riff"), BRASS + REEDS,
                      BRASS + REEDS, per_beat=3, sung=0.1),
    "jazz_ballad": Style(5, (50, 84), "swing", ("root_fifth", "whole", "walking"), DOUBLE_BASS,
                         ("pad", "charleston", "riff"), PIANO + CLEAN_GUITAR, REEDS + BRASS + VOICES, per_beat=3),
    "shuffle": Style(6, (84, 180), "shuffle", ("walking", "quarters"), BASS_GUITAR + DOUBLE_BASS,
                     ("quarters", "charleston", "riff", "backbeats"), PIANO + CLEAN_GUITAR + ORGAN,
                     DISTORTED_GUITAR + CLEAN_GUITAR + REEDS + (22,), per_beat=3),
    "slow_blues": Style(5, (48, 84), "twelve_eight", ("riff", "walking", "quarters"), BASS_GUITAR,
                        ("triplets", "arpeggio_triplets", "riff", "pad"), PIANO + ORGAN + CLEAN_GUITAR,
                        DISTORTED_GUITAR + CLEAN_GUITAR + (22,) + REEDS, per_beat=3),
    "waltz": Style(4, (84, 200), "waltz", ("waltz", "waltz", "quarters"), DOUBLE_BASS + BASS_GUITAR,
                   ("oompah", "oompah", "arpeggio_eighths", "pad"), PIANO + STRINGS + ACOUSTIC_GUITAR + (21,),
                   FLUTES + STRINGS + FOLK + REEDS + VOICES, per_beat=2, metres=(3,)),
    "march": Style(2, (95, 130), "march", ("root_fifth",), (58, 32), ("boom_chick", "quarters"), BRASS,
                   BRASS + FLUTES, sung=0.0),
    "chamber": Style(7, (52, 165), None, ("whole", "quarters", "riff", None, None), (42, 43, 48),
                     ("arpeggio_eighths", "arpeggio_sixteenths", "pad", "quarters", "riff", "arpeggio_triplets"),
                     STRINGS + PIANO + (46, 60, 68), STRINGS + FLUTES + REEDS + FOLK, metres=(4, 4, 3, 2), sung=0.1),
    "piano_solo": Style(7, (50, 170), None, (None, "quarters", "whole", "root_fifth"), PIANO[:6],
                        ("arpeggio_eighths", "arpeggio_sixteenths", "quarters", "riff", "arpeggio_triplets", "oompah"),
                        PIANO[:6], PIANO, metres=(4, 4, 3), swung=0.1, sung=0.1),
    "guitar_solo": Style(4, (56, 150), None, (None, "quarters", "root_fifth"), ACOUSTIC_GUITAR,
                         ("arpeggio_eighths", "strum_eighths", "strum_sixteenths", "boom_chick"), ACOUSTIC_GUITAR,
                         VOICES + FOLK + FLUTES + ACOUSTIC_GUITAR, metres=(4, 4, 3), swung=0.1, sung=0.6),
    "odd_metre": Style(2, (90, 190), "rock", ("riff", "roots"), BASS_GUITAR, ("riff", "arpeggio_eighths"),
                       CLEAN_GUITAR + DISTORTED_GUITAR + PIANO, SYNTHS + DISTORTED_GUITAR + REEDS, per_beat=2,
                       metres=(5, 7, 5, 6)),
    "electronic": Style(4, (88, 142), "rock", ("eighths", "octaves", "riff"), SYNTH_BASS,
                        ("arpeggio_sixteenths", "pad", "riff"), SYNTHS + PADS, SYNTHS),
    "anything": Style(5, (60, 196), "rock", ("riff", "quarters", "eighths"), tuple(range(32, 40)),
                      ("riff", "pad", "arpeggio_eighths", "strum_eighths"), ANYTHING, ANYTHING, metres=(4, 4, 4, 3),
                      swung=0.2),
}  # fmt: skip


def compose(dice: Dice, duration_s: float) -> Song:
    """A song in one of the styles, at least so long [s]."""
    name = dice.pick(tuple(STYLES), tuple(style.weight for style in STYLES.values()))
    style = STYLES[name]
    bpm = dice.log_between(style.bpm[0] * 0.94, style.bpm[1] * 1.06)
    beats_per_bar = dice.pick(style.metres)
    n_bars = int(duration_s * 1.3 * bpm / 60 / beats_per_bar) + 3
    keys, chords = harmony(dice, name, n_bars, beats_per_bar)
    notes, programs = _drums(dice, style, n_bars, beats_per_bar)
    kind = dice.pick(style.bass)
    if kind and not (beats_per_bar != 4 and kind in parts.FOUR_ONLY) and not dice.chance(0.05):
        notes += parts.bass(dice, kind, chords, n_bars, beats_per_bar, style.per_beat)
        programs["bass"] = dice.pick(style.basses)
    for n in range(dice.pick((1, 1, 2, 2, 3) if DRUMS in programs else (1, 1, 2))):
        kind = dice.pick(style.comping if n == 0 else (*style.comping, "pad", "riff"))
        if beats_per_bar != 4 and kind in parts.FOUR_ONLY:
            kind = "oompah"
        notes += parts.comping(dice, kind, f"comp{n}", chords, n_bars, beats_per_bar, style.per_beat)
        programs[f"comp{n}"] = dice.pick(style.comps)
    for n in range(dice.pick((0, 1, 1, 1, 2))):
        density = dice.between(0.2, 0.75)
        notes += parts.melody(dice, f"tune{n}", keys, chords, n_bars, beats_per_bar, style.per_beat, density)
        programs[f"tune{n}"] = dice.pick(style.tunes)
    song = Song(
        style=name,
        bpm=bpm,
        beats_per_bar=beats_per_bar,
        n_bars=n_bars,
        notes=tuple(notes),
        programs=programs,
        swing=dice.between(0.04, 0.17) if style.per_beat != 3 and dice.chance(style.swung) else 0.0,
        swung_unit=1.0 if style.per_beat == 2 or dice.chance(0.4) else 0.5,
        is_loose=name in ("chamber", "piano_solo", "guitar_solo", "jazz_ballad"),
        has_voice=dice.chance(style.sung),
        chords=tuple(chords),
        keys=tuple(keys),
    )
    return arranged(dice, song)


def _drums(dice: Dice, style: Style, n_bars: int, beats_per_bar: int) -> tuple[list[Note], dict[str, int]]:
    groove = style.groove
    if groove is None and dice.chance(0.08):
        groove = "ballad"
    if groove is None or dice.chance(0.05):
        return [], {}
    program = {DRUMS: dice.pick(KITS)}
    if style.per_beat == 3 or groove == "waltz":
        return drums.triplet_drums(dice, groove, n_bars, beats_per_bar), program
    if beats_per_bar == 3:
        return drums.triplet_drums(dice, "waltz", n_bars, beats_per_bar), program
    return drums.straight_drums(dice, groove, n_bars, beats_per_bar), program
