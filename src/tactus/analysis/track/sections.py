"""Sections: the parts of a piece (verse, chorus, ...), and which of them are the same again."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.signal import lfilter

from tactus.analysis.track.key import Key, key
from tactus.analysis.track.loudness import passage_lufs
from tactus.analysis.track.spans import divided, span_means
from tactus.dsp.arrays import Floats, Halves, Ints, Times

VERSION = 2

_UNIT_WITHOUT_BEATS_S = 0.5
_LONGEST_UNIT_S = 2.0
_KERNEL_UNITS = 32
"""Beats that are compared before and after a boundary: eight bars, the nearest counting most."""

_SMALLEST_GAP_UNITS = 16
_THRESHOLD = 0.2
"""Share of a piece's greatest novelty that a boundary needs."""

_LEAST_NOVELTY = 0.01
_TIMBRE_CHANGE_DB, _HARMONY_CHANGE = 3.0, 0.3
"""Deviations of bands, and of pitch classes relative to their mean, that are change enough for a new part."""

_BANDS_TOGETHER = 8
_SNAP_UNITS = 2.5
_SAME = 0.8
"""Likeness from which two sections are the same part."""

_SHORTEST_S = 4.0


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a piece.

    Args:
        start: Its first moment [s].
        end: The next one's first moment, or the piece's end [s].
        label: A for the first part, B for the next that is unlike it, and so on; parts that sound alike share one.
        confidence: How clearly it begins, in [0, 1]; 1 at the piece's beginning.
        loudness: Integrated [LUFS], >= -70.
        tempo: Beats per minute; None without beats.
        tempo_confidence: How even its beats are, in [0, 1].
        key: Its key.
    """

    start: float
    end: float
    label: str
    confidence: float
    loudness: float
    tempo: float | None
    tempo_confidence: float
    key: Key


def broad_levels_db(levels_db: Floats) -> Halves:
    """Mean level of every eight neighbouring bands [dB]: as much of timbre as sections need, in a small space.

    Args:
        levels_db: Level of each band, low to high [dB], shape `[n_frames, n_bands]`.

    Returns:
        Shape `[n_frames, n_bands // 8]`.
    """
    n_bands = levels_db.shape[1] // _BANDS_TOGETHER
    together = levels_db[:, : n_bands * _BANDS_TOGETHER].reshape(len(levels_db), n_bands, _BANDS_TOGETHER)
    levels: Halves = together.mean(axis=2).astype(np.float16)
    return levels


def sections(
    levels_db: Halves,
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

    Every beat is compared in timbre and harmony with the beats around it; a boundary is where what came before is
    alike, what follows is alike, and the two differ (a checkerboard along the diagonal of the self-similarity matrix).
    Boundaries lie on downbeats where there are some.

    Args:
        levels_db: As `broad_levels_db` says, shape `[n_frames, n_bands]`.
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

    Source: Foote 2000, "Automatic audio segmentation using a measure of audio novelty".
    """
    units = _units(beat_times, duration_s)
    shapes = _unit_shapes(levels_db, frame_rate_hz, chroma, chroma_rate_hz, units)
    curve = novelty(shapes)
    first = _boundaries(curve, units, downbeat_times)
    labels = _labels(shapes, first)
    bounds = np.append(units[first], duration_s)
    found = []
    for k, (start, end) in enumerate(pairwise(bounds.tolist())):
        tempo, tempo_confidence = _tempo(beat_times[(beat_times >= start) & (beat_times <= end)])
        found.append(
            Section(
                start=start,
                end=end,
                label=labels[k],
                confidence=float(np.sqrt(curve[first[k]])) if k else 1.0,
                loudness=passage_lufs(k_weighted_power[_rows(start, end, power_rate_hz)]),
                tempo=tempo,
                tempo_confidence=tempo_confidence,
                key=key(
                    keys[_rows(start, end, harmony_rate_hz)].astype(np.float32),
                    chroma[_rows(start, end, chroma_rate_hz)],
                ),
            )
        )
    return tuple(found)


