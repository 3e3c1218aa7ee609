"""Fades: until when a piece comes up from silence, and from when it goes down to it."""

import numpy as np

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.loudness import lufs

VERSION = 1

STILL_S = 3.0
"""Where nothing in so long a stretch [s] is louder than what came before, the level has arrived."""

RISE_DB = 1.5
"""What counts as louder [dB]; who is nearer than this to where the level arrives, is there."""

MIN_DB = 12.0
"""A smaller rise is music and no fade [dB]."""

EDGE_S = 0.5
"""What is this loud within the first half second [s] does not rise: a piece may be cut between two beats."""

SILENCE_DB = 50.0
"""So far below the loudest moment [dB] is silence, be it noise of a tape."""


def fades(k_weighted_power: Floats, power_rate_hz: float, duration_s: float) -> tuple[float, float]:
    """When the fade in ends and when the fade out begins [s]; 0 and the duration where there is none.

    From each edge of the piece inwards, the loudest 100 ms so far are followed until for 3 s nothing is louder by
    1.5 dB: there the level has arrived, and the fade reaches to the first moment, seen from the edge, that is within
    1.5 dB of it. If that is less than 12 dB above the loudest of the half second at the edge, there is no fade. Silence
    before or after the sound counts as part of the fade, and so does a last chord that dies away.

    Args:
        k_weighted_power: As `track.loudness` has it, shape `[n]`.
        power_rate_hz: Its rows per second [Hz]; a fade ends on the border of two rows.
        duration_s: Length of the piece [s].

    Source: the names are those of The Echo Nest, "Analyzer Documentation" 3.2, which does not say how the moments are
        found; this rule is ours.
    """
    levels = lufs(np.asarray(k_weighted_power, np.float64))
    if not len(levels):
        return 0.0, duration_s
    levels = np.maximum(levels, levels.max() - SILENCE_DB)
    n_in, n_out = _rows_of_fade(levels, power_rate_hz), _rows_of_fade(levels[::-1], power_rate_hz)
    end_of_fade_in = min(round(n_in / power_rate_hz, 6), duration_s)
    start_of_fade_out = min(round((len(levels) - n_out) / power_rate_hz, 6), duration_s) if n_out else duration_s
    return end_of_fade_in, max(end_of_fade_in, start_of_fade_out)


def _rows_of_fade(levels: Times, rate_hz: float) -> int:
    """How many rows come before the level has arrived; 0 where it need not rise."""
    highest = np.maximum.accumulate(levels)
    last = len(levels) - 1
    later = highest[np.minimum(np.arange(len(levels)) + round(STILL_S * rate_hz), last)]
    sounds = highest > levels.min()
    top = later[int(np.argmax(sounds & (later < highest + RISE_DB)))]
    edge = highest[min(round(EDGE_S * rate_hz) - 1, last)]
    return int(np.argmax(highest > top - RISE_DB)) if top - edge >= MIN_DB else 0
