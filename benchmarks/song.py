"""The piece that is measured: the program's own demo, stereo, as an MP3 file."""

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np

from tactus.audio.sources.demo import BPM, Demo

SAMPLE_RATE = 44100
BIT_RATE = 192_000


def write_song(path: Path, minutes: float) -> None:
    """Write `minutes` of music: the right channel 10 ms late and a little noisy, so that stereo costs what it costs."""
    noise = np.random.default_rng(0)
    late = np.zeros(SAMPLE_RATE // 100, np.float32)
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE, layout="stereo")
        stream.bit_rate = BIT_RATE
        at = 0
        for beat in islice(Demo(SAMPLE_RATE).beats(), round(minutes * BPM)):
            delayed = np.concatenate((late, beat))
            late = delayed[len(beat) :]
            right = delayed[: len(beat)] + noise.normal(0, 1e-3, len(beat)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.stack((beat, right)), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, at, Fraction(1, SAMPLE_RATE)
            at += len(beat)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
