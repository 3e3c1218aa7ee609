"""Roles of sections for visuals: intro, build, drop, break, outro.

The terms are those of dance music, where a section without drums and bass (a break), often with rising noise and faster
drum hits (a build), ends with the bass line and the kick drum coming back at once (a drop). A section gets a role only
where levels change as much as in dance music; songs and classical pieces mostly have none.

Source: Yadati, Larson, Liem and Hanjalic 2014, "Detecting drops in electronic dance music: content based approaches to
    a socially significant music event" (what a drop and the build before it are); Butler 2006, "Unlocking the groove"
    (sections of dance tracks are defined by the low end). The thresholds are ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tactus.analysis.track.sections.bars import BarFeatures
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.loudness import SILENCE_LUFS

Role = Literal["intro", "build", "drop", "break", "outro"]

_LOW_BANDS = 4
"""Number of mel bands up to 150 Hz: kick drum and bass."""

_HIGH_BANDS = slice(32, None)
"""Mel bands from 2 kHz on: noise sweeps and hi-hats."""

_RANGE_LU = 20.0
"""Loudness below the loudest section at which energy from loudness is 0 [LU]."""

_CLEARLY_SOFTER_LU = 4.0
"""Least loudness of an intro or outro below the piece's level [LU]."""

_JUMP_LU, _JUMP_LOWS_DB = 3.0, 8.0
"""Least rise of loudness [LU] and of the low end [dB] at a drop."""

_NEAR_LU, _NEAR_LOWS_DB = 2.0, 4.0
"""Largest loudness [LU] and low end [dB] of a drop below the piece's level."""

_FEW_KICKS = 0.5
"""Largest strength of low onsets before a drop, relative to the drop."""

_BASS_SHARE = 0.25
"""Least share of the low bands in the power of a drop."""

_MAX_END = 0.25
"""Largest length of an intro or outro, relative to the piece."""

_RISE_DB, _RISE_ONSETS = 3.0, 1.3
"""Least rise of levels [dB] and of onset strength [ratio] within a build."""


@dataclass(frozen=True, slots=True)
class SectionFeatures:
    """Features of a section that decide its energy and role.

    Args:
        length_s: Duration of the section [s].
        loudness_lufs: Integrated loudness [LUFS].
        lows_db: Level of the low end [dB].
        lows_share: Share of the low end in the power, in [0, 1].
        kicks: Strength of low onsets; the mean of all onsets over the piece is 1.
        density: Strength of all onsets; their mean over the piece is 1.
        is_rising: Whether the section ends clearly louder, brighter or denser than it begins.
    """

    length_s: float
    loudness_lufs: float
    lows_db: float
    lows_share: float
    kicks: float
    density: float
    is_rising: bool


