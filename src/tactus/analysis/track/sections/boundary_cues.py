"""Boundary cues: features of a bar at which a section begins, and of a span of bars that is one section."""

import numpy as np
from numpy.typing import NDArray

from tactus.analysis.track.sections.bars import QUARTERS, BarFeatures
from tactus.analysis.track.sections.self_similarity import SelfSimilarity, self_similarities
from tactus.dsp.arrays import Times

MAX_BARS = 40
"""Longest section of the model. A longer one is divided by it, and merged again where its parts are similar."""

_WINDOWS = (2, 4, 8)
_LONG_WINDOWS = (4, 8)
_SHORT_WINDOWS = (2, 4)
_STRIPE = 4
"""Least length of a repetition [bars]: a stripe of the self-similarity matrix."""

_MIN_LAG = 3
"""Least lag of a stripe [bars]."""

_PERIODS = (4, 8, 9, 16)
"""Periods of repetition within a section [bars]."""

_SCALES = {"timbre": 1 / 6, "harmony": 3.0, "rhythm": 6.0}
"""Factors that make differences of levels [dB], harmony and onsets about 1 at large changes."""

_DIP_DB = 3.0
"""Level difference of a soft bar before a boundary [dB]."""

_PITCHED, _LOW = slice(2, 5), slice(0, 2)
"""Onset bands of melodies, and those of bass and kick drum."""


def boundary_cues(bars: BarFeatures, similarities: dict[str, SelfSimilarity]) -> dict[str, Times]:
    """Cues that a section begins at each bar, by name; each of shape `[n_bars]`, 0 at the first bar.

    Cues are: differences of the bars before and after (novelty, with and without its direction); beginnings and ends of
    repetitions (stripes of the self-similarity matrix); similarity of the next bars to those just before, which counts
    against a boundary; onset strength in the quarters before.

    Args:
        bars: Features of the bars.
        similarities: Self-similarity by aspect.

    Source: Foote 2000, "Automatic audio segmentation using a measure of audio novelty"; Serrà, Müller, Grosche and
        Arcos 2014, "Unsupervised music structure annotation by time series structure features and segment similarity".
    """
    cues: dict[str, Times] = {"section": np.ones(len(bars))}
    cues |= _novelties(bars)
    for name, similarity in similarities.items():
        for window in _LONG_WINDOWS:
            # A checkerboard kernel on inner products gives half the squared distance of the two means.
            cues[f"{name} kernel {window}"] = 0.5 * np.sum(_changes(similarity.vectors, window) ** 2, axis=1)
        cues |= {f"{name} {cue}": values for cue, values in _stripes(similarity.products).items()}
        for period in _WINDOWS:
            cues[f"{name} continues after {period}"] = _continuity(similarity.products, period)
    cues |= _quarters(bars)
    for values in cues.values():
        values[0] = 0.0
    return cues


def span_cues(similarities: dict[str, SelfSimilarity]) -> dict[str, Times]:
    """Cues that a span of bars is one section, by name; each of shape `[n_bars, max_length]`.

    Row a and column n - 1 are the span of n bars from bar a on; spans beyond the end of the piece are undefined. Cues
    are: homogeneity of the span; similarity to another span of the piece; repetition within the span; each by itself or
    times the length.

    Args:
        similarities: Self-similarity by aspect.
    """
    cues: dict[str, Times] = {}
    for name, similarity in similarities.items():
        products = similarity.products
        n_bars = products.shape[1]
        lengths = np.arange(1, min(MAX_BARS, n_bars) + 1)
        eights = np.minimum(lengths, 16) / 8
        elsewhere, within = _repetition_elsewhere(products, lengths), _repetition_within(products, lengths)
        cues |= {
            f"{name} homogeneity, by length": _homogeneity(products, lengths) * lengths / 8,
            f"{name} repeats elsewhere": elsewhere,
            f"{name} repeats elsewhere, by length": elsewhere * eights,
            f"{name} repeats within": within,
            f"{name} repeats within, by length": within * eights,
        }
    return cues


def all_cues(bars: BarFeatures) -> tuple[dict[str, Times], dict[str, Times]]:
    """Results of `boundary_cues` and `span_cues`."""
    similarities = self_similarities(bars)
    return boundary_cues(bars, similarities), span_cues(similarities)


