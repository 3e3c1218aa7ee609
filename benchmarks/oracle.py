"""`python -m benchmarks.oracle`: how far each feature that librosa defines is from it, on the oracle law's signals."""

import sys

import librosa
import numpy as np

from tactus.analysis.catalogue import features_for
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid
from tests.analysis.test_oracle import GRIDS, ORACLES, SIGNALS, magnitude, ours

CONTRAST_SIGNALS, CONTRAST_DB = ("noise", "pink noise and scale", "music"), 60.0
"""Signals, and contrasts, that librosa's clipping of levels 80 dB below the loudest leaves alone; a stream does not
know the loudest."""


def main() -> int:
    """Measure and print."""
    print(f"Largest error over {len(SIGNALS)} signals on {len(GRIDS)} grids, relative to each feature's scale\n")
    print("| feature | scale | largest error / scale | mean error / scale |\n|---|---|---|---|")
    for name, oracle in ORACLES.items():
        errors = [
            np.abs(ours(name, signal, grid) - oracle(signal, grid).T).ravel() for grid in GRIDS for signal in SIGNALS
        ]
        _print(name, np.concatenate(errors))
    _print(
        "spectral_contrast", np.concatenate([_contrast(signal, grid) for grid in GRIDS for signal in CONTRAST_SIGNALS])
    )
    print("\n| feature | frames one bin off | largest error |\n|---|---|---|")
    for name, share in (("spectral_rolloff", 0.85), ("spectral_rolloff_95", 0.95)):
        bins = np.concatenate([_rolloff(name, share, signal, grid) for grid in GRIDS for signal in SIGNALS])
        print(f"| {name} | {100 * np.mean(bins > 0.01):.3f} % of {len(bins)} | {bins.max():.2f} bins |")
    return 0


def _print(name: str, errors: Floats) -> None:
    scale = features_for([name])[-1].about.scale
    print(f"| {name} | {scale:g} | {errors.max() / scale:.1e} | {errors.mean() / scale:.1e} |", flush=True)


def _contrast(signal: str, grid: Grid) -> Floats:
    """Where librosa's clipping, which is relative to the loudest frame it is given, has nothing to clip."""
    frames = magnitude(signal, grid).T
    theirs = [librosa.feature.spectral_contrast(S=frame[:, None], sr=grid.sample_rate)[:, 0] for frame in frames]
    values = ours("spectral_contrast", signal, grid)
    errors: Floats = np.abs(values - np.stack(theirs))[values.max(axis=1) < CONTRAST_DB].ravel()
    return errors


def _rolloff(name: str, share: float, signal: str, grid: Grid) -> Floats:
    """Differences in bins."""
    spectrum = magnitude(signal, grid).astype(np.float64)
    theirs = librosa.feature.spectral_rolloff(S=spectrum, sr=grid.sample_rate, roll_percent=share).T
    bins: Floats = np.abs(ours(name, signal, grid) - theirs).ravel() * (grid.frame_length / grid.sample_rate)
    return bins


if __name__ == "__main__":
    sys.exit(main())
