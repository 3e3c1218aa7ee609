"""Dance music made by formula, of which is known where a break, a build and a drop are."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats
from training.dice import Dice
from training.music import drums
from training.music.song import DRUMS
from training.sound.drum_machine import drum_machine
from training.sound.performance import PlayedNote
from training.sound.tones import tones

RATE = 44100


@dataclass(frozen=True, slots=True)
class DanceTrack:
    """A track of dance music.

    Args:
        samples: Mono, `[n]`.
        parts: What each part is ("full", "break", "build", "drop"), and its first moment and end [s].
    """

    samples: Floats
    parts: tuple[tuple[str, float, float], ...]


def dance_tracks(n_tracks: int) -> Iterator[DanceTrack]:
    """A groove, a break, a build and a drop, another break, build and drop, at 118 to 176 beats a minute.

    The break has chords; the build adds a roll of snares, ever denser, and rising noise; the drop has everything,
    louder than the groove by 0 to 3 dB. Half of the tracks keep a faint bass in the break, a thinned kick in the build.
    """
    for seed in range(n_tracks):
        dice = Dice(1000 + seed)
        sounds = _Sounds(
            kit_seed=dice.whole(0, 10**6),
            beat_s=60 / dice.between(118, 176),
            tonic=dice.whole(33, 44),
            has_pulse=dice.chance(0.5),
        )
        loudness_db = dice.between(0, 3)
        plan = [("full", 32)]
        for _ in range(2):
            plan += [("break", dice.pick((16, 32))), ("build", dice.pick((16, 32))), ("drop", 32)]
        pieces: list[Floats] = []
        parts: list[tuple[str, float, float]] = []
        at_s = 0.0
        for role, n_beats in plan:
            mix = _part(sounds, role, n_beats)
            pieces.append(mix * np.float32(10 ** (loudness_db / 20) if role == "drop" else 1.0))
            parts.append((role, at_s, at_s + len(mix) / RATE))
            at_s += len(mix) / RATE
        whole = np.concatenate(pieces)
        yield DanceTrack(np.tanh(whole * np.float32(0.25 / np.sqrt(np.mean(whole**2)))), tuple(parts))


@dataclass(frozen=True, slots=True)
class _Sounds:
    """What all parts of a track share."""

    kit_seed: int
    beat_s: float
    tonic: int
    has_pulse: bool


def _part(sounds: _Sounds, role: str, n_beats: int) -> Floats:
    beat_s, dice = sounds.beat_s, Dice(sounds.kit_seed)
    length_s = n_beats * beat_s
    is_whole = role in ("full", "drop")
    mix = drum_machine(dice, _drums(role, n_beats, beat_s), length_s, RATE)
    roots = [sounds.tonic + (0, 8, 3, 10)[bar % 4] for bar in range(n_beats // 4)]
    chords = [
        PlayedNote(4 * bar * beat_s, 4 * (bar + 1) * beat_s, "pad", root + up, 50)
        for bar, root in enumerate(roots)
        for up in (24, 28, 31)
    ]
    mix += np.float32(0.15) * tones(chords, length_s, RATE, brightness=0.7, fade_s=9.0)
    if is_whole or (role == "break" and sounds.has_pulse):
        bass = [
            PlayedNote((beat + 0.5) * beat_s, (beat + 1) * beat_s, "bass", roots[beat // 4], 100)
            for beat in range(n_beats)
        ]
        mix += np.float32(0.6 if is_whole else 0.04) * tones(bass, length_s, RATE, brightness=0.5, fade_s=0.4)
    if role == "build":
        hiss = np.diff(dice.rng.standard_normal(len(mix) + 1)).astype(np.float32)
        mix += np.float32(0.25) * hiss * np.linspace(0, 1, len(mix), dtype=np.float32) ** 2
        if sounds.has_pulse:
            kicks = tuple(PlayedNote(beat * beat_s, 0.0, DRUMS, drums.KICK, 120) for beat in range(n_beats))
            mix += np.float32(0.3) * np.diff(drum_machine(dice, kicks, length_s, RATE), prepend=np.float32(0))
    return mix


def _drums(role: str, n_beats: int, beat_s: float) -> tuple[PlayedNote, ...]:
    struck: list[tuple[float, int, int]] = []
    for beat in range(n_beats):
        if role in ("full", "drop"):
            struck += [(beat, drums.KICK, 120), (beat + 0.5, drums.OPEN_HAT, 80)]
            struck += [(beat, drums.CLAP, 90)] if beat % 2 else []
        if role == "build":
            n_rolled = 1 if beat < n_beats / 2 else 2 if beat < 3 * n_beats / 4 else 4
            loud = int(40 + 70 * beat / n_beats)
            struck += [(beat + k / n_rolled, drums.SNARE, loud) for k in range(n_rolled)]
    return tuple(PlayedNote(beat * beat_s, 0.0, DRUMS, pitch, velocity) for beat, pitch, velocity in sorted(struck))
