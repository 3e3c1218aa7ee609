"""What parts of a piece do in the words of those who make pictures to music: intro, build, drop, break, outro.

The words are those of dance music, where a part without drums and bass (a break), often with rising noise and faster
strokes (a build), ends with the bass line and the kick drum coming back at once (a drop). They are said only where the
trajectory is as large as there; songs and classical pieces have mostly none.

Source: Yadati, Larson, Liem and Hanjalic 2014, "Detecting drops in electronic dance music: content based approaches to
    a socially significant music event" (what a drop and the build before it are); Butler 2006, "Unlocking the groove"
    (the low end as what parts of dance tracks are told by). The thresholds are ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tactus.analysis.track.sections.bars import Bars
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.loudness import SILENCE_LUFS

Role = Literal["intro", "build", "drop", "break", "outro"]

_LOW_BANDS = 4
"""Mel bands up to 150 Hz: kick drum and bass."""

_HIGH_BANDS = slice(32, None)
"""From 2 kHz on: what noise sweeps and hi-hats add."""

_RANGE_LU = 20.0
_CLEARLY_SOFTER_LU = 4.0
_JUMP_LU, _JUMP_LOWS_DB = 3.0, 8.0
_NEAR_LU, _NEAR_LOWS_DB = 2.0, 4.0
_FEW_KICKS = 0.5
_BASS_SHARE = 0.25
"""Of a loud part's power that lies in its low bands where bass drives it."""

_MAX_END = 0.25
"""Of the piece, that an intro or an outro may last."""

_RISE_DB, _RISE_ONSETS = 3.0, 1.3


@dataclass(frozen=True, slots=True)
class PartSound:
    """What energy and roles are judged by.

    Args:
        length_s: How long the part is [s].
        loudness_lufs: Integrated.
        lows_db: Level of its low end [dB].
        lows_share: Of its power, in [0, 1].
        kicks: Strength of low onsets, 1 being the piece's mean of all onsets.
        density: Strength of all onsets, likewise.
        is_rising: Whether it ends clearly louder, brighter or denser than it begins.
    """

    length_s: float
    loudness_lufs: float
    lows_db: float
    lows_share: float
    kicks: float
    density: float
    is_rising: bool


def part_sound(bars: Bars, first: int, last: int, *, length_s: float, loudness_lufs: float) -> PartSound:
    """What bars `first` to `last` (not included) sound like.

    Args:
        bars: Of the piece.
        first: First bar.
        last: Past the last one.
        length_s: How long they are [s].
        loudness_lufs: Integrated.
    """
    powers = 10 ** (bars.levels_db[first:last] / 10)
    lows = float(powers[:, :, :_LOW_BANDS].sum(axis=2).mean())
    levels = powers.sum(axis=2).mean(axis=1)
    highs = powers[:, :, _HIGH_BANDS].sum(axis=2).mean(axis=1)
    onsets = bars.onsets[first:last].mean(axis=1)
    densities = onsets.sum(axis=1)
    return PartSound(
        length_s,
        loudness_lufs,
        10 * float(np.log10(max(lows, 1e-12))),
        lows / max(float(levels.mean()), 1e-12),
        float(onsets[:, 0].mean()),
        float(densities.mean()),
        _rise(levels) >= 10 ** (_RISE_DB / 10)
        or _rise(highs) >= 10 ** (_RISE_DB / 10)
        or _rise(densities) >= _RISE_ONSETS,
    )


def energies(sounds: Sequence[PartSound]) -> list[float]:
    """How much is going on in each part, relative to the others, in [0, 1]; 0 for silence.

    `0.7 L + 0.3 D`, with L the loudness from 20 LU below the loudest part's up to it, as a ramp from 0 to 1, and D the
    strength of onsets, of the densest part's. Loudness is what listeners call energy first, density second
    (`mood.energy`, with its sources).
    """
    loudest = max(sound.loudness_lufs for sound in sounds)
    densest = max(1e-9, *(sound.density for sound in sounds))
    found = []
    for sound in sounds:
        loud = 1 - min(1.0, (loudest - sound.loudness_lufs) / _RANGE_LU)
        is_heard = sound.loudness_lufs > SILENCE_LUFS
        found.append(0.7 * loud + 0.3 * min(1.0, sound.density / densest) if is_heard else 0.0)
    return found


def roles(sounds: Sequence[PartSound]) -> list[Role | None]:
    """The role of each part, None where it cannot be said.

    The piece's level is that of its loud parts: what a quarter of its time exceeds. Rules, in this order:

    - drop: near the piece's level, its low end a good quarter of its power; right before it a part, not the first, from
      which loudness jumps by 3 LU, the low end by 8 dB, and with less than half the drop's kicks;
    - build: the part before a drop, if it rises by 3 dB (as a whole, or its treble) or its onsets by 30 %;
    - break: any other part before a drop, and the part before such a build, as soft in the low end;
    - intro, outro: the first and the last part, if they last a quarter of the piece at most and are 4 LU below its
      level, and 3 LU below the part beside them.
    """
    found: list[Role | None] = [None] * len(sounds)
    if len(sounds) < 3:
        return found
    lengths = np.array([sound.length_s for sound in sounds])
    level_lufs = _exceeded([sound.loudness_lufs for sound in sounds], lengths)
    lows_db = _exceeded([sound.lows_db for sound in sounds], lengths)
    for k in range(2, len(sounds)):
        before, drop = sounds[k - 1], sounds[k]
        is_full = (
            drop.loudness_lufs >= level_lufs - _NEAR_LU
            and drop.lows_db >= lows_db - _NEAR_LOWS_DB
            and drop.lows_share >= _BASS_SHARE
        )
        if not (is_full and drop.loudness_lufs - before.loudness_lufs >= _JUMP_LU and _is_bare(before, drop)):
            continue
        found[k] = "drop"
        found[k - 1] = "build" if before.is_rising else "break"
        if before.is_rising and k > 2 and found[k - 2] is None and _is_bare(sounds[k - 2], drop):
            found[k - 2] = "break"
    max_s = _MAX_END * float(lengths.sum())
    for end, beside, role in ((0, 1, "intro"), (-1, -2, "outro")):
        softness = sounds[beside].loudness_lufs - sounds[end].loudness_lufs
        is_soft = sounds[end].loudness_lufs <= level_lufs - _CLEARLY_SOFTER_LU and softness >= _JUMP_LU
        if is_soft and sounds[end].length_s <= max_s and sounds[end].loudness_lufs > SILENCE_LUFS:
            found[end] = "intro" if role == "intro" else "outro"
    return found


def _is_bare(sound: PartSound, drop: PartSound) -> bool:
    """Whether kick and bass are missing, against the drop."""
    return drop.lows_db - sound.lows_db >= _JUMP_LOWS_DB and sound.kicks <= _FEW_KICKS * drop.kicks


def _exceeded(values: Sequence[float], lengths: Times) -> float:
    """The value that is reached for a quarter of the time."""
    order = np.argsort(values)[::-1]
    heard = np.cumsum(lengths[order])
    return float(values[order[int(np.searchsorted(heard, 0.25 * heard[-1]))]])


def _rise(values: Floats) -> float:
    """The last third of the values by the first."""
    third = max(1, len(values) // 3)
    return float(values[-third:].mean() / max(float(values[:third].mean()), 1e-12))
