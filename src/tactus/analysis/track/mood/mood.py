"""Mood: how energetic, how cheerful and how danceable a piece is, each by a formula that anyone can follow.

These are claims about listeners, so each formula holds only terms whose direction experiments agree on, and every term
is a ramp between values that music takes. They order pieces; they are no measurement of anyone's feelings.
"""

import numpy as np

from tactus.analysis.track.sound.band_levels import FLOOR_DB
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.ramp import ramp

VERSION = 2

PREFERRED_BPM = 120.0
"""People move most readily at about two beats per second (van Noorden and Moelants 1999)."""

_ROWS_AT_ONCE = 1 << 12
"""Of levels, so that intermediate results do not grow with the piece."""

_SLOWEST_PULSE_BPM, _FASTEST_PULSE_BPM = 40.0, 240.0


def energy(*, loudness_lufs: float, brightness: float, onset_rate_hz: float, bpm: float | None) -> float:
    """How much is going on: louder, brighter, denser and faster is more, in [0, 1].

    `0.5 L + 0.2 B + 0.2 D + 0.1 T`, with L the loudness from -40 to -6 LUFS, B the brightness from 0.1 to 0.6, D the
    onsets per second from 0 to 10, T the tempo from 60 to 180 bpm (0 without one), each as a ramp from 0 to 1; B, D and
    T count by L where it is small, so that silence has none.

    Args:
        loudness_lufs: Integrated loudness.
        brightness: As `brightness` says.
        onset_rate_hz: Onsets per second [Hz].
        bpm: Tempo; None without one.

    Source: Gabrielsson and Lindström 2010, "The role of structure in the musical expression of emotions" (loudness,
        tempo and density raise activity); Schubert 2004 (loudness above all, then tempo); Eerola, Lartillot and
        Toiviainen 2009 (brightness). The weights are ours.
    """
    loud = ramp(loudness_lufs, -40, -6)
    rest = 0.2 * ramp(brightness, 0.1, 0.6) + 0.2 * ramp(onset_rate_hz, 0, 10) + 0.1 * ramp(bpm or 0, 60, 180)
    return 0.5 * loud + rest * min(1.0, 4 * loud)


def valence(*, major_share: float | None, brightness: float, bpm: float | None) -> float:
    """How cheerful: major, faster and brighter is more, in [0, 1]; 0.5 where nothing speaks for either.

    `0.5 + 0.3 (2 M - 1) + 0.15 (2 T - 1) + 0.05 (2 B - 1)`, with M the share of belief in major keys, T the tempo from
    60 to 180 bpm, B the brightness from 0.1 to 0.6, as ramps; the terms of what is unknown are left out.

    Args:
        major_share: Belief in major keys against minor ones, in [0, 1]; None without a key.
        brightness: As `brightness` says.
        bpm: Tempo; None without one.

    Source: Hevner 1935 and 1937 (mode first, then tempo); Eerola, Lartillot and Toiviainen 2009, "Prediction of
        multidimensional emotional ratings in music from audio using multivariate regression models" (mode and
        brightness). The weights are ours. Lyrics, which decide as much, are not heard.
    """
    if major_share is None and bpm is None:
        return 0.5
    mode = 0.3 * (2 * major_share - 1) if major_share is not None else 0.0
    tempo = 0.15 * (2 * ramp(bpm, 60, 180) - 1) if bpm is not None else 0.0
    return 0.5 + mode + tempo + 0.05 * (2 * ramp(brightness, 0.1, 0.6) - 1)


def danceability(*, pulse: float, beat_times: Times, bpm: float | None) -> float:
    """How well one can dance to it: a clear, even beat at a pace that bodies like, in [0, 1]; 0 without a beat.

    `P (0.5 + 0.3 E + 0.2 R)`, with P the pulse clarity from 0.05 to 0.6 as a ramp, E the share of beats whose distance
    is within 5 % of the median, R the resonance `exp(-(log2(bpm / 120) / 0.7)^2)`.

    Args:
        pulse: As `pulse_clarity` says.
        beat_times: Beats [s].
        bpm: Tempo; None without one.

    Source: Lartillot, Eerola, Toiviainen and Fornari 2008 (pulse clarity); van Noorden and Moelants 1999 (resonance);
        Burger et al. 2013 (clear pulse and movement). The weights are ours.
    """
    if bpm is None or len(beat_times) < 3:
        return 0.0
    periods = np.diff(beat_times)
    even = float(np.mean(np.abs(periods / np.median(periods) - 1) <= 0.05))
    resonance = float(np.exp(-((np.log2(bpm / PREFERRED_BPM) / 0.7) ** 2)))
    return ramp(pulse, 0.05, 0.6) * (0.5 + 0.3 * even + 0.2 * resonance)


def brightness(levels_db: Floats) -> float:
    """Where the sound's weight lies between its lowest band (0) and its highest (1), in [0, 1]; 0 for silence.

    The centroid of the bands' magnitudes over the mel scale, loud moments counting more.

    Args:
        levels_db: Level of each mel band, low to high [dB], >= -60, shape `[n_frames, n_bands]`.
    """
    nepers = np.float32(np.log(10) / 20)  # per decibel
    magnitudes = np.zeros(levels_db.shape[1])
    for first in range(0, len(levels_db), _ROWS_AT_ONCE):
        rows = np.exp(levels_db[first : first + _ROWS_AT_ONCE] * nepers)
        rows -= np.exp(np.float32(FLOOR_DB) * nepers)
        magnitudes += rows.sum(axis=0, dtype=np.float64)
    magnitudes /= max(1, len(levels_db))
    total = float(magnitudes.sum())
    if total <= 1e-6 * len(magnitudes):
        return 0.0
    return float(magnitudes @ np.linspace(0, 1, len(magnitudes))) / total


def pulse_clarity(onset_curve: Floats, frame_rate_hz: float) -> float:
    """How strongly the sound repeats at the pace of a beat, in [0, 1]; 0 for silence and steady tones.

    The highest value of the onset curve's autocorrelation between 40 and 240 beats per minute, relative to lag 0.
    Silence before and after the sound does not count.

    Args:
        onset_curve: How much begins to sound, >= 0, shape `[n_frames]`.
        frame_rate_hz: Its rows per second [Hz].

    Source: Lartillot, Eerola, Toiviainen and Fornari 2008, "Multi-feature modeling of pulse clarity", section 3.2.
    """
    if not onset_curve.any():
        return 0.0
    sounding = np.trim_zeros(onset_curve)
    centred = sounding - sounding.mean(dtype=np.float64)
    energy_at_0 = float(centred @ centred)
    shortest = int(frame_rate_hz * 60 / _FASTEST_PULSE_BPM)
    longest = min(int(frame_rate_hz * 60 / _SLOWEST_PULSE_BPM), len(centred) - 1)
    if longest <= shortest or energy_at_0 <= 1e-9:
        return 0.0
    products = np.array([centred[lag:] @ centred[:-lag] for lag in range(shortest, longest + 1)])
    return float(np.clip(products.max() / energy_at_0, 0, 1))
