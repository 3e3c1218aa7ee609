"""Sections: the parts of a piece (verse, chorus, ...), which of them are the same again, and what they do."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tactus.analysis.track.harmony.key import Key, key
from tactus.analysis.track.sections.bars import bar_bounds, bars
from tactus.analysis.track.sections.boundary_cues import beginnings, runs
from tactus.analysis.track.sections.cue_weights import PART_WEIGHTS
from tactus.analysis.track.sections.labels import part_numbers, without_repeats
from tactus.analysis.track.sections.roles import Role, energies, part_sound, roles
from tactus.analysis.track.sections.segmentation import beginning_probabilities, best_parts, run_scores
from tactus.analysis.track.sections.self_similarity import likenesses
from tactus.analysis.track.sound.loudness import passage_lufs
from tactus.dsp.arrays import Floats, Halves, Times

VERSION = 3


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a piece.

    Args:
        start: Its first moment [s].
        end: The next one's first moment, or the piece's end [s].
        label: A for the first part, B for the next that is unlike it, and so on; parts that sound alike share one.
        confidence: How probable it is that a part begins with its first bar, in [0, 1]; 1 at the piece's beginning.
        loudness: Integrated [LUFS], >= -70.
        energy: How much is going on, relative to the piece's other parts, in [0, 1], as `roles.energies` says.
        role: What it does, as `roles.roles` says; None where that cannot be said.
        tempo: Beats per minute; None without beats.
        tempo_confidence: How even its beats are, in [0, 1].
        key: Its key.
    """

    start: float
    end: float
    label: str
    confidence: float
    loudness: float
    energy: float
    role: Role | None
    tempo: float | None
    tempo_confidence: float
    key: Key


def sections(
    levels_db: Halves,
    onset_strengths: Floats,
    frame_rate_hz: float,
    *,
    chroma: Floats,
    chroma_rate_hz: float,
    keys: Halves,
    harmony_rate_hz: float,
    k_weighted_power: Floats,
    power_rate_hz: float,
    beat_times: Times,
    downbeat_times: Times,
    duration_s: float,
) -> tuple[Section, ...]:
    """The parts of a piece, contiguous from 0 to its end, at least one.

    Bars are compared in pitch and in sound. Where parts begin is decided for the whole piece at once, from what changes
    there, which bars come again, how alike those of a part are and how long parts are wont to be (`boundary_cues`,
    `model`). Parts begin on downbeats where there are some.

    Args:
        levels_db: As `bars.slow_levels_db` gives them.
        onset_strengths: The feature of that name, shape `[n_frames, n_onset_bands]`.
        frame_rate_hz: Its rows per second [Hz].
        chroma: Strength of each pitch class, in tune, shape `[n_chroma_frames, 12]`.
        chroma_rate_hz: Its rows per second [Hz].
        keys: What the harmony network believes of keys, as `key` takes it, shape `[n_harmony_frames, 25]`.
        harmony_rate_hz: Its rows per second [Hz].
        k_weighted_power: As `loudness` has it, shape `[n]`.
        power_rate_hz: Its rows per second [Hz].
        beat_times: Beats [s], ascending; may be empty.
        downbeat_times: Downbeats, a part of `beat_times`; may be empty.
        duration_s: Length of the piece [s], > 0.
    """
    bounds = bar_bounds(beat_times, downbeat_times, duration_s)
    sounding = bars(bounds, levels_db, onset_strengths, frame_rate_hz, chroma=chroma, chroma_rate_hz=chroma_rate_hz)
    alike = likenesses(sounding)
    scores = run_scores(PART_WEIGHTS, beginnings(sounding, alike), runs(alike))
    confidences = beginning_probabilities(scores)
    first_bars = without_repeats(alike, best_parts(scores))
    numbers = part_numbers(alike, first_bars)
    last_bars = np.append(first_bars[1:], len(sounding))
    edges = np.append(bounds[first_bars], duration_s).tolist()
    loudness = [passage_lufs(_rows(k_weighted_power, power_rate_hz, *span)) for span in pairwise(edges)]
    sounds = [
        part_sound(sounding, int(first), int(last), length_s=end - start, loudness_lufs=lufs)
        for first, last, (start, end), lufs in zip(first_bars, last_bars, pairwise(edges), loudness, strict=True)
    ]
    found = []
    for k, (energy, role) in enumerate(zip(energies(sounds), roles(sounds), strict=True)):
        start, end = edges[k], edges[k + 1]
        tempo, tempo_confidence = _tempo(beat_times[(beat_times >= start) & (beat_times <= end)])
        found.append(
            Section(
                start=start,
                end=end,
                label=_letter(numbers[k]),
                confidence=float(confidences[first_bars[k]]) if k else 1.0,
                loudness=loudness[k],
                energy=energy,
                role=role,
                tempo=tempo,
                tempo_confidence=tempo_confidence,
                key=key(
                    _rows(keys.astype(np.float32), harmony_rate_hz, start, end),
                    _rows(chroma, chroma_rate_hz, start, end),
                ),
            )
        )
    return tuple(found)


def _rows(values: Floats, rate_hz: float, start_s: float, end_s: float) -> Floats:
    """The rows between two moments, one at least where there is one."""
    first = int(start_s * rate_hz)
    return values[first : max(int(end_s * rate_hz), first + 1)]


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else _letter(number // 26 - 1) + _letter(number % 26)


def _tempo(beats: Times) -> tuple[float | None, float]:
    if len(beats) < 3:
        return None, 0.0
    periods = np.diff(beats)
    period = float(np.median(periods))
    return round(60 / period, 3), float(np.mean(np.abs(periods - period) <= 0.1 * period))