def novelty(shapes: Times) -> Times:
    """How much a new part seems to begin at each unit, in [0, 1], 0 at both ends.

    Args:
        shapes: A vector of at most unit length for each unit, shape `[n_units, size]`.

    Returns:
        A quarter of the squared distance between what was and what comes, shape `[n_units]`.
    """
    n_units = len(shapes)
    reach = min(_KERNEL_UNITS, n_units // 2)
    curve = np.zeros(n_units)
    if reach < 2:
        return curve
    taper = np.exp(-0.5 * (np.arange(reach) / (0.5 * reach)) ** 2)
    heard = np.minimum(np.arange(1, n_units), reach)
    past = lfilter(taper, 1.0, shapes, axis=0)[:-1] / np.cumsum(taper)[heard - 1, None]
    coming = lfilter(taper, 1.0, shapes[::-1], axis=0)[:-1] / np.cumsum(taper)[heard - 1, None]
    # The checkerboard of a separable kernel over inner products is the squared distance of two weighted means.
    curve[1:] = np.sum((past - coming[::-1]) ** 2, axis=1) * np.minimum(heard, heard[::-1]) / reach
    curve[-1] = 0.0
    smooth: Times = np.clip(gaussian_filter1d(curve, 1.0, mode="constant") / 4, 0, 1)
    return smooth


def _rows(start: float, end: float, rate_hz: float) -> slice:
    """Those of a stretch, at least one."""
    return slice(int(start * rate_hz), max(int(end * rate_hz), int(start * rate_hz) + 1))


def _units(beat_times: Times, duration_s: float) -> Times:
    inside = beat_times[(beat_times > 0) & (beat_times < duration_s)]
    return divided(np.concatenate(([0.0], inside, [duration_s])), _LONGEST_UNIT_S, _UNIT_WITHOUT_BEATS_S)


def _unit_shapes(levels_db: Halves, frame_rate_hz: float, chroma: Floats, chroma_rate_hz: float, units: Times) -> Times:
    """Timbre and harmony of each unit, a vector of at most unit length, shape `[n_units, size]`."""
    timbre = span_means(levels_db.astype(np.float32), frame_rate_hz, units)
    harmony = span_means(chroma, chroma_rate_hz, units)
    aspects = []
    for values, change in ((timbre, _TIMBRE_CHANGE_DB), (harmony, _HARMONY_CHANGE * max(float(harmony.mean()), 1e-9))):
        centred = values - values.mean(axis=0)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        directions = centred / np.maximum(lengths, max(0.5 * float(lengths.mean()), 1e-9))
        aspects.append(directions * min(1.0, float(centred.std()) / change))
    shapes: Times = np.concatenate(aspects, axis=1) / np.sqrt(len(aspects))
    return shapes


def _boundaries(curve: Times, units: Times, downbeat_times: Times) -> Ints:
    """Units at which parts begin, the first one included."""
    starts = units[:-1]
    highest = maximum_filter1d(curve, _SMALLEST_GAP_UNITS + 1, mode="constant")
    peaks = np.flatnonzero((curve >= highest) & (curve > max(_THRESHOLD * float(curve.max()), _LEAST_NOVELTY)))
    on_downbeat = np.flatnonzero(np.isin(starts, downbeat_times))
    found = [0]
    for peak in peaks:
        nearest = on_downbeat[np.argmin(np.abs(on_downbeat - peak))] if len(on_downbeat) else peak
        first = int(nearest if abs(nearest - peak) <= _SNAP_UNITS else peak)
        if starts[first] - starts[found[-1]] >= _SHORTEST_S and units[-1] - starts[first] >= _SHORTEST_S:
            found.append(first)
    return np.array(found)


def _labels(shapes: Times, first: Ints) -> list[str]:
    """The same letter for parts whose mean shapes point the same way."""
    last = np.append(first[1:], len(shapes))
    means = np.stack([shapes[begin:end].mean(axis=0) for begin, end in zip(first, last, strict=True)])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    letters: list[int] = []
    for k, mean in enumerate(means):
        alike = means[:k] @ mean
        same = int(np.argmax(alike)) if k else 0
        letters.append(letters[same] if k and alike[same] >= _SAME else max(letters, default=-1) + 1)
    return [_letter(number) for number in letters]


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else _letter(number // 26 - 1) + _letter(number % 26)


def _tempo(beats: Times) -> tuple[float | None, float]:
    if len(beats) < 3:
        return None, 0.0
    periods = np.diff(beats)
    period = float(np.median(periods))
    return round(60 / period, 3), float(np.mean(np.abs(periods - period) <= 0.1 * period))