def _novelties(bars: BarFeatures) -> dict[str, Times]:
    """Changes of timbre, harmony and rhythm at each bar, over windows of several lengths."""
    n_bands = bars.levels_db.shape[2] // 8
    broad = bars.levels_db[:, :, : n_bands * 8].reshape(len(bars), QUARTERS, n_bands, 8).mean(axis=(1, 3))
    means = {
        "timbre": broad * _SCALES["timbre"],
        "harmony": bars.harmony.mean(axis=1) * _SCALES["harmony"],
        "rhythm": bars.onsets.mean(axis=1) * _SCALES["rhythm"],
    }
    thirds = np.array_split(np.arange(n_bands), [n_bands // 4, 5 * n_bands // 8])
    cues = {}
    for name, values in means.items():
        for window in _WINDOWS:
            change = _changes(values, window)
            cues[f"{name} changes {window}"] = np.tanh(np.sqrt(np.mean(change**2, axis=1)))
            if name != "harmony":
                cues[f"{name} rises {window}"] = np.tanh(change.mean(axis=1))
    for window in _SHORT_WINDOWS:
        change = _changes(means["timbre"], window)
        for name, third in zip(("lows", "mids", "highs"), thirds, strict=True):
            cues[f"{name} rise {window}"] = np.tanh(change[:, third].mean(axis=1))
    levels = broad.mean(axis=1)
    neighbours = (_before(levels, 2) + levels) / 2
    cues["bar before is soft"] = np.tanh((_before(levels, 1) - neighbours) / _DIP_DB)
    return cues


def _quarters(bars: BarFeatures) -> dict[str, Times]:
    """Onset strength relative to the mean, in the quarters of the bar before and in the first two of the bar."""
    cues = {}
    for name, bands in (("pitched", _PITCHED), ("low", _LOW)):
        strengths = bars.onsets[:, :, bands].sum(axis=2)
        strengths = np.tanh(strengths / max(float(strengths.mean()), 1e-9) - 1)
        for quarter in range(QUARTERS):
            cues[f"{name} onsets {quarter - QUARTERS}"] = _before(strengths[:, quarter], 1)
        for quarter in range(2):
            cues[f"{name} onsets {quarter}"] = strengths[:, quarter].copy()
    strengths = bars.onsets.sum(axis=2)
    cues["accent"] = np.tanh(strengths[:, 0] - 1)
    cues["onsets before"] = np.tanh(_before(strengths[:, 2:].mean(axis=1), 1))
    cues["pitched onsets before"] = np.tanh(3 * _before(bars.onsets[:, 2:, _PITCHED].sum(axis=2).mean(axis=1), 1))
    of_bars = strengths.mean(axis=1)
    cues["bar before is thin"] = np.tanh(_before(of_bars, 1) - (_before(of_bars, 2) + of_bars) / 2)
    return cues


def _before(values: Times, n: int) -> Times:
    """Values of the bar `n` bars before; the first `n` are those of the bars themselves."""
    return np.concatenate((values[:n], values[: max(0, len(values) - n)]))[: len(values)]


def _changes(values: Times, window: int) -> Times:
    """Mean over the `window` bars from each bar on, less the mean over those before it; 0 at the first bar."""
    n_bars = len(values)
    at = np.arange(n_bars)
    sums = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))
    low, high = np.maximum(at - window, 0), np.minimum(at + window, n_bars)
    before = (sums[at] - sums[low]) / np.maximum(at - low, 1)[:, None]
    after = (sums[high] - sums[at]) / (high - at)[:, None]
    changes: Times = after - before
    changes[0] = 0.0
    return changes


def _sums(products: Times) -> Times:
    """Running sums along the bars, shape `[n_lags, n_bars + 1]`."""
    return np.concatenate((np.zeros((len(products), 1)), np.cumsum(products, axis=1)), axis=1)


def _both_ways(values: Times) -> tuple[Times, NDArray[np.bool_]]:
    """Values of pairs of bars in both directions: with the bar before as the other one, then with the bar after.

    Args:
        values: Value of bar k and bar k - l in row l, column k, shape `[n_lags, n_bars]`.

    Returns:
        Values and where the other bar exists, both of shape `[2 * n_lags, n_bars]`.
    """
    n_lags, n_bars = values.shape
    lags, at = np.arange(n_lags)[:, None], np.arange(n_bars)
    ahead = lags + at
    with_later = values[lags, np.minimum(ahead, n_bars - 1)]
    return np.concatenate((values, with_later)), np.concatenate((at >= lags, ahead < n_bars))


