"""Counts captured samples against the clock: PulseAudio loses sound without saying so."""

_WINDOW_S = 1.0
_MIN_LOSS_S = 0.1
_DRIFT = 1e-3
"""How far a device's clock may be off: twice the 500 ppm of a bad one."""


class FrameClock:
    """Notices sound that never came.

    Sound arrives late by a varying delay; the least delay of a second only grows when samples are missing (or by the
    drift of the device's clock, which is let pass).

    Args:
        sample_rate: At which the device delivers [Hz].
    """

    def __init__(self, sample_rate: float) -> None:
        self._sample_rate = sample_rate
        self._expected_s: float | None = None
        self._window_began_s = 0.0
        self._least_s = 0.0

    def missing_s(self, n_captured: int, now_s: float) -> float:
        """How much sound has gone missing since it was last asked for [s]; 0.0 where none has.

        Args:
            n_captured: Samples that have arrived since the stream began.
            now_s: When the last of them did [s of the monotonic clock].
        """
        delay_s = now_s - n_captured / self._sample_rate
        if self._expected_s is None:
            self._expected_s, self._least_s, self._window_began_s = delay_s, delay_s, now_s
        self._least_s = min(self._least_s, delay_s)
        if now_s - self._window_began_s < _WINDOW_S:
            return 0.0
        least_s, length_s = self._least_s, now_s - self._window_began_s
        self._least_s, self._window_began_s = delay_s, now_s
        missing_s = least_s - self._expected_s
        if missing_s > _MIN_LOSS_S:
            self._expected_s = least_s
            return missing_s
        self._expected_s = min(least_s, self._expected_s + _DRIFT * length_s)
        return 0.0
