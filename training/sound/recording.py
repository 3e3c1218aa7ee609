"""Room, mixing desk and medium: what lies between the players and the listener."""

import io

import av
import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from training.dice import Dice

Samples = NDArray[np.float32]


def recorded(dice: Dice, sound: Samples, kick_times_s: list[float], sample_rate: int) -> Samples:
    """The same music through pumping, room, equaliser, compressor, distortion, noise and a lossy codec, each by chance.

    Args:
        dice: Chance.
        sound: Mono, any level, `[n]`.
        kick_times_s: When a bass drum sounds [s], for compressors that follow it.
        sample_rate: [Hz].

    Returns:
        Mono, |x| <= 1, `[n]`; no moment has moved.
    """
    x = sound.astype(np.float64)
    x *= 0.1 / (np.sqrt(np.mean(x**2)) + 1e-9)
    if kick_times_s and dice.chance(0.15):
        x = _pumped(dice, x, kick_times_s, sample_rate)
    if dice.chance(0.55):
        x = _in_room(dice, x, sample_rate)
    if dice.chance(0.85):
        x = _equalised(dice, x, sample_rate)
    x /= np.abs(x).max() + 1e-9
    if dice.chance(0.6):
        x = _compressed(dice, x, sample_rate)
    if dice.chance(0.25):
        drive = dice.log_between(1, 8)
        x = np.tanh(drive * x) / np.tanh(drive)
    if dice.chance(0.1):
        ceiling = dice.between(0.3, 0.8)
        x = np.clip(x, -ceiling, ceiling)
    x *= 0.1 / (np.sqrt(np.mean(x**2)) + 1e-9)
    if dice.chance(0.4):
        x += _noise(dice, len(x))
    if dice.chance(0.05):
        hum = np.sin(2 * np.pi * dice.pick((50, 60)) * np.arange(len(x)) / sample_rate)
        x += 0.1 * 10 ** (-dice.between(20, 40) / 20) * hum
    x = np.clip(x * 10 ** (dice.between(-12, 8) / 20), -1, 1)
    quiet = x.astype(np.float32)
    return _through_mp3(dice, quiet, sample_rate) if dice.chance(0.08) else quiet


def _pumped(dice: Dice, x: NDArray[np.float64], kick_times_s: list[float], sample_rate: int) -> NDArray[np.float64]:
    n = int(dice.between(0.12, 0.35) * sample_rate)
    dip = 1 - dice.between(0.3, 0.9) * (1 - np.linspace(0, 1, n))
    gain = np.ones(len(x))
    for time_s in kick_times_s:
        at = int(time_s * sample_rate)
        room = min(n, len(x) - at)
        if room > 0:
            gain[at : at + room] = np.minimum(gain[at : at + room], dip[:room])
    return x * gain


def _in_room(dice: Dice, x: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """Decaying noise as the room's answer, after a short gap."""
    reverberation_s = dice.log_between(0.15, 2.5)
    n = int(reverberation_s * sample_rate * 0.8)
    answer = dice.rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / sample_rate / reverberation_s)
    answer = scipy.signal.lfilter([0.5], [1, -0.5], answer)
    answer = np.concatenate((np.zeros(int(dice.between(0, 0.03) * sample_rate)), answer))
    answer /= np.sqrt((answer**2).sum())
    wet: NDArray[np.float64] = scipy.signal.fftconvolve(x, answer)[: len(x)]
    return x + dice.between(0.05, 0.6) * wet


def _equalised(dice: Dice, x: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """A tilt, some bumps, and sometimes the band limits of small speakers and old media."""
    n = scipy.fft.next_fast_len(len(x), real=True)
    hz = np.fft.rfftfreq(n, 1 / sample_rate) + 1
    octaves = np.log2(hz / 1000)
    gain_db = dice.between(-2.4, 2.4) * octaves
    for _ in range(dice.whole(0, 4)):
        gain_db += dice.between(-9, 9) * np.exp(-0.5 * ((octaves - dice.between(-4, 3.3)) / dice.between(0.2, 1)) ** 2)
    if dice.chance(0.3):
        gain_db -= np.maximum(0, np.log2(hz / dice.between(2500, 9500))) * dice.pick((12, 24, 48))
    if dice.chance(0.3):
        gain_db -= np.maximum(0, np.log2(dice.between(30, 250) / hz)) * dice.pick((6, 12, 24))
    spectrum = scipy.fft.rfft(x, n) * 10 ** (np.clip(gain_db, -80, 30) / 20)
    equalised: NDArray[np.float64] = scipy.fft.irfft(spectrum, n)[: len(x)]
    return equalised


def _compressed(dice: Dice, x: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    smoothing = np.exp(-1 / (dice.between(0.01, 0.15) * sample_rate))
    level = np.sqrt(np.maximum(0, scipy.signal.lfilter([1 - smoothing], [1, -smoothing], x**2)) + 1e-9)
    level /= level.max()
    threshold = dice.between(0.1, 0.5)
    x = x * np.where(level > threshold, (threshold / level) ** dice.between(0.2, 0.9), 1)
    louder: NDArray[np.float64] = x / (np.abs(x).max() + 1e-9)
    return louder


def _noise(dice: Dice, n: int) -> NDArray[np.float64]:
    noise = dice.rng.standard_normal(n)
    if dice.chance(0.5):
        noise = scipy.signal.lfilter([0.3], [1, -0.9], noise)
    return np.asarray(noise * 0.1 * 10 ** (-dice.between(12, 50) / 20), np.float64)


def _through_mp3(dice: Dice, sound: Samples, sample_rate: int) -> Samples:
    """Encoded and decoded again; the decoder leaves the codec's delay out."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("mp3", rate=sample_rate, layout="mono", bit_rate=dice.pick((32000, 48000, 64000)))
        frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        frame.sample_rate = sample_rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    file.seek(0)
    with av.open(file, "r") as coded:
        decoded = np.concatenate([frame.to_ndarray().mean(axis=0) for frame in coded.decode(audio=0)])
    out = np.zeros_like(sound)
    n = min(len(sound), len(decoded))
    out[:n] = decoded[:n]
    return out
