"""Demo music, composed by rules: a live source that needs no microphone, file or permission.

Minor key, 120 bpm, 4/4, eight-bar phrases: drums, a bass line, arpeggios and a pad, which come and go from phrase to
phrase, so that bass, mid, treble, build and drop can all be seen. The same seed always gives the same music.
"""

import contextlib
from collections.abc import Iterator

import numpy as np

from tactus.audio.sources.opening import OpenedSource
from tactus.audio.sources.paced_player import PacedPlayer
from tactus.audio.sources.source_request import SourceRequest
from tactus.dsp.arrays import Floats

BPM = 120.0
BEATS_PER_BAR = 4
BARS_PER_PHRASE = 8

_PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 5, 6), (0, 5, 2, 6), (0, 2, 3, 4))
"""Roots of four chords, two bars each, as steps of the natural minor scale."""
_SCALE = (0, 2, 3, 5, 7, 8, 10)
_TONIC_MIDI = 45  # A2
_ARPEGGIO = (0, 2, 4, 2, 7, 4, 2, 4)
_LAYERS = (
    ("kick", "hat", "bass", "pad"),
    ("kick", "snare", "hat", "bass", "arpeggio", "pad"),
    ("kick", "snare", "hat", "bass", "arpeggio"),
    ("pad", "arpeggio"),
    ("kick", "snare", "hat", "bass", "arpeggio", "pad"),
)
"""Instruments of successive phrases: groove, full, thinner, break, full again."""


class Demo:
    """Generator of the demo music, one beat at a time.

    Args:
        sample_rate: Sample rate of the result [Hz].
        seed: Seed of the noise in the drums.
    """

    def __init__(self, sample_rate: int, seed: int = 1) -> None:
        self._sample_rate = sample_rate
        self._seed = seed
        noise = np.random.default_rng(seed).standard_normal(sample_rate // 2).astype(np.float32)
        self._drums = {"kick": _kick(sample_rate), "snare": _snare(sample_rate, noise), "hat": _hat(sample_rate, noise)}

    def beats(self) -> Iterator[Floats]:
        """Yields the samples of each beat, `[n]`, in (-1, 1), without end; beat k starts at `0.5 * k` seconds."""
        tail = np.zeros(0, np.float32)
        number = 0
        while True:
            n = self._start(number + 1) - self._start(number)
            mix = np.zeros(n + 2 * self._sample_rate, np.float32)  # the longest sound lasts a bar, 2 s
            mix[: len(tail)] = tail
            for at_s, whole in self._sounds(number):
                start = round(at_s * self._sample_rate)
                sound = whole[: len(mix) - start]
                mix[start : start + len(sound)] += sound
            yield np.tanh(mix[:n])
            tail, number = mix[n:], number + 1

    def _start(self, beat: int) -> int:
        return round(beat * 60 / BPM * self._sample_rate)

    def _sounds(self, beat: int) -> Iterator[tuple[float, Floats]]:
        """Yields the sounds that begin in a beat: offset from its start [s], and samples."""
        bar, in_bar = divmod(beat, BEATS_PER_BAR)
        phrase, bar = divmod(bar, BARS_PER_PHRASE)
        layers = _LAYERS[phrase % len(_LAYERS)]
        chord = _PROGRESSIONS[(phrase // 2) % len(_PROGRESSIONS)][bar // 2]
        beat_s = 60 / BPM
        is_fill = bar == BARS_PER_PHRASE - 1 and in_bar == BEATS_PER_BAR - 1
        if "kick" in layers:
            yield 0.0, self._drums["kick"]
        if "snare" in layers and in_bar % 2 == 1:
            yield 0.0, self._drums["snare"]
        if "hat" in layers:
            yield beat_s / 2, self._drums["hat"]
            yield 0.0, self._drums["hat"] * np.float32(0.4)
        if is_fill:
            for step in (1, 2, 3):
                yield step * beat_s / 4, self._drums["snare"] * np.float32(0.4 + 0.15 * step)
        if "bass" in layers:
            for part in (0.0, 0.75) if in_bar % 2 == 0 else (0.5,):
                yield part * beat_s, self._note(chord - 7, 0.45 * beat_s, (1.0, 0.5, 0.25), 0.3)
        if "arpeggio" in layers:
            for half in (0, 1):
                degree = chord + 7 + _ARPEGGIO[(2 * beat + half) % len(_ARPEGGIO)]
                yield half * beat_s / 2, self._note(degree, 0.4 * beat_s, (1.0, 0.3, 0.3, 0.1), 0.1)
        if "pad" in layers and in_bar == 0:
            for degree in (0, 2, 4):
                yield 0.0, self._pad(chord + 7 + degree, BEATS_PER_BAR * beat_s)

    def _note(self, degree: int, length_s: float, partials: tuple[float, ...], amplitude: float) -> Floats:
        """A plucked note of the scale: decaying harmonics, the higher ones faster."""
        t = np.arange(round(length_s * self._sample_rate)) / self._sample_rate
        waves = [
            strength * np.exp(-(3 + 4 * k) * t / length_s) * np.sin(2 * np.pi * (k + 1) * _pitch_hz(degree) * t)
            for k, strength in enumerate(partials)
        ]
        ends = np.minimum(1, np.minimum(t, length_s - t) / 0.004)
        return np.asarray(amplitude * ends * np.sum(waves, axis=0), np.float32)

    def _pad(self, degree: int, length_s: float) -> Floats:
        """A slightly detuned note of a pad, with slow attack and decay."""
        t = np.arange(round(length_s * self._sample_rate)) / self._sample_rate
        waves = [np.sin(2 * np.pi * _pitch_hz(degree) * detune * t) for detune in (0.997, 1.0, 1.003)]
        return np.asarray(0.03 * np.sin(np.pi * t / length_s) * np.sum(waves, axis=0), np.float32)


@contextlib.contextmanager
def open_demo(request: SourceRequest) -> Iterator[OpenedSource]:
    """Open the demo: it never ends."""
    yield OpenedSource(PacedPlayer(Demo(request.sample_rate).beats(), request.sample_rate))


def _pitch_hz(degree: int) -> float:
    octave, step = divmod(degree, len(_SCALE))
    return float(440 * 2 ** ((_TONIC_MIDI + 12 * octave + _SCALE[step] - 69) / 12))


def _kick(sample_rate: int) -> Floats:
    t = np.arange(round(0.25 * sample_rate)) / sample_rate
    phase = 2 * np.pi * (50 * t + 100 / 40 * (1 - np.exp(-40 * t)))  # falls from 150 to 50 Hz
    return (0.8 * np.exp(-14 * t) * np.sin(phase)).astype(np.float32)


def _snare(sample_rate: int, noise: Floats) -> Floats:
    t = np.arange(round(0.18 * sample_rate)) / sample_rate
    return (np.exp(-22 * t) * (0.18 * noise[: len(t)] + 0.3 * np.sin(2 * np.pi * 190 * t))).astype(np.float32)


def _hat(sample_rate: int, noise: Floats) -> Floats:
    t = np.arange(round(0.06 * sample_rate)) / sample_rate
    bright = np.diff(noise[: len(t) + 1])
    hat: Floats = (0.09 * np.exp(-70 * t) * bright).astype(np.float32)
    return hat
