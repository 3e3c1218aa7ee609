"""Plays notes with the instruments of General MIDI sound banks."""

from pathlib import Path

import fluidsynth
import numpy as np
from numpy.typing import NDArray

from training.dice import Dice
from training.music.song import DRUMS
from training.sound.performance import PlayedNote

Samples = NDArray[np.float32]

BANKS: tuple[tuple[str, float], ...] = (
    ("/usr/share/sounds/sf2/FluidR3_GM.sf2", 0.4),
    ("/usr/share/sounds/sf2/TimGM6mb.sf2", 0.25),
    ("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3", 0.3),
    ("/usr/share/sounds/sf2/OPL-3_FM_128M.sf2", 0.05),
)
"""Debian's free sound banks (see README), and how often each plays."""

STEP_SAMPLES = 32
"""Notes are struck at multiples of this many samples: 1.5 ms."""

DRUM_BANK = 128


class Sampler:
    """Renders performances; sound banks are loaded when first used.

    Args:
        sample_rate: [Hz].
    """

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._synths: dict[str, tuple[fluidsynth.Synth, int]] = {}

    def render(self, dice: Dice, notes: tuple[PlayedNote, ...], programs: dict[str, int], duration_s: float) -> Samples:
        """The sound of the notes, each part at its own level, mono with chance panning, `[n]`."""
        synth, bank = self._synth(dice.pick([path for path, _ in BANKS], [share for _, share in BANKS]))
        synth.system_reset()
        channels = _channels(programs)
        for part, channel in channels.items():
            self._slot(dice, synth, bank, part, channel, programs[part])
        n = int(duration_s * self.sample_rate)
        pieces: list[NDArray[np.int16]] = []
        now = 0
        for at_s, is_begin, note in _hits(notes):
            at = int(at_s * self.sample_rate) // STEP_SAMPLES * STEP_SAMPLES
            if at >= n:
                break
            if at > now:
                pieces.append(synth.get_samples(at - now))
                now = at
            if is_begin:
                synth.noteon(channels[note.part], note.pitch, note.velocity)
            else:
                synth.noteoff(channels[note.part], note.pitch)
        pieces.append(synth.get_samples(n - now))
        for channel in range(16):
            synth.cc(channel, 120, 0)
        stereo = np.concatenate(pieces).astype(np.float32).reshape(-1, 2) / 32768
        left = dice.between(0.2, 0.8)
        mix: Samples = stereo[:, 0] * np.float32(left) + stereo[:, 1] * np.float32(1 - left)
        return mix[:n]

    def _synth(self, path: str) -> tuple[fluidsynth.Synth, int]:
        if path not in self._synths:
            if not Path(path).exists():
                raise FileNotFoundError(f"{path}: install the sound banks that training/README.md names")
            synth = fluidsynth.Synth(gain=0.5, samplerate=float(self.sample_rate))
            synth.setting("synth.reverb.active", 0)
            synth.setting("synth.chorus.active", 0)
            synth.setting("synth.polyphony", 128)
            self._synths[path] = synth, synth.sfload(path)
        return self._synths[path]

    @staticmethod
    def _slot(dice: Dice, synth: fluidsynth.Synth, bank: int, part: str, channel: int, program: int) -> None:
        """Gives a part its instrument, level and tone."""
        if part != DRUMS:
            synth.program_select(channel, bank, 0, program)
        elif synth.program_select(channel, bank, DRUM_BANK, program) != 0:
            synth.program_select(channel, bank, DRUM_BANK, 0)
        level_db = dice.between(-9, 1) if part in (DRUMS, "bass") else dice.between(-14, 0)
        synth.cc(channel, 7, int(np.clip(110 * 10 ** (level_db / 40), 10, 127)))
        synth.cc(channel, 11, 127)
        if dice.chance(0.2):
            synth.cc(channel, 73, dice.whole(40, 95))  # attack
        if dice.chance(0.2):
            synth.cc(channel, 74, dice.whole(35, 100))  # brightness
        if dice.chance(0.3):
            synth.cc(channel, 1, dice.whole(0, 60))  # vibrato


def _channels(programs: dict[str, int]) -> dict[str, int]:
    melodic = iter([channel for channel in range(16) if channel != 9])
    return {part: 9 if part == DRUMS else next(melodic) for part in sorted(programs)}


def _hits(notes: tuple[PlayedNote, ...]) -> list[tuple[float, bool, PlayedNote]]:
    hits = [(note.begin_s, True, note) for note in notes] + [(note.end_s, False, note) for note in notes]
    return sorted(hits, key=lambda hit: (hit[0], hit[1]))
