"""Child process that writes a track with clicks on its beats: decode, mix, write."""

import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.dsp.clicks import clicks
from tactus.workers.messages import Channel

SAMPLE_RATE = 44100
"""Sample rate of the written file [Hz]."""

SOUND_LEVEL, CLICK_LEVEL = 0.6, 0.4
"""Gains of sound and clicks, with the sum 1 so that nothing clips: audible in loud music, not masking soft music."""


def write(
    channel: Channel,
    path: str,
    out: str,
    beat_times: tuple[Sequence[float], Sequence[float]],
    decode_limits: Mapping[str, Any],
) -> None:
    """Write the sound of a file with a click on every beat, an octave higher on downbeats, and send "result".

    Args:
        channel: Channel to the parent.
        path: Path of the file.
        out: Path of the WAV file to write, 16 bits, with all channels of the file.
        beat_times: Times of the beats, and of the downbeats among them [s], ascending.
        decode_limits: Fields of `DecodeLimits`.

    Raises:
        TactusError: The file cannot be decoded, or is beyond the limits.
    """
    beats, downbeats = (np.array(times, np.float64) for times in beat_times)
    start = 0
    with open_sound(Path(path), DecodeLimits(**decode_limits), SAMPLE_RATE) as sound, wave.open(out, "wb") as file:
        file.setnchannels(sound.info.channels)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for block in sound.blocks():
            clipped = np.clip(block, -1, 1)
            mixed = SOUND_LEVEL * clipped + CLICK_LEVEL * clicks(start, block.shape[1], SAMPLE_RATE, beats, downbeats)
            file.writeframesraw(np.round(32767 * mixed.T).astype("<i2").tobytes())
            start += block.shape[1]
    channel.send("result")