def _stripes(products: Times) -> dict[str, Times]:
    """Cues from stripes of the self-similarity matrix that begin or end at each bar."""
    n_lags, n_bars = products.shape
    sums = _sums(products)
    at = np.arange(n_bars)
    is_far = np.tile(np.arange(n_lags) >= _MIN_LAG, 2)[:, None]
    following, exists = _both_ways((sums[:, np.minimum(at + _STRIPE, n_bars)] - sums[:, at]) / _STRIPE)
    preceding, _ = _both_ways((sums[:, at] - sums[:, np.maximum(at - _STRIPE, 0)]) / _STRIPE)
    usable = exists & is_far
    starts = np.where(usable, following - preceding, 0.0)
    return {
        "stripe begins": np.clip(np.where(usable, starts, -1.0).max(axis=0), -1, 1.5),
        "stripe ends": np.clip((-starts).max(axis=0), -1, 1.5),
        "stripe follows": np.where(usable, following, -1.0).max(axis=0),
        "stripe precedes": np.where(usable, preceding, -1.0).max(axis=0),
        "stripes begin": np.maximum(starts, 0).sum(axis=0) * 4 / min(n_bars, 2 * n_lags),
    }


def _continuity(products: Times, period: int) -> Times:
    """Mean similarity of the `period` bars from each bar on to the bars a period before; 0 where there are none."""
    n_lags, n_bars = products.shape
    if period >= n_lags:
        return np.zeros(n_bars)
    at = np.arange(n_bars)
    sums = _sums(products[period : period + 1])[0]
    # Similarities are indexed by the later bar of each pair.
    ahead = np.minimum(at + period, n_bars)
    means = (sums[ahead] - sums[at]) / np.maximum(ahead - at, 1)
    return np.where(at >= period, means, 0.0)


def _homogeneity(products: Times, lengths: NDArray[np.int64]) -> Times:
    """Mean similarity of the bars of each span to one another."""
    n_bars = products.shape[1]
    nearest = np.cumsum(products, axis=0)
    at = np.arange(n_bars)
    total = np.zeros((n_bars, len(lengths)))
    for n in lengths[1:]:
        last = np.minimum(at + n - 1, n_bars - 1)
        total[:, n - 1] = total[:, n - 2] + 2 * nearest[min(n, len(nearest)) - 1, last]
    means: Times = total / np.maximum(lengths * (lengths - 1), 1)
    return means


def _repetition_elsewhere(products: Times, lengths: NDArray[np.int64]) -> Times:
    """Similarity of each span to the most similar span that does not overlap it, >= 0."""
    n_lags, n_bars = products.shape
    sums = _sums(products)
    best = np.zeros((n_bars, len(lengths)))
    for n in lengths:
        if n >= n_lags:
            break
        nearest = max(2, int(n))
        means = (sums[nearest:, n:] - sums[nearest:, :-n]) / n
        n_spans = means.shape[1]
        lags, at = np.arange(nearest, n_lags)[:, None], np.arange(n_spans)
        back = np.where(at >= lags, means, 0.0)
        ahead = np.where(at + lags < n_spans, means[lags - nearest, np.minimum(at + lags, n_spans - 1)], 0.0)
        if len(lags):
            best[:n_spans, n - 1] = np.maximum(np.maximum(back, ahead).max(axis=0), 0)
    return best


def _repetition_within(products: Times, lengths: NDArray[np.int64]) -> Times:
    """Mean similarity of the bars of each span to those a period before, for the best of `_PERIODS`, >= 0."""
    n_lags, n_bars = products.shape
    at = np.arange(n_bars)[:, None]
    best = np.zeros((n_bars, len(lengths)))
    for period in _PERIODS:
        if period >= n_lags:
            break
        sums = _sums(products[period : period + 1])[0]
        last, first = np.minimum(at + lengths, n_bars), np.minimum(at + period, n_bars)
        means = (sums[last] - sums[first]) / np.maximum(lengths - period, 1)
        best = np.maximum(best, np.where(lengths >= 2 * period, means, 0.0))
    return best
