"""Signs that a part of a piece begins at a bar, and that a run of bars is one part."""

import numpy as np
from numpy.typing import NDArray

from tactus.analysis.track.sections.bars import QUARTERS, Bars
from tactus.analysis.track.sections.self_similarity import SelfSimilarity, likenesses
from tactus.dsp.arrays import Times

MAX_BARS = 40
"""A part with more is found in pieces, which are joined where they are alike."""

_WINDOWS = (2, 4, 8)
_LONG_WINDOWS = (4, 8)
_SHORT_WINDOWS = (2, 4)
_STRIPE = 4
"""Bars that a repetition lasts, at least."""

_NEAREST = 3
_PERIODS = (4, 8, 9, 16)
"""Bars after which a part may repeat itself."""

_SCALES = {"timbre": 1 / 6, "harmony": 3.0, "rhythm": 6.0}
"""By which differences of levels [dB], of harmony and of onsets become about 1 where much changes."""

_DIP_DB = 3.0
_PITCHED, _LOW = slice(2, 5), slice(0, 2)
"""Onset bands in which melodies begin, and those of bass and kick drum."""


def beginnings(bars: Bars, alike: dict[str, SelfSimilarity]) -> dict[str, Times]:
    """Signs that a part begins with each bar, by name; each shape `[n_bars]`, 0 at the first bar.

    They are: what sounds before and after differs (novelty, with and without its direction); bars that are heard
    elsewhere too begin or end here (stripes of the self-similarity matrix); what follows is what came just before,
    which speaks against it; little or much begins in the quarters before it.

    Source: Foote 2000, "Automatic audio segmentation using a measure of audio novelty"; Serrà, Müller, Grosche and
        Arcos 2014, "Unsupervised music structure annotation by time series structure features and segment similarity".
    """
    boundary_cues: dict[str, Times] = {"part": np.ones(len(bars))}
    boundary_cues |= _novelties(bars)
    for name, self_similarity in alike.items():
        for window in _LONG_WINDOWS:
            # Of a kernel on inner products, the checkerboard is half the squared distance of the two means.
            boundary_cues[f"{name} kernel {window}"] = 0.5 * np.sum(
                _changes(self_similarity.vectors, window) ** 2, axis=1
            )
        boundary_cues |= {f"{name} {sign}": values for sign, values in _stripes(self_similarity.products).items()}
        for period in _WINDOWS:
            boundary_cues[f"{name} goes on after {period}"] = _going_on(self_similarity.products, period)
    boundary_cues |= _quarters(bars)
    for values in boundary_cues.values():
        values[0] = 0.0
    return boundary_cues


def runs(alike: dict[str, SelfSimilarity]) -> dict[str, Times]:
    """Signs that bars `a` to `a + n` are one part, by name; each shape `[n_bars, longest]`, column n - 1 for n bars.

    They are: bars like one another; the same bars again elsewhere in the piece; bars that repeat within the part. All
    of them count by themselves and by length. Runs that leave the piece are not to be used.
    """
    boundary_cues: dict[str, Times] = {}
    for name, self_similarity in alike.items():
        products = self_similarity.products
        n_bars = products.shape[1]
        lengths = np.arange(1, min(MAX_BARS, n_bars) + 1)
        eights = np.minimum(lengths, 16) / 8
        again, inner = _again(products, lengths), _inner(products, lengths)
        boundary_cues |= {
            f"{name} is even, by length": _evenness(products, lengths) * lengths / 8,
            f"{name} comes again": again,
            f"{name} comes again, by length": again * eights,
            f"{name} repeats": inner,
            f"{name} repeats, by length": inner * eights,
        }
    return boundary_cues


def all_boundary_cues(bars: Bars) -> tuple[dict[str, Times], dict[str, Times]]:
    """Those of `beginnings` and of `runs`."""
    alike = likenesses(bars)
    return beginnings(bars, alike), runs(alike)


