"""Fades: end of the fade-in and beginning of the fade-out of a piece."""

import numpy as np

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.loudness import lufs
from tactus.dsp.sampled import Sampled

VERSION = 1

STILL_S = 3.0
"""A fade is complete where the level does not rise further within this time [s]."""

RISE_DB = 1.5
"""Least rise within that time that continues a fade, and tolerance of its final level [dB]."""

MIN_DB = 12.0
"""Least rise of a fade [dB]: a smaller one is music."""

EDGE_S = 0.5
"""The initial level of a fade is the maximum over this time at the edge [s]: a piece may be cut between two beats."""

SILENCE_DB = 50.0
"""Levels this far below the maximum are silence [dB], tape noise included."""


def fades(k_weighted_power: Sampled[Floats], duration_s: float) -> tuple[float, float]:
    """End of the fade-in and beginning of the fade-out [s]; 0 and the duration where there is none.

    From each edge of the piece inwards, the running maximum of the level is followed until it rises by less than 1.5 dB
    in 3 s: this is the final level, and the fade extends to the first row, seen from the edge, within 1.5 dB of it. If
    the final level is less than 12 dB above the maximum of the half second at the edge, there is no fade. Silence
    before or after the sound is part of the fade, and so is the decay of a last chord.

    Args:
        k_weighted_power: K-weighted power, input of `loudness.passage_lufs`, shape `[n]`; a fade ends between two rows.
        duration_s: Duration of the piece [s].

    Source: the names are those of The Echo Nest, "Analyzer Documentation" 3.2, which does not define how to estimate
        the times; this rule is ours.
    """
    levels, rate_hz = lufs(np.asarray(k_weighted_power.values, np.float64)), k_weighted_power.rate_hz
    if not len(levels):
        return 0.0, duration_s
    levels = np.maximum(levels, levels.max() - SILENCE_DB)
    n_in, n_out = _n_fade_rows(levels, rate_hz), _n_fade_rows(levels[::-1], rate_hz)
    end_of_fade_in = min(round(n_in / rate_hz, 6), duration_s)
    start_of_fade_out = min(round((len(levels) - n_out) / rate_hz, 6), duration_s) if n_out else duration_s
    return end_of_fade_in, max(end_of_fade_in, start_of_fade_out)


def _n_fade_rows(levels: Times, rate_hz: float) -> int:
    """Length of a fade-in [rows]; 0 without one."""
    highest = np.maximum.accumulate(levels)
    last = len(levels) - 1
    later = highest[np.minimum(np.arange(len(levels)) + round(STILL_S * rate_hz), last)]
    sounds = highest > levels.min()
    top = later[int(np.argmax(sounds & (later < highest + RISE_DB)))]
    edge = highest[min(round(EDGE_S * rate_hz) - 1, last)]
    return int(np.argmax(highest > top - RISE_DB)) if top - edge >= MIN_DB else 0
