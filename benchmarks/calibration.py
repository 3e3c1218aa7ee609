"""`python -m benchmarks.calibration FOLDER`: fits the confidences of tempo and meter, and prints their calibration.

FOLDER is as for `benchmarks.accuracy`. Results are cross-validated: the confidence of a track comes from weights fitted
without it and without its kin (tracks with the same `derived_from`). A tempo is right within 4 %, a meter if it has as
many beats per bar as lie between annotated downbeats. The calibration error that perfect confidences would have by
chance is printed, too.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy import analysis_of, annotated, is_right, moments, tell_unread
from tactus.analysis.networks.rhythm import RhythmActivations
from tactus.analysis.track import confidence
from tactus.errors import TactusError

Numbers = NDArray[np.float64]

N_BINS, N_FOLDS, N_SHUFFLES, N_BOOTSTRAP, N_CHANCE = 5, 10, 20, 2000, 1000
RIDGE = 0.1
"""Prior precision of each weight: keeps the fit sane over a hundred tracks."""


def main() -> int:
    """Fit, judge and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.calibration", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--without", nargs="*", default=[], help="groups that are left out")
    arguments = parser.parse_args()
    folder = arguments.folder
    tracks = [track for track in annotated(folder) if track["group"] not in arguments.without]
    with ProcessPoolExecutor() as pool:
        cases = [case for found in pool.map(_cases, [folder] * len(tracks), tracks) for case in found]
    for what in ("tempo", "meter"):
        chosen = [case for case in cases if case["what"] == what]
        inputs = np.array([case["inputs"] for case in chosen])
        right = np.array([case["right"] for case in chosen], np.float64)
        kin = np.array([case["kin"] for case in chosen])
        _print(what, inputs, right, kin)
    return 0


def _cases(folder: Path, track: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        return list(_judged(folder, track))
    except (OSError, TactusError) as error:
        tell_unread(track, error)
        return []


def _judged(folder: Path, track: dict[str, Any]) -> Iterator[dict[str, Any]]:
    analysis = analysis_of(folder / track["path"])
    rhythm, retained = analysis.rhythm, analysis.retained
    if rhythm.bpm is None or retained is None:
        return
    activations = RhythmActivations.of(retained.curves, retained.tempi)
    rate_hz = retained.onset_strengths.rate_hz
    kin = track.get("derived_from") or track.get("id") or track["path"]
    if track.get("tempo"):
        inputs = confidence.tempo_inputs(activations, rhythm.bpm, rhythm.beat_times, rate_hz)
        yield {"what": "tempo", "inputs": inputs, "right": is_right(rhythm.bpm, track["tempo"]), "kin": kin}
    if track.get("downbeats") and track.get("beats") and rhythm.time_signature:
        beats, downbeats = moments(folder / track["beats"]), moments(folder / track["downbeats"])
        if len(downbeats) >= 3:
            counts = np.diff(np.searchsorted(beats, downbeats - 0.02))
            meter = int(np.bincount(counts[counts > 0]).argmax())
            margin = rhythm.meter_margin
            inputs = confidence.meter_inputs(margin, activations, rhythm.downbeat_times, rate_hz)
            yield {"what": "meter", "inputs": inputs, "right": rhythm.time_signature == meter, "kin": kin}


def _print(what: str, inputs: Numbers, right: Numbers, kin: NDArray[np.str_]) -> None:
    confidences = np.mean([_cross_validated(inputs, right, kin, seed) for seed in range(N_SHUFFLES)], axis=0)
    weights = _fitted(inputs, right)
    rng = np.random.default_rng(0)
    picks = [rng.integers(len(right), size=len(right)) for _ in range(N_BOOTSTRAP)]
    low, high = np.percentile([calibration_error(confidences[pick], right[pick]) for pick in picks], (2.5, 97.5))
    print(f"\n{what}: weights {weights[:-1].round(2).tolist()}, bias {weights[-1]:.2f}, from {len(right)} tracks")
    print(f"expected calibration error {calibration_error(confidences, right):.3f} [{low:.3f}, {high:.3f}]")
    print(f"by chance, with perfect confidences: {_error_by_chance(confidences):.3f}\n")
    print("| confidence | correct | n |\n|---|---|---|")
    for one in np.array_split(np.argsort(confidences), N_BINS):
        print(f"| {confidences[one].mean():.2f} | {right[one].mean():.2f} | {len(one)} |")


def _cross_validated(inputs: Numbers, right: Numbers, kin: NDArray[np.str_], seed: int) -> Numbers:
    """Confidence of each track with weights fitted to the other folds."""
    confidences = np.empty(len(right))
    names = np.unique(kin)
    folds = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % N_FOLDS, strict=True))
    fold = np.array([folds[name] for name in kin])
    for number in range(N_FOLDS):
        confidences[fold == number] = _logistic(
            inputs[fold == number], _fitted(inputs[fold != number], right[fold != number])
        )
    return confidences


def calibration_error(confidences: Numbers, right: Numbers) -> float:
    """Expected calibration error: mean difference of confidence and share of right results, over bins of equal size.

    Source:
        M. Naeini, G. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI
        2015 (expected calibration error).
    """
    bins = np.array_split(np.argsort(confidences), N_BINS)
    return float(sum(len(one) * abs(confidences[one].mean() - right[one].mean()) for one in bins) / len(confidences))


def _error_by_chance(confidences: Numbers) -> float:
    """Calibration error expected by chance for perfect confidences, over this number of tracks."""
    right = np.random.default_rng(0).random((N_CHANCE, len(confidences))) < confidences
    return float(np.mean([calibration_error(confidences, outcome) for outcome in right.astype(np.float64)]))


def _logistic(inputs: Numbers, weights: Numbers) -> Numbers:
    values: Numbers = 1 / (1 + np.exp(-(inputs @ weights[:-1] + weights[-1])))
    return values


def _fitted(inputs: Numbers, right: Numbers) -> Numbers:
    """Weights of a logistic regression, bias last, by Newton's method."""
    x = np.column_stack((inputs, np.ones(len(inputs))))
    ridge = np.array([RIDGE] * inputs.shape[1] + [1e-3])
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        confidences = 1 / (1 + np.exp(-(x @ weights)))
        curvature = (x * (confidences * (1 - confidences))[:, None]).T @ x + np.diag(ridge)
        weights -= np.linalg.solve(curvature, x.T @ (confidences - right) + ridge * weights)
    return weights


if __name__ == "__main__":
    sys.exit(main())
