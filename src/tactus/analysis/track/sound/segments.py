"""Segments: the sound events of a piece, each with its pitch, timbre and loudness."""

from dataclasses import dataclass

import numpy as np
import scipy.fft

from tactus.analysis.track.sound.band_levels import FLOOR_DB, total_levels_db
from tactus.analysis.track.sound.spans import divided, row_means, span_rows
from tactus.dsp.arrays import Floats, Ints, Times

VERSION = 2

SHORTEST_S = 0.05
MAX_S = 2.0

CLEAR_RISE_DB = 20.0
"""A sound that rises this far begins as clearly as one can."""

_N_TIMBRE = 12


@dataclass(frozen=True, slots=True)
class Segment:
    """One sound event, 50 ms to 2 s long.

    Args:
        start: Its first moment [s].
        duration: Until the next one's first moment [s].
        confidence: How clearly it begins, in [0, 1].
        loudness_start: Level at its beginning [dB], -60..0.
        loudness_max: Its highest level [dB].
        loudness_max_time: When that is, after its start [s].
        loudness_end: Level at its end [dB].
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
        segments: When and how loud.
        pitches: Strength of each pitch class, C first, the strongest 1, shape `[n_segments, 12]`.
        timbre: Shape of the sound, see the function `timbre`, shape `[n_segments, 12]`.
    """

    segments: tuple[Segment, ...]
    pitches: Floats
    timbre: Floats


def segments(
    levels_db: Floats,
    frame_rate_hz: float,
    *,
    chroma: Floats,
    chroma_rate_hz: float,
    onset_times: Times,
    duration_s: float,
) -> Segments:
    """The segments of a piece: from each onset to the next.

    Args:
        levels_db: Level of each band, low to high [dB], >= -60, shape `[n_frames, n_bands]`.
        frame_rate_hz: Its rows per second [Hz]; row k is centred at `k / frame_rate_hz`.
        chroma: Strength of each pitch class, >= 0, `[n_chroma_frames, 12]`.
        chroma_rate_hz: Its rows per second [Hz].
        onset_times: Where sounds begin [s], ascending.
        duration_s: Length of the piece [s], > 0.

    Source: Jehan 2005, "Creating Music by Listening", chapter 3; The Echo Nest, "Analyzer Documentation" 3.2.
    """
    bounds = segment_bounds(onset_times, duration_s)
    rows = span_rows(bounds, frame_rate_hz, len(levels_db))
    levels = total_levels_db(levels_db)
    loudest = np.array([first + int(np.argmax(levels[first:last])) for first, last in rows])
    starts, ends = levels[rows[:, 0]], levels[np.minimum(rows[:, 1], len(levels) - 1)]
    durations = np.round(np.diff(bounds), 6)
    peak_times = np.clip(np.round(loudest / frame_rate_hz - bounds[:-1], 6), 0, durations)
    before = levels[np.maximum(rows[:, 0] - 1, 0)]
    confidences = np.clip((levels[loudest] - np.minimum(before, starts)) / CLEAR_RISE_DB, 0, 1)
    columns = (bounds[:-1], durations, confidences, starts, levels[loudest], peak_times, ends)
    return Segments(
        segments=tuple(Segment(*values) for values in zip(*(column.tolist() for column in columns), strict=True)),
        pitches=_pitches(row_means(chroma, span_rows(bounds, chroma_rate_hz, len(chroma)))),
        timbre=timbre(levels_db, rows),
    )


def segment_bounds(onset_times: Times, duration_s: float) -> Times:
    """Where segments begin, and the piece's end: at least `[0, duration_s]`.

    An onset too close to the one before, or to the end, begins no segment; a stretch too long is cut into equal parts.
    """
    bounds = [0.0]
    for onset in onset_times[(onset_times > 0) & (onset_times <= duration_s - SHORTEST_S)]:
        if onset - bounds[-1] >= SHORTEST_S:
            bounds.append(float(onset))
    return divided(np.array([*bounds, duration_s]), MAX_S, MAX_S)


def timbre(levels_db: Floats, rows: Ints) -> Floats:
    """The shape of each segment's sound in twelve numbers, at the scale of the Echo Nest's.

    The first is its mean level above -60 dB, 0..60. The others are unbounded about 0, tens to hundreds: the second is
    brightness (high bands less low ones), the third flatness (middle bands less both ends), the fourth attack (its
    first half in time less its second), the rest ever finer shapes over the bands. All but the first and the fourth are
    an orthonormal cosine transform of the bands' mean levels; it stands in for the Echo Nest's unpublished principal
    components, which for neighbouring bands it nearly equals.

    Args:
        levels_db: As `segments` has them.
        rows: First and past-the-last row of each segment, shape `[n_segments, 2]`.

    Returns:
        Shape `[n_segments, 12]`.

    Source: Jehan 2005, section 3.4.3; Logan 2000 (the cosine transform in place of principal components).
    """
    n_bands = levels_db.shape[1]
    means = row_means(levels_db, rows)
    middle = (rows[:, 0] + rows[:, 1]) // 2
    first_half = row_means(levels_db, np.stack((rows[:, 0], np.maximum(middle, rows[:, 0] + 1)), axis=1))
    second_half = row_means(levels_db, np.stack((np.minimum(middle, rows[:, 1] - 1), rows[:, 1]), axis=1))
    shapes = scipy.fft.dct(means, type=2, norm="ortho", axis=1)
    attack = (first_half - second_half).sum(axis=1) / np.sqrt(n_bands)
    columns = [total_levels_db(means.astype(np.float32)) - FLOOR_DB, -shapes[:, 1], -shapes[:, 2], attack]
    columns += [shapes[:, k] for k in range(3, _N_TIMBRE - 1)]
    return np.stack(columns, axis=1).astype(np.float32)


def _pitches(means: Times) -> Floats:
    """Divided by the strongest; all 1 where none sounds, for then none is weaker than another."""
    strongest = means.max(axis=1, keepdims=True)
    return np.where(strongest > 0, means / np.where(strongest > 0, strongest, 1), 1).astype(np.float32)
