"""Detector of dropouts: counts captured samples against the clock, because PulseAudio drops sound silently."""

_WINDOW_S = 1.0
_MIN_LOSS_S = 0.1
_DRIFT = 1e-3
"""Tolerated drift of a device's clock: twice the 500 ppm of a bad one."""


class DropoutDetector:
    """Detects samples that never arrived.

    Sound arrives with a varying delay; the smallest delay within a second grows only when samples are missing (or with
    the drift of the device's clock, which is tolerated).

    Args:
        sample_rate: Sample rate at which the device delivers [Hz].
    """

    def __init__(self, sample_rate: float) -> None:
        self._sample_rate = sample_rate
        self._expected_s: float | None = None
        self._window_began_s = 0.0
        self._min_s = 0.0

    def missing_s(self, n_captured: int, now_s: float) -> float:
        """Duration of the sound that was lost since the previous call [s]; 0.0 where none was.

        Args:
            n_captured: Samples that have arrived since the stream began.
            now_s: When the last of them arrived [s of the monotonic clock].
        """
        delay_s = now_s - n_captured / self._sample_rate
        if self._expected_s is None:
            self._expected_s, self._min_s, self._window_began_s = delay_s, delay_s, now_s
        self._min_s = min(self._min_s, delay_s)
        if now_s - self._window_began_s < _WINDOW_S:
            return 0.0
        min_s, length_s = self._min_s, now_s - self._window_began_s
        self._min_s, self._window_began_s = delay_s, now_s
        missing_s = min_s - self._expected_s
        if missing_s > _MIN_LOSS_S:
            self._expected_s = min_s
            return missing_s
        self._expected_s = min(min_s, self._expected_s + _DRIFT * length_s)
        return 0.0
