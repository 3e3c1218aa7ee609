"""Voices: how probably somebody speaks, and how probably nobody sings."""

import numpy as np

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.ramp import ramp

VERSION = 1

_SOUNDING_DB = 30.0
"""Frames this far below the loudest one [dB] say nothing about voices."""

_WINDOW_ROWS, _HOP_ROWS = 50, 25
"""Of 20 ms: pauses are looked for in windows of one second."""

_AUDIBLE_SHARE = 0.05
"""Windows softer than this share of the mean are pauses of the piece, not within speech."""


def speechiness(*, gliding: float, pauses: float, pulse: float) -> float:
    """How much it sounds like speech, in [0, 1]: pitches glide, syllables leave gaps, and no beat goes through.

    `G (0.2 + 0.4 P + 0.4 (1 - B))`, with G the gliding from 0.04 to 0.14, P the pauses from 0.15 to 0.4, B the pulse
    clarity from 0.1 to 0.4, each as a ramp from 0 to 1.

    Args:
        gliding: As `gliding_share` says.
        pauses: As `pause_share` says.
        pulse: As `mood.pulse_clarity` says.

    Source: Scheirer and Slaney 1997, "Construction and evaluation of a robust multifeature speech/music
        discriminator" (share of soft frames, pulse metric); Saunders 1996 (gaps between syllables). The gliding and
        the weights are ours.
    """
    return ramp(gliding, 0.04, 0.14) * (0.2 + 0.4 * ramp(pauses, 0.15, 0.4) + 0.4 * (1 - ramp(pulse, 0.1, 0.4)))


def instrumentalness(*, gliding: float, speechiness: float) -> float:
    """How probably nobody sings or speaks, in [0, 1]: 1 less the evidence of a voice.

    `1 - max(G, speechiness)`, with G the gliding from 0.02 to 0.12 as a ramp from 0 to 1. Instruments that slide or
    shake their tones (strings, saxophones, slide guitars) count as voices.

    Args:
        gliding: As `gliding_share` says.
        speechiness: As the function says.

    Source: Regnier and Peeters 2009, "Singing voice detection in music tracks using direct voice vibrato detection"
        (voices are found by partials that move).
    """
    return 1 - max(ramp(gliding, 0.02, 0.12), speechiness)


def gliding_share(pitch_glide: Floats, levels_db: Floats) -> float:
    """How much of what has a pitch glides while it sounds, in [0, 1]; 0 for silence.

    Args:
        pitch_glide: The feature of that name, shape `[n_frames]`.
        levels_db: Level of each mel band [dB], shape `[n_frames, n_bands]`.
    """
    if not len(pitch_glide):
        return 0.0
    levels = levels_db.mean(axis=1)
    return float(pitch_glide[levels >= levels.max() - _SOUNDING_DB].mean())


def pause_share(k_weighted_steps: Floats) -> float:
    """How much of the time it is half as loud as within the second around or softer, in [0, 1]; 0 for silence.

    In the mean over windows of a second, of stretches of 20 ms. Speech has some 0.4, dense music less than 0.2, drums
    alone more.

    Args:
        k_weighted_steps: The feature of that name, shape `[n, n_steps]`, 10 ms each.

    Source: Scheirer and Slaney 1997, "percentage of low-energy frames".
    """
    power = np.asarray(k_weighted_steps, np.float64).reshape(-1, 2).mean(axis=1)
    loudness = _windows(np.sqrt(power))
    means = loudness.mean(axis=1, keepdims=True)
    heard = means[:, 0] > _AUDIBLE_SHARE * means.mean()
    return float((loudness < means / 2)[heard].mean()) if heard.any() else 0.0


def _windows(rows: Times) -> Times:
    """Windows of a second, half overlapping; one where there is less."""
    if len(rows) < _WINDOW_ROWS:
        return rows[None]
    return np.lib.stride_tricks.sliding_window_view(rows, _WINDOW_ROWS)[::_HOP_ROWS]
