"""Liveness: how probably an audience is there."""

import numpy as np

from tactus.dsp.arrays import Floats
from tactus.dsp.ramp import ramp

VERSION = 1

WINDOW_FRAMES = 43
"""Of the rhythm grid: half a second."""

_LAG_FRAMES = 2
"""Half of a frame is new after so many: noise has changed by then, tones and hits have not."""

_SOUNDING_DB, _FLOOR_DB = 30.0, -80.0
"""A window is looked at where it is less than 30 dB below the loudest, and its bands above -80 dB."""


_AT_ONCE = 64
"""Windows, so that intermediate results do not grow with the piece."""


def liveness(*, applause: float, fall_db: float) -> float:
    """How much it sounds like a concert, in [0, 1]: applause or a murmuring crowd, and a room that lets sounds ring.

    `0.7 C + 0.3 H`, with C the share of applause from 0 to 0.1, H the steepness of falls from 15 down to 7 dB, each as
    a ramp from 0 to 1; 0 where nothing ever falls.

    The room alone never gives more than 0.3: strings and pianos fade as softly in a studio.

    Args:
        applause: As `applause_share` says.
        fall_db: As `steepness_db` says.

    Source: Wen, Habets and Naylor 2008 (reverberation from decay rates). That applause is noise which is even in time
        is common knowledge; the measure and the weights are ours.
    """
    return 0.7 * ramp(applause, 0, 0.1) + (0.3 * ramp(-fall_db, -15, -7) if fall_db > 0 else 0.0)


def applause_share(levels_db: Floats) -> float:
    """How much of the time there is nothing but even noise, as of many hands or voices, in [0, 1]; 0 for silence.

    Of windows of half a second: the whole is even (its level varies by 2 dB at most, from 3.5 dB on not at all), while
    its bands flicker by 1.5 dB or more as those of noise do, anew in every frame: what a band has more than its mean
    tells nothing of what it will have two frames later (a correlation of 0.15 at most, from 0.35 on not at all). And no
    band stands out: their means differ by 5 dB at most, from 7 dB on not at all (as standard deviations).

    Args:
        levels_db: Level of each mel band [dB] on the rhythm grid, of middle bands, `[n_frames, n_bands]`.
    """
    n_windows = len(levels_db) // WINDOW_FRAMES
    if not n_windows:
        return 0.0
    windows = levels_db[: n_windows * WINDOW_FRAMES].reshape(n_windows, WINDOW_FRAMES, -1)
    parts = [_evenness(windows[first : first + _AT_ONCE]) for first in range(0, n_windows, _AT_ONCE)]
    shares, levels, band_levels = (np.concatenate(values) for values in zip(*parts, strict=True))
    heard = (levels >= levels.max() - _SOUNDING_DB) & (band_levels >= _FLOOR_DB)
    return float(shares[heard].sum() / max(1, heard.sum()))


def _evenness(windows: Floats) -> tuple[Floats, Floats, Floats]:
    """How far each window is even noise, in [0, 1]; its level [dB], and the mean of its bands' [dB]; each `[n]`."""
    totals = 10 * np.log10(np.exp(windows * np.float32(np.log(10) / 10)).mean(axis=2))
    means = windows.mean(axis=1, keepdims=True)
    flicker = windows - means
    power = np.square(flicker).mean(axis=(1, 2))
    related = (flicker[:, _LAG_FRAMES:] * flicker[:, :-_LAG_FRAMES]).mean(axis=(1, 2)) / np.maximum(power, 1e-9)
    is_even = _ramps(-totals.std(axis=1), -3.5, -2)
    flickers = _ramps(np.sqrt(power), 0.75, 1.5)
    is_new = _ramps(-related, -0.35, -0.15)
    is_smooth = _ramps(-means.std(axis=(1, 2)), -7, -5)
    return is_even * flickers * is_new * is_smooth, totals.mean(axis=1), means.mean(axis=(1, 2))


def _ramps(values: Floats, low: float, high: float) -> Floats:
    shares: Floats = np.clip((values - low) / (high - low), 0, 1)
    return shares
