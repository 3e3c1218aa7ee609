"""Grid of analysis frames."""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Times


@dataclass(frozen=True, slots=True)
class Grid:
    """Frames of `frame_length` samples, one every `hop_length`; frame k is centered at sample `k * hop_length`.

    Args:
        sample_rate: Samples per second [Hz], > 0.
        frame_length: Samples per frame; even, so that there is a center.
        hop_length: Samples from one frame's center to the next, `1 <= hop_length <= frame_length`.

    Raises:
        ValueError: A value is out of its range.

    Example:
        >>> Grid(sample_rate=44100, frame_length=2048, hop_length=441).frame_rate_hz
        100.0
    """

    sample_rate: int
    frame_length: int
    hop_length: int

    def __post_init__(self) -> None:
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate must be positive, not {self.sample_rate}")
        if self.frame_length < 2 or self.frame_length % 2:
            raise ValueError(f"frame_length must be even and positive, not {self.frame_length}")
        if not 1 <= self.hop_length <= self.frame_length:
            raise ValueError(f"hop_length must lie in 1..{self.frame_length}, not {self.hop_length}")

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second [Hz]."""
        return self.sample_rate / self.hop_length

    @property
    def n_bins(self) -> int:
        """Number of bins of the real FFT of a frame."""
        return self.frame_length // 2 + 1

    def n_frames(self, n_samples: int) -> int:
        """Number of frames of a finite piece of `n_samples`, padding included."""
        return 1 + n_samples // self.hop_length

    def times_s(self, n_frames: int) -> Times:
        """Center of each of the first `n_frames` frames [s], shape `[n_frames]`."""
        return np.arange(n_frames, dtype=np.float64) * (self.hop_length / self.sample_rate)
