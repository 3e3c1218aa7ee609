"""A singer or rapper by formula: a sawtooth through formants, gliding from note to note, with consonants.

Voices are what most recorded music has and sound banks have not: loud, tonal, and rarely on the beat.
"""

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from training.dice import Dice
from training.music.song import Key, key_at
from training.sound.performance import Performance

Samples = NDArray[np.float32]

VOWELS_HZ = (
    (700, 1200, 2600), (400, 2000, 2700), (300, 2300, 3000), (450, 850, 2500), (350, 700, 2500), (600, 1700, 2500),
)  # fmt: skip
"""First three formants of some vowels, after Peterson and Barney 1952."""

C_HZ = 440 * 2 ** (-9 / 12)
"""Middle C."""


def voice(dice: Dice, performance: Performance, keys: list[Key], duration_s: float, sample_rate: int) -> Samples:
    """Syllables that follow the beat loosely and sing in the key, mono, peak 1, `[n]`."""
    n = int(duration_s * sample_rate)
    mix = np.zeros(n)
    moments = performance.beat_moments
    numbers = np.arange(len(moments), dtype=np.float64)
    per_beat, raps = dice.pick((1, 2, 2, 4, 3)), dice.chance(0.3)
    base_hz, degree, glide_from_hz, beat = dice.log_between(95, 380), 0, 0.0, dice.between(0, 2)
    while beat < len(moments) - 1:
        if dice.chance(0.12):
            beat += dice.whole(1, 5)
            continue
        length = dice.pick((1, 1, 1, 2)) / 4 if raps else dice.pick((1, 1, 2, 3, 4)) / per_beat
        begin_s = float(np.interp(beat, numbers, moments)) + dice.normal(0.02) + dice.between(-0.02, 0.04)
        end_s = float(np.interp(beat + length, numbers, moments)) + dice.normal(0.02)
        beat += length
        degree = min(max(degree + dice.whole(-2, 3), -4), 6)
        key = key_at(keys, performance.first_beat + beat)
        octave, step = divmod(degree, len(key.scale))
        tonic_hz = C_HZ * 2 ** (key.tonic / 12)
        tonic_hz *= 2 ** np.round(np.log2(base_hz / tonic_hz))
        pitch_hz = tonic_hz * 2 ** (octave + key.scale[step] / 12)
        if raps:
            pitch_hz = base_hz * dice.between(0.85, 1.15)
        begin, end = int(max(0.0, begin_s) * sample_rate), int(min(end_s * sample_rate, n))
        if end - begin >= 600:
            mix[begin:end] += _vowel(dice, end - begin, sample_rate, glide_from_hz or pitch_hz, pitch_hz)
            if dice.chance(0.5):
                _add_consonant(dice, mix, begin, sample_rate)
        glide_from_hz = pitch_hz
    return (mix / (np.abs(mix).max() + 1e-9)).astype(np.float32)


def _vowel(dice: Dice, n: int, sample_rate: int, from_hz: float, to_hz: float) -> NDArray[np.float64]:
    t = np.arange(n) / sample_rate
    pitch_hz = to_hz + (from_hz - to_hz) * np.exp(-t / dice.between(0.02, 0.09))
    vibrato = np.sin(2 * np.pi * dice.between(4.5, 6.5) * t + dice.between(0, 6)) * np.minimum(1, t / 0.3)
    saw = np.cumsum(pitch_hz * (1 + 0.012 * vibrato)) / sample_rate % 1 - 0.5
    stretch = dice.between(0.9, 1.15)
    sung = np.zeros(n)
    for number, formant_hz in enumerate(dice.pick(VOWELS_HZ)):
        r = np.exp(-np.pi * (80 + 40 * number) / sample_rate)
        angle = 2 * np.pi * formant_hz * stretch / sample_rate
        sung += scipy.signal.lfilter([1 - r], [1, -2 * r * np.cos(angle), r * r], saw) / (number + 1)
    envelope = np.minimum(1, t / dice.between(0.01, 0.07)) * np.minimum(1, (t[-1] - t) / 0.04)
    return sung * envelope * dice.between(0.6, 1)


def _add_consonant(dice: Dice, mix: NDArray[np.float64], at: int, sample_rate: int) -> None:
    n = int(dice.between(0.02, 0.09) * sample_rate)
    begin = max(0, at - int(n * dice.between(0.3, 1)))
    end = min(len(mix), begin + n)
    if end - begin > 50:
        hiss = np.diff(dice.rng.standard_normal(end - begin) * np.hanning(end - begin), prepend=0)
        mix[begin:end] += hiss * dice.between(0.005, 0.08)
