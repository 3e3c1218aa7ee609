"""Mood of a piece: energy, valence and danceability, each by a simple formula.

These are claims about listeners, so each formula has only terms whose direction experiments agree on, and every term is
a ramp between values that music takes. They rank pieces; they do not measure feelings.
"""

import numpy as np

from tactus.analysis.track.sound.band_levels import FLOOR_DB
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.ramp import ramp

VERSION = 2

PREFERRED_BPM = 120.0
"""People move most readily at about two beats per second (van Noorden and Moelants 1999)."""

_ROWS_AT_ONCE = 1 << 12
"""Frames per step, so that memory for intermediate results does not grow with the piece."""

_MIN_PULSE_BPM, _MAX_PULSE_BPM = 40.0, 240.0
"""Range of lags of the pulse clarity [beats per minute]."""


def energy(*, loudness_lufs: float, brightness: float, onset_rate_hz: float, bpm: float | None) -> float:
    """Energy (arousal) in [0, 1]: higher for louder, brighter, denser and faster music.

    `0.5 L + 0.2 B + 0.2 D + 0.1 T`, with L the loudness from -40 to -6 LUFS, B the brightness from 0.1 to 0.6, D the
    onsets per second from 0 to 10, T the tempo from 60 to 180 bpm (0 without one), each as a ramp from 0 to 1; B, D and
    T are reduced where L is small, so that silence has no energy.

    Args:
        loudness_lufs: Integrated loudness [LUFS].
        brightness: Result of `brightness`, in [0, 1].
        onset_rate_hz: Onsets per second [Hz].
        bpm: Tempo [beats per minute]; None without one.

    Source: Gabrielsson and Lindström 2010, "The role of structure in the musical expression of emotions" (loudness,
        tempo and density raise activity); Schubert 2004 (loudness above all, then tempo); Eerola, Lartillot and
        Toiviainen 2009 (brightness). The weights are ours.
    """
    loud = ramp(loudness_lufs, -40, -6)
    rest = 0.2 * ramp(brightness, 0.1, 0.6) + 0.2 * ramp(onset_rate_hz, 0, 10) + 0.1 * ramp(bpm or 0, 60, 180)
    return 0.5 * loud + rest * min(1.0, 4 * loud)


def valence(*, major_share: float | None, brightness: float, bpm: float | None) -> float:
    """Valence in [0, 1]: higher for major, faster and brighter music; 0.5 without key and tempo.

    `0.5 + 0.3 (2 M - 1) + 0.15 (2 T - 1) + 0.05 (2 B - 1)`, with M the probability of major keys, T the tempo from 60
    to 180 bpm, B the brightness from 0.1 to 0.6, as ramps; terms of unknown values are left out.

    Args:
        major_share: Probability of all major keys together, in [0, 1]; None without a key.
        brightness: Result of `brightness`, in [0, 1].
        bpm: Tempo [beats per minute]; None without one.

    Source: Hevner 1935 and 1937 (mode first, then tempo); Eerola, Lartillot and Toiviainen 2009, "Prediction of
        multidimensional emotional ratings in music from audio using multivariate regression models" (mode and
        brightness). The weights are ours. Lyrics, which decide as much, are not analysed.
    """
    if major_share is None and bpm is None:
        return 0.5
    mode = 0.3 * (2 * major_share - 1) if major_share is not None else 0.0
    tempo = 0.15 * (2 * ramp(bpm, 60, 180) - 1) if bpm is not None else 0.0
    return 0.5 + mode + tempo + 0.05 * (2 * ramp(brightness, 0.1, 0.6) - 1)


def danceability(*, pulse: float, beat_times: Times, bpm: float | None) -> float:
    """Danceability in [0, 1]: higher for a clear, regular beat near 120 bpm; 0 without a beat.

    `P (0.5 + 0.3 E + 0.2 R)`, with P the pulse clarity from 0.05 to 0.6 as a ramp, E the share of beat intervals within
    5 % of the median, R the resonance `exp(-(log2(bpm / 120) / 0.7)^2)`.

    Args:
        pulse: Pulse clarity from `pulse_clarity`, in [0, 1].
        beat_times: Beats [s].
        bpm: Tempo [beats per minute]; None without one.

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
    """Spectral centroid on the mel scale from the lowest band (0) to the highest (1), in [0, 1]; 0 for silence.

    Computed from the mean magnitude of each band, so that loud frames count more.

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
    """Pulse clarity in [0, 1]; 0 for silence and steady tones.

    Maximum of the autocorrelation of the onset curve between 40 and 240 beats per minute, relative to lag 0. Silence
    before and after the sound is cut off.

    Args:
        onset_curve: Onset strength, >= 0, shape `[n_frames]`.
        frame_rate_hz: Frames per second [Hz].

    Source: Lartillot, Eerola, Toiviainen and Fornari 2008, "Multi-feature modeling of pulse clarity", section 3.2.
    """
    if not onset_curve.any():
        return 0.0
    sounding = np.trim_zeros(onset_curve)
    centered = sounding - sounding.mean(dtype=np.float64)
    energy_at_0 = float(centered @ centered)
    min_lag = int(frame_rate_hz * 60 / _MAX_PULSE_BPM)
    max_lag = min(int(frame_rate_hz * 60 / _MIN_PULSE_BPM), len(centered) - 1)
    if max_lag <= min_lag or energy_at_0 <= 1e-9:
        return 0.0
    products = np.array([centered[lag:] @ centered[:-lag] for lag in range(min_lag, max_lag + 1)])
    return float(np.clip(products.max() / energy_at_0, 0, 1))