def _novelties(bars: Bars) -> dict[str, Times]:
    n_bands = bars.levels_db.shape[2] // 8
    broad = bars.levels_db[:, :, : n_bands * 8].reshape(len(bars), QUARTERS, n_bands, 8).mean(axis=(1, 3))
    means = {
        "timbre": broad * _SCALES["timbre"],
        "harmony": bars.harmony.mean(axis=1) * _SCALES["harmony"],
        "rhythm": bars.onsets.mean(axis=1) * _SCALES["rhythm"],
    }
    thirds = np.array_split(np.arange(n_bands), [n_bands // 4, 5 * n_bands // 8])
    boundary_cues = {}
    for name, values in means.items():
        for window in _WINDOWS:
            change = _changes(values, window)
            boundary_cues[f"{name} changes {window}"] = np.tanh(np.sqrt(np.mean(change**2, axis=1)))
            if name != "harmony":
                boundary_cues[f"{name} rises {window}"] = np.tanh(change.mean(axis=1))
    for window in _SHORT_WINDOWS:
        change = _changes(means["timbre"], window)
        for name, third in zip(("lows", "mids", "highs"), thirds, strict=True):
            boundary_cues[f"{name} rise {window}"] = np.tanh(change[:, third].mean(axis=1))
    levels = broad.mean(axis=1)
    neighbours = (_before(levels, 2) + levels) / 2
    boundary_cues["bar before is soft"] = np.tanh((_before(levels, 1) - neighbours) / _DIP_DB)
    return boundary_cues


def _quarters(bars: Bars) -> dict[str, Times]:
    """How much begins, relative to the mean, in the quarters of the bar before and in the first two of the bar."""
    boundary_cues = {}
    for name, bands in (("pitched", _PITCHED), ("low", _LOW)):
        strengths = bars.onsets[:, :, bands].sum(axis=2)
        strengths = np.tanh(strengths / max(float(strengths.mean()), 1e-9) - 1)
        for quarter in range(QUARTERS):
            boundary_cues[f"{name} onsets {quarter - QUARTERS}"] = _before(strengths[:, quarter], 1)
        for quarter in range(2):
            boundary_cues[f"{name} onsets {quarter}"] = strengths[:, quarter].copy()
    strengths = bars.onsets.sum(axis=2)
    boundary_cues["accent"] = np.tanh(strengths[:, 0] - 1)
    boundary_cues["onsets before"] = np.tanh(_before(strengths[:, 2:].mean(axis=1), 1))
    boundary_cues["pitched onsets before"] = np.tanh(
        3 * _before(bars.onsets[:, 2:, _PITCHED].sum(axis=2).mean(axis=1), 1)
    )
    of_bars = strengths.mean(axis=1)
    boundary_cues["bar before is thin"] = np.tanh(_before(of_bars, 1) - (_before(of_bars, 2) + of_bars) / 2)
    return boundary_cues


def _before(values: Times, n: int) -> Times:
    """The value `n` bars before, the first ones as they are."""
    return np.concatenate((values[:n], values[: max(0, len(values) - n)]))[: len(values)]


def _changes(values: Times, window: int) -> Times:
    """Mean of the `window` bars from each bar on, less that of as many before it; 0 at the first bar."""
    n_bars = len(values)
    at = np.arange(n_bars)
    sums = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))
    low, high = np.maximum(at - window, 0), np.minimum(at + window, n_bars)
    past = (sums[at] - sums[low]) / np.maximum(at - low, 1)[:, None]
    coming = (sums[high] - sums[at]) / (high - at)[:, None]
    changes: Times = coming - past
    changes[0] = 0.0
    return changes


def _sums(products: Times) -> Times:
    """Running sums along the bars, shape `[n_lags, n_bars + 1]`."""
    return np.concatenate((np.zeros((len(products), 1)), np.cumsum(products, axis=1)), axis=1)


