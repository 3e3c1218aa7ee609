"""Electronic drums by formula: what General MIDI banks lack and much recorded music is made of."""

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from training.dice import Dice
from training.music import drums
from training.sound.performance import PlayedNote

Samples = NDArray[np.float32]


def drum_machine(dice: Dice, notes: tuple[PlayedNote, ...], duration_s: float, sample_rate: int) -> Samples:
    """The drum notes on a machine with a sound of its own, mono, peak about 1, `[n]`.

    Args:
        dice: Chance.
        notes: Drum notes only.
        duration_s: Length [s].
        sample_rate: [Hz].
    """
    n = int(duration_s * sample_rate)
    mix = np.zeros(n + sample_rate, np.float64)
    kit: dict[int, NDArray[np.float64]] = {}
    for note in notes:
        if note.pitch not in kit:
            kit[note.pitch] = _voice(dice, note.pitch, sample_rate)
        sound = kit[note.pitch]
        at = int(note.begin_s * sample_rate)
        end = min(at + len(sound), len(mix))
        mix[at:end] += sound[: end - at] * (note.velocity / 127) ** 1.5
    return mix[:n].astype(np.float32)


def _voice(dice: Dice, pitch: int, sample_rate: int) -> NDArray[np.float64]:
    """One stroke."""
    if pitch in (35, drums.KICK):
        return _kick(dice, sample_rate)
    if pitch in (drums.SNARE, 40, drums.SIDE_STICK):
        return _snare(dice, sample_rate)
    if pitch == drums.CLAP:
        return _clap(dice, sample_rate)
    if pitch in drums.TOMS or pitch in drums.CONGAS or pitch in (48, 60, 61, 65, 66):
        return _kick(dice, sample_rate, low_hz=70 + 4 * (pitch - 40)) * 0.7
    return _noise(dice, sample_rate, decay_s=_hat_decay_s(dice, pitch), low_hz=dice.between(4000, 8000)) * 0.5


def _hat_decay_s(dice: Dice, pitch: int) -> float:
    if pitch in (drums.CRASH, drums.RIDE, 59, 57, 55, 53):
        return dice.between(0.2, 0.5)
    return dice.between(0.1, 0.25) if pitch == drums.OPEN_HAT else dice.between(0.015, 0.06)


def _kick(dice: Dice, sample_rate: int, low_hz: float | None = None) -> NDArray[np.float64]:
    """A sine that falls to a low pitch, with a click."""
    low_hz = low_hz or dice.between(38, 65)
    sweep_hz, sweep_s, decay_s = dice.between(60, 300), dice.between(0.01, 0.06), dice.log_between(0.06, 0.5)
    t = np.arange(int(min(4 * decay_s, 0.9) * sample_rate)) / sample_rate
    phase = 2 * np.pi * np.cumsum(low_hz + sweep_hz * np.exp(-t / sweep_s)) / sample_rate
    body = np.sin(phase) * np.exp(-t / decay_s)
    click = dice.rng.standard_normal(len(t)) * np.exp(-t / 0.002) * dice.between(0, 0.5)
    return np.tanh(dice.between(1, 3) * (body + click))


def _snare(dice: Dice, sample_rate: int) -> NDArray[np.float64]:
    """Noise over a short tone."""
    noise = _noise(dice, sample_rate, decay_s=dice.log_between(0.04, 0.2), low_hz=dice.between(500, 2500))
    t = np.arange(len(noise)) / sample_rate
    tone = np.sin(2 * np.pi * dice.between(150, 260) * t) * np.exp(-t / dice.between(0.03, 0.1))
    return 0.8 * noise + dice.between(0.2, 0.9) * tone


def _clap(dice: Dice, sample_rate: int) -> NDArray[np.float64]:
    """Three bursts of noise and a tail."""
    tail = _noise(dice, sample_rate, decay_s=dice.between(0.05, 0.15), low_hz=900)
    gap = int(dice.between(0.008, 0.014) * sample_rate)
    clap = np.zeros(len(tail) + 2 * gap)
    for n, level in enumerate((0.6, 0.7, 1.0)):
        clap[n * gap : n * gap + len(tail)] += level * tail * (1.0 if n == 2 else 0.3)
    return clap


def _noise(dice: Dice, sample_rate: int, *, decay_s: float, low_hz: float) -> NDArray[np.float64]:
    t = np.arange(int(min(5 * decay_s, 0.9) * sample_rate)) / sample_rate
    sos = scipy.signal.butter(2, min(low_hz, 0.45 * sample_rate), "highpass", fs=sample_rate, output="sos")
    noise = scipy.signal.sosfilt(sos, dice.rng.standard_normal(len(t)))
    peak = float(np.abs(noise).max()) or 1.0
    return np.asarray(noise / peak * np.exp(-t / decay_s), np.float64)
