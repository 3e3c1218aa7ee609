"""Fit the weights of the drum detector to composed songs, whose drums are known.

    python -m training.strokes

Prints `src/tactus/analysis/live/drum_weights.py`. At every peak that the live analysis finds, a logistic regression
gives the probability that each drum was hit there; its threshold is the one with the best F over these songs.
"""

import argparse
import sys
from collections.abc import Iterator

import numpy as np

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.live.drums import N_BANDS, DrumDetector, DrumHits
from tactus.dsp.arrays import Times
from training.drum_songs import DrumSong, drum_songs

FIRST_SEED = 50_000
"""Songs that no benchmark plays."""

FIRST_S = 3.0
"""Before this the analysis does not know the song [s]."""

TOLERANCE_S = 0.05

PENALTY = 3.0
"""Of half the weights' squares."""

FRAMES = ("before", "at", "behind")

_FEATURE = "onset_strength"


def main() -> int:
    """Compose, fit, print."""
    parser = argparse.ArgumentParser(prog="training.strokes", description=__doc__)
    parser.add_argument("--songs", type=int, default=70, help="so many, once without and once with a band")
    n_songs = parser.parse_args().songs
    songs = [
        (song, *_peaks(song))
        for with_band in (False, True)
        for song in drum_songs(n_songs, with_band=with_band, first_seed=FIRST_SEED)
    ]
    peaks = np.concatenate([found for _, _, found in songs])
    sys.stdout.write('"""Weights of the drum detector, as `python -m training.strokes` prints them."""\n\n')
    sys.stdout.write("HIT_WEIGHTS: dict[str, tuple[float, ...]] = {\n")
    for name in DrumHits._fields:
        struck = np.concatenate([_near(at_s, song.hits[name][:, 0]) for song, at_s, _ in songs])
        weights = _fitted(peaks, struck)
        weights[-1] -= _best_threshold(peaks @ weights, struck)
        sys.stdout.write("".join(_lines(name, weights)))
    sys.stdout.write("}\n")
    return 0


def _peaks(song: DrumSong) -> tuple[Times, Times]:
    """Moments [s] of the peaks in a song, and what they show, `[n, 19]`."""
    analyzer = Analyzer(features_for((_FEATURE,)), INNER_GRIDS, (_FEATURE,))
    _, rows = analyzer.step(analyzer.start(), song.samples[None])
    rate_hz = analyzer.grids["rhythm"].frame_rate_hz
    drums = DrumDetector(rate_hz)
    state, found = drums.start(), []
    for frame in range(len(rows[_FEATURE])):
        state, _ = drums.step(state, rows[_FEATURE][frame : frame + 1])
        peak = drums.peak(state)
        if peak is not None and frame - 1 > FIRST_S * rate_hz:
            found.append(((frame - 1) / rate_hz, peak))
    return np.array([at_s for at_s, _ in found]), np.array([peak for _, peak in found])


def _near(at_s: Times, strokes_s: Times) -> Times:
    """1 for the peak next to each stroke, if it is near; 0 for the others."""
    near = np.zeros(len(at_s))
    nearest = np.abs(at_s[:, None] - strokes_s).argmin(axis=0)
    near[nearest[np.abs(at_s[nearest] - strokes_s) < TOLERANCE_S]] = 1
    return near


def _fitted(peaks: Times, struck: Times) -> Times:
    """The weights that make what was struck most probable, less the penalty: Newton's steps."""
    weights = np.zeros(peaks.shape[1])
    for _ in range(30):
        posterior = 1 / (1 + np.exp(-peaks @ weights))
        bend = (peaks * (posterior * (1 - posterior))[:, None]).T @ peaks + PENALTY * np.eye(len(weights))
        weights -= np.linalg.solve(bend, peaks.T @ (posterior - struck) + PENALTY * weights)
    return weights


def _best_threshold(scores: Times, struck: Times) -> float:
    """With which precision and recall are best together."""
    order = np.argsort(-scores)
    right = np.cumsum(struck[order])
    f = 2 * right / (np.arange(1, len(right) + 1) + struck.sum())
    return float(scores[order[f.argmax()]])


def _lines(name: str, weights: Times) -> Iterator[str]:
    yield f'    "{name}": (\n'
    for number, frame in enumerate(FRAMES):
        row = weights[number * N_BANDS : (number + 1) * N_BANDS]
        yield "        " + " ".join(f"{weight:.2f}," for weight in row) + f"  # {frame} the peak, low to high\n"
    yield f"        {weights[-1]:.2f},\n    ),\n"


if __name__ == "__main__":
    sys.exit(main())
