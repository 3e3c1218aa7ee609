"""Voices: speechiness (likelihood of speech) and instrumentalness (likelihood of no voice)."""

import numpy as np

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.ramp import ramp

VERSION = 1

_SOUNDING_DB = 30.0
"""Frames this far below the loudest one are left out [dB]."""

_WINDOW_ROWS, _HOP_ROWS = 50, 25
"""Window and hop of the search for pauses [rows of 20 ms]: one second, and half of it."""

_AUDIBLE_SHARE = 0.05
"""Windows softer than this share of the mean are silence between sounds, not pauses in speech."""


def speechiness(*, gliding: float, pauses: float, pulse: float) -> float:
    """Speechiness in [0, 1], from gliding pitches, gaps between syllables and the absence of a beat.

    `G (0.2 + 0.4 P + 0.4 (1 - B))`, with G the gliding from 0.04 to 0.14, P the pauses from 0.15 to 0.4, B the pulse
    clarity from 0.1 to 0.4, each as a ramp from 0 to 1.

    Args:
        gliding: Result of `gliding_share`, in [0, 1].
        pauses: Result of `pause_share`, in [0, 1].
        pulse: Pulse clarity from `mood.pulse_clarity`, in [0, 1].

    Source: Scheirer and Slaney 1997, "Construction and evaluation of a robust multifeature speech/music
        discriminator" (share of soft frames, pulse metric); Saunders 1996 (gaps between syllables). The gliding and
        the weights are ours.
    """
    return ramp(gliding, 0.04, 0.14) * (0.2 + 0.4 * ramp(pauses, 0.15, 0.4) + 0.4 * (1 - ramp(pulse, 0.1, 0.4)))


def instrumentalness(*, gliding: float, speechiness: float) -> float:
    """Instrumentalness in [0, 1]: low where pitches glide as in a voice.

    `1 - max(G, speechiness)`, with G the gliding from 0.02 to 0.12 as a ramp from 0 to 1. Instruments that slide or
    shake their tones (strings, saxophones, slide guitars) count as voices.

    Args:
        gliding: Result of `gliding_share`, in [0, 1].
        speechiness: Result of `speechiness`, in [0, 1].

    Source: Regnier and Peeters 2009, "Singing voice detection in music tracks using direct voice vibrato detection"
        (voices are detected by moving partials).
    """
    return 1 - max(ramp(gliding, 0.02, 0.12), speechiness)


def gliding_share(pitch_glide: Floats, levels_db: Floats) -> float:
    """Mean of the feature pitch_glide over the audible frames, in [0, 1]; 0 for silence.

    Args:
        pitch_glide: Feature `pitch_glide`, shape `[n_frames]`.
        levels_db: Level of each mel band [dB], shape `[n_frames, n_bands]`.
    """
    if not len(pitch_glide):
        return 0.0
    levels = levels_db.mean(axis=1)
    return float(pitch_glide[levels >= levels.max() - _SOUNDING_DB].mean())


def pause_share(k_weighted_steps: Floats) -> float:
    """Share of low-energy frames, in [0, 1]: frames at most half as loud as the second around; 0 for silence.

    Mean over windows of a second, with frames of 20 ms. Speech has about 0.4, dense music less than 0.2, drums alone
    more.

    Args:
        k_weighted_steps: Feature `k_weighted_steps`, shape `[n, n_steps]`, 10 ms each.

    Source: Scheirer and Slaney 1997, "percentage of low-energy frames".
    """
    power = np.asarray(k_weighted_steps, np.float64).reshape(-1, 2).mean(axis=1)
    loudness = _windows(np.sqrt(power))
    means = loudness.mean(axis=1, keepdims=True)
    is_audible = means[:, 0] > _AUDIBLE_SHARE * means.mean()
    return float((loudness < means / 2)[is_audible].mean()) if is_audible.any() else 0.0


def _windows(rows: Times) -> Times:
    """Windows of one second with 50 % overlap; a shorter piece is one window."""
    if len(rows) < _WINDOW_ROWS:
        return rows[None]
    return np.lib.stride_tricks.sliding_window_view(rows, _WINDOW_ROWS)[::_HOP_ROWS]
