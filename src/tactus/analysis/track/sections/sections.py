"""Sections of a piece (verse, chorus, ...): boundaries, labels of repetitions, and roles."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tactus.analysis.track.harmony.key import Key, key
from tactus.analysis.track.sections.bars import BarFeatures, bar_bounds, bar_features
from tactus.analysis.track.sections.boundary_cues import boundary_cues, span_cues
from tactus.analysis.track.sections.cue_weights import CUE_WEIGHTS
from tactus.analysis.track.sections.labels import merged_sections, section_numbers
from tactus.analysis.track.sections.roles import Role, SectionFeatures, energies, roles, section_features
from tactus.analysis.track.sections.segmentation import best_segmentation, boundary_probabilities, span_scores
from tactus.analysis.track.sections.self_similarity import self_similarities
from tactus.analysis.track.sound.loudness import passage_lufs
from tactus.dsp.arrays import Floats, Halves, Ints, Times
from tactus.dsp.sampled import Sampled

VERSION = 3


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a piece.

    Args:
        start: Beginning [s].
        end: Beginning of the next section, or end of the piece [s].
        label: A for the first section, B for the next that differs, and so on; similar sections share a label.
        confidence: Probability of a boundary at its first bar, in [0, 1]; 1 at the beginning of the piece.
        loudness: Integrated loudness [LUFS], >= -70.
        energy: Energy relative to the other sections, in [0, 1], from `roles.energies`.
        role: Role from `roles.roles`, or None.
        tempo: Tempo [beats per minute]; None without beats.
        tempo_confidence: Share of the beats within 10 % of the median interval, in [0, 1].
        key: Key of the section.
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
    onset_strengths: Sampled[Floats],
    *,
    chroma: Sampled[Floats],
    keys: Sampled[Halves],
    k_weighted_power: Sampled[Floats],
    beat_times: Times,
    downbeat_times: Times,
    duration_s: float,
) -> tuple[Section, ...]:
    """Sections of a piece, contiguous from 0 to its end, at least one.

    Bars are compared in pitch and sound. Boundaries are decided for the whole piece at once, from changes at each bar,
    repetitions, the homogeneity of sections and their typical lengths (`boundary_cues`, `segmentation`). Sections begin
    on downbeats where there are any.

    Args:
        levels_db: Result of `bars.slow_levels_db` [dB].
        onset_strengths: Feature `onset_strength`, shape `[n_frames, n_onset_bands]`.
        chroma: Strength of each pitch class, corrected for tuning, shape `[n_chroma_frames, 12]`.
        keys: Log-probabilities of keys from the harmony network, shape `[n_harmony_frames, 25]`.
        k_weighted_power: K-weighted power, input of `loudness.passage_lufs`, shape `[n]`.
        beat_times: Beats [s], ascending; may be empty.
        downbeat_times: Downbeats [s], a subset of `beat_times`; may be empty.
        duration_s: Duration of the piece [s], > 0.
    """
    bounds = bar_bounds(beat_times, downbeat_times, duration_s)
    bars = bar_features(bounds, levels_db, onset_strengths, chroma)
    similarities = self_similarities(bars)
    scores = span_scores(CUE_WEIGHTS, boundary_cues(bars, similarities), span_cues(similarities))
    confidences = boundary_probabilities(scores)
    first_bars = merged_sections(similarities, best_segmentation(scores))
    numbers = section_numbers(similarities, first_bars)
    edges = np.append(bounds[first_bars], duration_s).tolist()
    loudness = [passage_lufs(k_weighted_power.between(start, end)) for start, end in pairwise(edges)]
    features = _features(bars, first_bars, edges, loudness)
    result = []
    for k, (energy, role) in enumerate(zip(energies(features), roles(features), strict=True)):
        start, end = edges[k], edges[k + 1]
        tempo, tempo_confidence = _tempo(beat_times[(beat_times >= start) & (beat_times <= end)])
        result.append(
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
                key=key(keys.between(start, end).astype(np.float32), chroma.between(start, end)),
            )
        )
    return tuple(result)


def _features(bars: BarFeatures, first_bars: Ints, edges: list[float], loudness: list[float]) -> list[SectionFeatures]:
    last_bars = np.append(first_bars[1:], len(bars))
    return [
        section_features(bars, int(first), int(last), length_s=end - start, loudness_lufs=lufs)
        for first, last, (start, end), lufs in zip(first_bars, last_bars, pairwise(edges), loudness, strict=True)
    ]


def _letter(number: int) -> str:
    """Label of a section number: A to Z, then AA, AB, ..."""
    return chr(ord("A") + number) if number < 26 else _letter(number // 26 - 1) + _letter(number % 26)


def _tempo(beats: Times) -> tuple[float | None, float]:
    """Tempo of beats and share of them within 10 % of the median interval."""
    if len(beats) < 3:
        return None, 0.0
    periods = np.diff(beats)
    period = float(np.median(periods))
    return round(60 / period, 3), float(np.mean(np.abs(periods - period) <= 0.1 * period))