def section_features(
    bars: BarFeatures, first: int, last: int, *, length_s: float, loudness_lufs: float
) -> SectionFeatures:
    """Features of a section.

    Args:
        bars: Features of the piece's bars.
        first: First bar of the section.
        last: First bar after the section.
        length_s: Duration of the section [s].
        loudness_lufs: Integrated loudness of the section [LUFS].
    """
    powers = 10 ** (bars.levels_db[first:last] / 10)
    lows = float(powers[:, :, :_LOW_BANDS].sum(axis=2).mean())
    levels = powers.sum(axis=2).mean(axis=1)
    highs = powers[:, :, _HIGH_BANDS].sum(axis=2).mean(axis=1)
    onsets = bars.onsets[first:last].mean(axis=1)
    densities = onsets.sum(axis=1)
    return SectionFeatures(
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


def energies(sections: Sequence[SectionFeatures]) -> list[float]:
    """Energy of each section relative to the others, in [0, 1]; 0 for silence.

    `0.7 L + 0.3 D`, with L the loudness from 20 LU below the loudest section up to it, as a ramp from 0 to 1, and D the
    strength of onsets relative to the densest section. Listeners' ratings of energy follow loudness first, density
    second (`mood.energy`, with its sources).
    """
    loudest = max(section.loudness_lufs for section in sections)
    densest = max(1e-9, *(section.density for section in sections))
    values = []
    for section in sections:
        loud = 1 - min(1.0, (loudest - section.loudness_lufs) / _RANGE_LU)
        is_audible = section.loudness_lufs > SILENCE_LUFS
        values.append(0.7 * loud + 0.3 * min(1.0, section.density / densest) if is_audible else 0.0)
    return values


def roles(sections: Sequence[SectionFeatures]) -> list[Role | None]:
    """Role of each section; None where no rule applies.

    The piece's level is exceeded in a quarter of its time. Rules, in this order:

    - drop: near the piece's level, its low end a good quarter of its power; right before it a section, not the first,
      from which loudness jumps by 3 LU, the low end by 8 dB, and with less than half the drop's kicks;
    - build: the section before a drop, if it rises by 3 dB (as a whole, or its treble) or its onsets by 30 %;
    - break: any other section before a drop, and the section before such a build, as soft in the low end;
    - intro, outro: the first and the last section, if they last a quarter of the piece at most and are 4 LU below its
      level, and 3 LU below the section beside them.
    """
    result: list[Role | None] = [None] * len(sections)
    if len(sections) < 3:
        return result
    lengths = np.array([section.length_s for section in sections])
    level_lufs = _upper_quartile([section.loudness_lufs for section in sections], lengths)
    lows_db = _upper_quartile([section.lows_db for section in sections], lengths)
    _mark_drops(result, sections, level_lufs, lows_db)
    max_s = _MAX_END * float(lengths.sum())
    ends: tuple[tuple[int, int, Role], ...] = ((0, 1, "intro"), (-1, -2, "outro"))
    for end, beside, role in ends:
        softness = sections[beside].loudness_lufs - sections[end].loudness_lufs
        is_soft = sections[end].loudness_lufs <= level_lufs - _CLEARLY_SOFTER_LU and softness >= _JUMP_LU
        if is_soft and sections[end].length_s <= max_s and sections[end].loudness_lufs > SILENCE_LUFS:
            result[end] = role
    return result


def _mark_drops(
    result: list[Role | None], sections: Sequence[SectionFeatures], level_lufs: float, lows_db: float
) -> None:
    """Enter drops, and the builds and breaks before them, into the roles."""
    for k in range(2, len(sections)):
        before, drop = sections[k - 1], sections[k]
        is_full = (
            drop.loudness_lufs >= level_lufs - _NEAR_LU
            and drop.lows_db >= lows_db - _NEAR_LOWS_DB
            and drop.lows_share >= _BASS_SHARE
        )
        if not (is_full and drop.loudness_lufs - before.loudness_lufs >= _JUMP_LU and _is_bare(before, drop)):
            continue
        result[k] = "drop"
        result[k - 1] = "build" if before.is_rising else "break"
        if before.is_rising and k > 2 and result[k - 2] is None and _is_bare(sections[k - 2], drop):
            result[k - 2] = "break"


def _is_bare(section: SectionFeatures, drop: SectionFeatures) -> bool:
    """True if a section lacks the kick and bass of the drop."""
    return drop.lows_db - section.lows_db >= _JUMP_LOWS_DB and section.kicks <= _FEW_KICKS * drop.kicks


def _upper_quartile(values: Sequence[float], lengths: Times) -> float:
    """Upper quartile of values weighted by duration: the value that is reached in a quarter of the time."""
    order = np.argsort(values)[::-1]
    durations = np.cumsum(lengths[order])
    return float(values[order[int(np.searchsorted(durations, 0.25 * durations[-1]))]])


def _rise(values: Floats) -> float:
    """Ratio of the mean of the last third of the values to that of the first third."""
    third = max(1, len(values) // 3)
    return float(values[-third:].mean() / max(float(values[:third].mean()), 1e-12))
