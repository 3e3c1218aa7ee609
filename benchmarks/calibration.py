"""`python -m benchmarks.calibration FOLDER`: fits the confidences of tempo and metre, and shows whether they hold.

FOLDER is as for `benchmarks.accuracy`. Every track is judged by weights that were fitted without it and without its kin
(tracks with the same `derived_from`): what is printed is cross-validated. Right is a tempo within 4 %, and as
many beats in a bar as lie between annotated downbeats. Beside the calibration error stands what it would be by chance
if the confidences were perfect.
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
    for what in ("tempo", "metre"):
        chosen = [case for case in cases if case["what"] == what]
        retained = np.array([case["evidence"] for case in chosen])
        right = np.array([case["right"] for case in chosen], np.float64)
        kin = np.array([case["kin"] for case in chosen])
        _print(what, retained, right, kin)
    return 0


def _cases(folder: Path, track: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        return list(_judged(folder, track))
    except (OSError, TactusError) as error:
        tell_unread(track, error)
        return []


def _judged(folder: Path, track: dict[str, Any]) -> Iterator[dict[str, Any]]:
    analysis = analysis_of(folder / track["path"])
    rhythm, heard = analysis.rhythm, analysis.retained
    if rhythm.bpm is None or heard is None:
        return
    reading = RhythmActivations.of(heard.curves, heard.tempi)
    kin = track.get("derived_from") or track.get("id") or track["path"]
    if track.get("tempo"):
        retained = confidence.tempo_inputs(reading, rhythm.bpm, rhythm.beat_times, heard.frame_rate_hz)
        yield {"what": "tempo", "evidence": retained, "right": is_right(rhythm.bpm, track["tempo"]), "kin": kin}
    if track.get("downbeats") and track.get("beats") and rhythm.time_signature:
        beats, downbeats = moments(folder / track["beats"]), moments(folder / track["downbeats"])
        if len(downbeats) >= 3:
            counts = np.diff(np.searchsorted(beats, downbeats - 0.02))
            meter = int(np.bincount(counts[counts > 0]).argmax())
            margin = rhythm.meter_margin
            retained = confidence.meter_inputs(margin, reading, rhythm.downbeat_times, heard.frame_rate_hz)
            yield {"what": "metre", "evidence": retained, "right": rhythm.time_signature == meter, "kin": kin}


def _print(what: str, retained: Numbers, right: Numbers, kin: NDArray[np.str_]) -> None:
    said = np.mean([_cross_validated(retained, right, kin, seed) for seed in range(N_SHUFFLES)], axis=0)
    weights = _fitted(retained, right)
    rng = np.random.default_rng(0)
    picks = [rng.integers(len(right), size=len(right)) for _ in range(N_BOOTSTRAP)]
    low, high = np.percentile([calibration_error(said[pick], right[pick]) for pick in picks], (2.5, 97.5))
    print(f"\n{what}: weights {weights[:-1].round(2).tolist()}, bias {weights[-1]:.2f}, from {len(right)} tracks")
    print(f"expected calibration error {calibration_error(said, right):.3f} [{low:.3f}, {high:.3f}]")
    print(f"by chance, if each were right as often as is said: {_error_by_chance(said):.3f}\n")
    print("| said | right | n |\n|---|---|---|")
    for one in np.array_split(np.argsort(said), N_BINS):
        print(f"| {said[one].mean():.2f} | {right[one].mean():.2f} | {len(one)} |")


def _cross_validated(retained: Numbers, right: Numbers, kin: NDArray[np.str_], seed: int) -> Numbers:
    """What is said of each track by weights that were fitted without its part of the tracks."""
    said = np.empty(len(right))
    names = np.unique(kin)
    folds = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % N_FOLDS, strict=True))
    fold = np.array([folds[name] for name in kin])
    for number in range(N_FOLDS):
        said[fold == number] = _logistic(
            retained[fold == number], _fitted(retained[fold != number], right[fold != number])
        )
    return said


def calibration_error(said: Numbers, right: Numbers) -> float:
    """Mean distance of what is said from how often it is right, over bins with as many tracks each.

    Source:
        M. Naeini, G. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI
        2015 (expected calibration error).
    """
    bins = np.array_split(np.argsort(said), N_BINS)
    return float(sum(len(one) * abs(said[one].mean() - right[one].mean()) for one in bins) / len(said))


def _error_by_chance(said: Numbers) -> float:
    """The calibration error to expect of perfect confidences, over so few tracks."""
    right = np.random.default_rng(0).random((N_CHANCE, len(said))) < said
    return float(np.mean([calibration_error(said, drawn) for drawn in right.astype(np.float64)]))


def _logistic(retained: Numbers, weights: Numbers) -> Numbers:
    values: Numbers = 1 / (1 + np.exp(-(retained @ weights[:-1] + weights[-1])))
    return values


def _fitted(retained: Numbers, right: Numbers) -> Numbers:
    """Weights, and the bias last, by Newton's method."""
    x = np.column_stack((retained, np.ones(len(retained))))
    ridge = np.array([RIDGE] * retained.shape[1] + [1e-3])
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        said = 1 / (1 + np.exp(-(x @ weights)))
        curvature = (x * (said * (1 - said))[:, None]).T @ x + np.diag(ridge)
        weights -= np.linalg.solve(curvature, x.T @ (said - right) + ridge * weights)
    return weights


if __name__ == "__main__":
    sys.exit(main())
