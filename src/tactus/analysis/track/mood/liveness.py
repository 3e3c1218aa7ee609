"""Liveness: likelihood of a recording in front of an audience."""

import numpy as np

from tactus.dsp.arrays import Floats
from tactus.dsp.ramp import ramp

VERSION = 1

WINDOW_FRAMES = 43
"""Window length on the rhythm grid: half a second."""

_LAG_FRAMES = 2
"""Lag of the autocorrelation of band levels [frames]: frames overlap by half then; noise has changed, tones and hits
have not."""

_SOUNDING_DB, _FLOOR_DB = 30.0, -80.0
"""Windows less than 30 dB below the loudest one count, with bands above -80 dB."""


_AT_ONCE = 64
"""Windows per step, so that memory for intermediate results does not grow with the piece."""


def liveness(*, applause: float, decay_db: float) -> float:
    """Liveness in [0, 1], from applause or a murmuring crowd, and from reverberation.

    `0.7 C + 0.3 H`, with C the share of applause from 0 to 0.1, H the decay slope from 15 down to 7 dB, each as a ramp
    from 0 to 1; H is 0 without any decay.

    Reverberation alone gives 0.3 at most: strings and pianos decay as slowly in a studio.

    Args:
        applause: Share of applause from `applause_share`, in [0, 1].
        decay_db: Decay slope from `attack_decay_slopes_db` [dB per 46 ms].

    Source: Wen, Habets and Naylor 2008 (reverberation from decay rates). That applause is noise of constant level is
        common knowledge; the measure and the weights are ours.
    """
    return 0.7 * ramp(applause, 0, 0.1) + (0.3 * ramp(-decay_db, -15, -7) if decay_db > 0 else 0.0)


def applause_share(levels_db: Floats) -> float:
    """Share of time with steady noise only, as of many hands or voices, in [0, 1]; 0 for silence.

    Windows of half a second count by the product of four ramps, of standard deviations and a correlation: the total
    level is steady (2 dB: fully; 3.5 dB: not at all); the bands fluctuate by 1.5 dB or more, as those of noise do;
    fluctuations are uncorrelated two frames later (0.15: fully; 0.35: not at all); the mean spectrum is smooth (5 dB:
    fully; 7 dB: not at all).

    Args:
        levels_db: Level of each mid mel band on the rhythm grid [dB], shape `[n_frames, n_bands]`.
    """
    n_windows = len(levels_db) // WINDOW_FRAMES
    if not n_windows:
        return 0.0
    windows = levels_db[: n_windows * WINDOW_FRAMES].reshape(n_windows, WINDOW_FRAMES, -1)
    parts = [_steady_noise(windows[first : first + _AT_ONCE]) for first in range(0, n_windows, _AT_ONCE)]
    shares, levels, band_levels = (np.concatenate(values) for values in zip(*parts, strict=True))
    counts = (levels >= levels.max() - _SOUNDING_DB) & (band_levels >= _FLOOR_DB)
    return float(shares[counts].sum() / max(1, counts.sum()))


def _steady_noise(windows: Floats) -> tuple[Floats, Floats, Floats]:
    """Degree of steady noise of each window, in [0, 1], its total level and mean band level [dB], each `[n]`."""
    totals = 10 * np.log10(np.exp(windows * np.float32(np.log(10) / 10)).mean(axis=2))
    means = windows.mean(axis=1, keepdims=True)
    deviations = windows - means
    power = np.square(deviations).mean(axis=(1, 2))
    products = (deviations[:, _LAG_FRAMES:] * deviations[:, :-_LAG_FRAMES]).mean(axis=(1, 2))
    correlation = products / np.maximum(power, 1e-9)
    steady = _ramps(-totals.std(axis=1), -3.5, -2)
    fluctuating = _ramps(np.sqrt(power), 0.75, 1.5)
    uncorrelated = _ramps(-correlation, -0.35, -0.15)
    smooth = _ramps(-means.std(axis=(1, 2)), -7, -5)
    return steady * fluctuating * uncorrelated * smooth, totals.mean(axis=1), means.mean(axis=(1, 2))


def _ramps(values: Floats, low: float, high: float) -> Floats:
    shares: Floats = np.clip((values - low) / (high - low), 0, 1)
    return shares
