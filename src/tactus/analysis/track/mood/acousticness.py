"""Acousticness: how probably it is played without drum machines, amplifiers and compressors."""

import numpy as np

from tactus.dsp.arrays import Floats
from tactus.dsp.ramp import ramp

VERSION = 1

_SOUNDING_DB = 40.0


def acousticness(*, rise_db: float, bass_db: float | None, range_lu: float) -> float:
    """How much it sounds like instruments in a room, in [0, 1]: softer attacks, no deep bass, uneven loudness.

    `0.5 A + 0.3 D + 0.2 R`, with A the steepness of rises from 13 down to 4 dB, D the deep bass from 18 down to 0 dB,
    R the loudness range from 1 to 9 LU, each as a ramp from 0 to 1; 0 for silence.

    None of this hears what made a sound: a sampled piano is a piano, a kit of real drums a drum machine.

    Args:
        rise_db: As `steepness_db` says.
        bass_db: As `deep_bass_db` says; None for silence.
        range_lu: Loudness range of the piece [LU].

    Source: Hove, Vuust and Stupacher 2019, "Increased levels of bass in popular music recordings 1955-2016 and their
        relation to loudness" (bass); Peeters 2004 (attacks); EBU Tech 3342 (range). The choice and the weights are
        ours: they are what orders recordings best of what was tried, and no finding about listeners.
    """
    if bass_db is None:
        return 0.0
    return 0.5 * ramp(-rise_db, -13, -4) + 0.3 * ramp(-bass_db, -18, 0) + 0.2 * ramp(range_lu, 1, 9)


def deep_bass_db(levels_db: Floats, deep: slice, middle: slice) -> float | None:
    """How much stronger the deepest bands are than the middle ones [dB], in the mean of power; None for silence.

    Args:
        levels_db: Level of each mel band [dB], shape `[n_frames, n_bands]`.
        deep: The bands up to 90 Hz.
        middle: The bands from 300 Hz to 2 kHz.
    """
    nepers = np.float32(np.log(10) / 10)  # per decibel, of power
    levels = levels_db.mean(axis=1)
    if not len(levels) or levels.max() <= levels_db.min():
        return None
    heard = levels >= levels.max() - _SOUNDING_DB
    deep_power = np.exp(levels_db[heard, deep] * nepers).mean()
    middle_power = np.exp(levels_db[heard, middle] * nepers).mean()
    return float(10 * np.log10(deep_power / middle_power))
