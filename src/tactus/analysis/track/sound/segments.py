"""Segments: sound events of a piece with pitch, timbre and loudness."""

from dataclasses import dataclass

import numpy as np
import scipy.fft

from tactus.analysis.track.sound.band_levels import FLOOR_DB, total_levels_db
from tactus.analysis.track.sound.spans import divided, row_means, span_means, span_rows
from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.sampled import Sampled

VERSION = 2

MIN_S = 0.05
"""Shortest segment [s]."""

MAX_S = 2.0
"""Longest segment [s]."""

CLEAR_RISE_DB = 20.0
"""Rise of level at the beginning of a segment with confidence 1 [dB]."""

_N_TIMBRE = 12
"""Number of timbre coefficients."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One sound event, 50 ms to 2 s long.

    Args:
        start: Beginning [s].
        duration: Time to the beginning of the next segment, or to the end of the piece [s].
        confidence: Rise of level at its beginning relative to `CLEAR_RISE_DB`, in [0, 1].
        loudness_start: Level at its beginning, in [-60, 0] [dB].
        loudness_max: Highest level, in [-60, 0] [dB].
        loudness_max_time: Time of the highest level after the beginning [s].
        loudness_end: Level at its end, in [-60, 0] [dB].
    """

    start: float
    duration: float
    confidence: float
    loudness_start: float
    loudness_max: float
    loudness_max_time: float
    loudness_end: float


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of a piece, contiguous from 0 to its end; never empty.

    Args:
        segments: Times and levels.
        pitches: Strength of each pitch class, C first, the strongest 1, shape `[n_segments, 12]`.
        timbre: Coefficients of the function `timbre`, shape `[n_segments, 12]`.
    """

    segments: tuple[Segment, ...]
    pitches: Floats
    timbre: Floats


def segments(levels_db: Sampled[Floats], chroma: Sampled[Floats], *, onset_times: Times, duration_s: float) -> Segments:
    """Segments of a piece: from each onset to the next.

    Args:
        levels_db: Level of each band, low to high [dB], >= -60, shape `[n_frames, n_bands]`.
        chroma: Strength of each pitch class, >= 0, shape `[n_chroma_frames, 12]`.
        onset_times: Onsets [s], ascending.
        duration_s: Duration of the piece [s], > 0.

    Source: Jehan 2005, "Creating Music by Listening", chapter 3; The Echo Nest, "Analyzer Documentation" 3.2.
    """
    bounds = segment_bounds(onset_times, duration_s)
    rows = span_rows(bounds, levels_db.rate_hz, len(levels_db))
    levels = total_levels_db(levels_db.values)
    loudest = np.array([first + int(np.argmax(levels[first:last])) for first, last in rows])
    starts, ends = levels[rows[:, 0]], levels[np.minimum(rows[:, 1], len(levels) - 1)]
    durations = np.round(np.diff(bounds), 6)
    peak_times = np.clip(np.round(loudest / levels_db.rate_hz - bounds[:-1], 6), 0, durations)
    before = levels[np.maximum(rows[:, 0] - 1, 0)]
    confidences = np.clip((levels[loudest] - np.minimum(before, starts)) / CLEAR_RISE_DB, 0, 1)
    columns = (bounds[:-1], durations, confidences, starts, levels[loudest], peak_times, ends)
    return Segments(
        segments=tuple(Segment(*values) for values in zip(*(column.tolist() for column in columns), strict=True)),
        pitches=_pitches(span_means(chroma, bounds)),
        timbre=timbre(levels_db.values, rows),
    )


def segment_bounds(onset_times: Times, duration_s: float) -> Times:
    """Beginnings of segments and end of the piece [s]: at least `[0, duration_s]`.

    An onset less than `MIN_S` after a bound, or before the end, begins no segment; a segment longer than `MAX_S` is
    divided into equal parts.
    """
    bounds = [0.0]
    for onset in onset_times[(onset_times > 0) & (onset_times <= duration_s - MIN_S)]:
        if onset - bounds[-1] >= MIN_S:
            bounds.append(float(onset))
    return divided(np.array([*bounds, duration_s]), MAX_S, MAX_S)


def timbre(levels_db: Floats, rows: Ints) -> Floats:
    """Timbre of each segment in twelve coefficients, at the scale of the Echo Nest's.

    The first is its mean level above -60 dB, in [0, 60]. The others are unbounded about 0, tens to hundreds: the second
    is brightness (high bands less low ones), the third flatness (mid bands less both ends), the fourth attack (its
    first half in time less its second), the rest ever finer spectral shapes. All but the first and the fourth are an
    orthonormal cosine transform of the bands' mean levels, in place of the Echo Nest's unpublished principal
    components; for neighbouring bands the two are nearly equal.

    Args:
        levels_db: Level of each band, low to high [dB], >= -60, shape `[n_frames, n_bands]`.
        rows: First and past-the-last row of each segment, shape `[n_segments, 2]`.

    Returns:
        Coefficients, shape `[n_segments, 12]`.

    Source: Jehan 2005, section 3.4.3; Logan 2000 (the cosine transform in place of principal components).
    """
    n_bands = levels_db.shape[1]
    means = row_means(levels_db, rows)
    center = (rows[:, 0] + rows[:, 1]) // 2
    first_half = row_means(levels_db, np.stack((rows[:, 0], np.maximum(center, rows[:, 0] + 1)), axis=1))
    second_half = row_means(levels_db, np.stack((np.minimum(center, rows[:, 1] - 1), rows[:, 1]), axis=1))
    cepstrum = scipy.fft.dct(means, type=2, norm="ortho", axis=1)
    attack = (first_half - second_half).sum(axis=1) / np.sqrt(n_bands)
    columns = [total_levels_db(means.astype(np.float32)) - FLOOR_DB, -cepstrum[:, 1], -cepstrum[:, 2], attack]
    columns += [cepstrum[:, k] for k in range(3, _N_TIMBRE - 1)]
    return np.stack(columns, axis=1).astype(np.float32)


def _pitches(means: Times) -> Floats:
    """Pitch classes relative to the strongest; all 1 in silence, where they are equal."""
    strongest = means.max(axis=1, keepdims=True)
    return np.where(strongest > 0, means / np.where(strongest > 0, strongest, 1), 1).astype(np.float32)