def _both_ways(values: Times) -> tuple[Times, NDArray[np.bool_]]:
    """Values of each lag for bars that look back, then for those that look ahead, and which there are.

    Args:
        values: Row l for bars of which the l-th before is looked at, shape `[n_lags, n_bars]`.

    Returns:
        Both of shape `[2 * n_lags, n_bars]`.
    """
    n_lags, n_bars = values.shape
    lags, at = np.arange(n_lags)[:, None], np.arange(n_bars)
    ahead = lags + at
    seen = values[lags, np.minimum(ahead, n_bars - 1)]
    return np.concatenate((values, seen)), np.concatenate((at >= lags, ahead < n_bars))


def _stripes(products: Times) -> dict[str, Times]:
    n_lags, n_bars = products.shape
    sums = _sums(products)
    at = np.arange(n_bars)
    far = np.tile(np.arange(n_lags) >= _NEAREST, 2)[:, None]
    following, there = _both_ways((sums[:, np.minimum(at + _STRIPE, n_bars)] - sums[:, at]) / _STRIPE)
    preceding, _ = _both_ways((sums[:, at] - sums[:, np.maximum(at - _STRIPE, 0)]) / _STRIPE)
    usable = there & far
    starts = np.where(usable, following - preceding, 0.0)
    return {
        "stripe begins": np.clip(np.where(usable, starts, -1.0).max(axis=0), -1, 1.5),
        "stripe ends": np.clip((-starts).max(axis=0), -1, 1.5),
        "stripe follows": np.where(usable, following, -1.0).max(axis=0),
        "stripe precedes": np.where(usable, preceding, -1.0).max(axis=0),
        "stripes begin": np.maximum(starts, 0).sum(axis=0) * 4 / min(n_bars, 2 * n_lags),
    }


def _going_on(products: Times, period: int) -> Times:
    """How like the `period` bars before each bar the bars just before these are; 0 where there are none."""
    n_lags, n_bars = products.shape
    if period >= n_lags:
        return np.zeros(n_bars)
    at = np.arange(n_bars)
    sums = _sums(products[period : period + 1])[0]
    # A bar looks back by the period: the first one that can is the period's number.
    ahead = np.minimum(at + period, n_bars)
    means = (sums[ahead] - sums[at]) / np.maximum(ahead - at, 1)
    return np.where(at >= period, means, 0.0)


def _evenness(products: Times, lengths: NDArray[np.int64]) -> Times:
    """Mean likeness of the bars of each run to one another."""
    n_bars = products.shape[1]
    nearest = np.cumsum(products, axis=0)
    at = np.arange(n_bars)
    total = np.zeros((n_bars, len(lengths)))
    for n in lengths[1:]:
        last = np.minimum(at + n - 1, n_bars - 1)
        total[:, n - 1] = total[:, n - 2] + 2 * nearest[min(n, len(nearest)) - 1, last]
    means: Times = total / np.maximum(lengths * (lengths - 1), 1)
    return means


def _again(products: Times, lengths: NDArray[np.int64]) -> Times:
    """How like each run is to the most similar one elsewhere that does not overlap it, >= 0."""
    n_lags, n_bars = products.shape
    sums = _sums(products)
    best = np.zeros((n_bars, len(lengths)))
    for n in lengths:
        if n >= n_lags:
            break
        nearest = max(2, int(n))
        means = (sums[nearest:, n:] - sums[nearest:, :-n]) / n
        n_runs = means.shape[1]
        lags, at = np.arange(nearest, n_lags)[:, None], np.arange(n_runs)
        back = np.where(at >= lags, means, 0.0)
        ahead = np.where(at + lags < n_runs, means[lags - nearest, np.minimum(at + lags, n_runs - 1)], 0.0)
        if len(lags):
            best[:n_runs, n - 1] = np.maximum(np.maximum(back, ahead).max(axis=0), 0)
    return best


def _inner(products: Times, lengths: NDArray[np.int64]) -> Times:
    """How like the bars of each run are to those a period before them in the run, for the best period, >= 0."""
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
