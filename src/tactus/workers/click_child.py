"""What the child process runs that writes a track with clicks on its beats: decode, mix, write."""

import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tactus.audio.decoding.decode import DecodeLimits, open_sound
from tactus.dsp.clicks import clicks
from tactus.workers.messages import Channel

SAMPLE_RATE = 44100
"""Of what is written [Hz]."""

SOUND_LEVEL, CLICK_LEVEL = 0.6, 0.4
"""Together 1, so nothing clips: clicks stand out of loud music, and soft music is still heard beside them."""


def write(
    channel: Channel,
    path: str,
    out: str,
    beat_times: tuple[Sequence[float], Sequence[float]],
    decode_limits: Mapping[str, Any],
) -> None:
    """Write a file's sound with a click on every beat, an octave higher on first beats of bars, and send "result".

    Args:
        channel: To the parent.
        path: The file.
        out: The WAV file to write, 16 bits, with all channels of the file.
        beat_times: Beats, and those of them that begin a bar [s], ascending.
        decode_limits: `DecodeLimits` as a mapping.

    Raises:
        TactusError: What is wrong with the file.
    """
    beats, downbeats = (np.array(times, np.float64) for times in beat_times)
    first = 0
    with open_sound(Path(path), DecodeLimits(**decode_limits), SAMPLE_RATE) as sound, wave.open(out, "wb") as file:
        file.setnchannels(sound.source.channels)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for block in sound.blocks():
            heard = np.clip(block, -1, 1)
            mixed = SOUND_LEVEL * heard + CLICK_LEVEL * clicks(first, block.shape[1], SAMPLE_RATE, beats, downbeats)
            file.writeframesraw(np.round(32767 * mixed.T).astype("<i2").tobytes())
            first += block.shape[1]
    channel.send("result")
