"""Acousticness: likelihood of acoustic instruments without drum machines, amplifiers and compressors."""

import numpy as np

from tactus.dsp.arrays import Floats
from tactus.dsp.ramp import ramp

VERSION = 1

_SOUNDING_DB = 40.0
"""Frames this far below the loudest one are left out [dB]."""


def acousticness(*, attack_db: float, bass_db: float | None, range_lu: float) -> float:
    """Acousticness in [0, 1], from soft attacks, little deep bass and a large loudness range.

    `0.5 A + 0.3 D + 0.2 R`, with A the attack slope from 13 down to 4 dB, D the deep bass from 18 down to 0 dB, R the
    loudness range from 1 to 9 LU, each as a ramp from 0 to 1; 0 for silence.

    The terms do not identify instruments: a sampled piano counts as a piano, a kit of real drums as a drum machine.

    Args:
        attack_db: Attack slope from `attack_decay_slopes_db` [dB per 23 ms].
        bass_db: Deep bass from `deep_bass_db` [dB]; None for silence.
        range_lu: Loudness range of the piece [LU].

    Source: Hove, Vuust and Stupacher 2019, "Increased levels of bass in popular music recordings 1955-2016 and their
        relation to loudness" (bass); Peeters 2004 (attacks); EBU Tech 3342 (range). The choice and the weights are
        ours: of those tried they order recordings best; they are no finding about listeners.
    """
    if bass_db is None:
        return 0.0
    return 0.5 * ramp(-attack_db, -13, -4) + 0.3 * ramp(-bass_db, -18, 0) + 0.2 * ramp(range_lu, 1, 9)


def deep_bass_db(levels_db: Floats, deep: slice, mid: slice) -> float | None:
    """Level of the deepest bands relative to the mid bands [dB], from mean power; None for silence.

    Args:
        levels_db: Level of each mel band [dB], shape `[n_frames, n_bands]`.
        deep: Bands up to 90 Hz.
        mid: Bands from 300 Hz to 2 kHz.
    """
    nepers = np.float32(np.log(10) / 10)  # per decibel, of power
    levels = levels_db.mean(axis=1)
    if not len(levels) or levels.max() <= levels_db.min():
        return None
    is_loud = levels >= levels.max() - _SOUNDING_DB
    deep_power = np.exp(levels_db[is_loud, deep] * nepers).mean()
    mid_power = np.exp(levels_db[is_loud, mid] * nepers).mean()
    return float(10 * np.log10(deep_power / mid_power))
