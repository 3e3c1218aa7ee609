"""K-weighting filter of loudness meters, at any sample rate."""

from functools import lru_cache

import numpy as np

from tactus.dsp.arrays import Times

_SURROUND_WEIGHTS: dict[int, tuple[float, ...]] = {
    4: (1, 1, 1.41, 1.41),
    5: (1, 1, 1, 1.41, 1.41),
    6: (1, 1, 1, 0, 1.41, 1.41),
    7: (1, 1, 1, 0, 1, 1.41, 1.41),
    8: (1, 1, 1, 0, 1, 1, 1.41, 1.41),
}
"""Weights by number of channels, in the order of WAV and FFmpeg: quad, 5.0, 5.1, 6.1 and 7.1 (back before side)."""


@lru_cache(maxsize=16)
def k_weighting(sample_rate: int) -> Times:
    """K-weighting as second-order sections, shape `[2, 6]`.

    A shelf that raises frequencies above some 2 kHz by 4 dB, as a head does, and a high-pass at 38 Hz. The standard
    lists coefficients for 48 kHz only; these are its analogue prototypes mapped to `sample_rate` by the bilinear
    transform, and equal its tables at 48 kHz.

    Args:
        sample_rate: Sample rate [Hz], above 4 kHz.

    Source:
        ITU-R BS.1770-4, annex 1, tables 1 and 2; B. De Man 2014, Evaluation of implementations of the EBU R128
        loudness measurement (prototype parameters).
    """
    shelf_hz, shelf_gain_db, shelf_q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    pass_hz, pass_q = 38.13547087602444, 0.5003270373238773

    k = np.tan(np.pi * shelf_hz / sample_rate)
    high = 10 ** (shelf_gain_db / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / shelf_q + k**2
    shelf = [
        (high + band * k / shelf_q + k**2) / a0,
        2 * (k**2 - high) / a0,
        (high - band * k / shelf_q + k**2) / a0,
        1,
        2 * (k**2 - 1) / a0,
        (1 - k / shelf_q + k**2) / a0,
    ]
    k = np.tan(np.pi * pass_hz / sample_rate)
    a0 = 1 + k / pass_q + k**2
    high_pass = [1, -2, 1, 1, 2 * (k**2 - 1) / a0, (1 - k / pass_q + k**2) / a0]
    return np.array([shelf, high_pass], np.float64)


def channel_weights(n_channels: int) -> Times:
    """Weight of each channel in loudness: surrounds 1.41, the low-frequency channel 0, others 1; `[n_channels]`.

    Channels are in the order of WAV and FFmpeg for that number of channels.

    Source:
        ITU-R BS.1770-4, annex 1, table 3, and annex 3, table 4.
    """
    return np.array(_SURROUND_WEIGHTS.get(n_channels, (1,) * n_channels), np.float64)
