"""Port of everything that a live session reads samples from."""

from typing import Protocol

from tactus.audio.sources.ring_buffer import Captured


class Capture(Protocol):
    """An open source of samples."""

    @property
    def capture_rate(self) -> int:
        """Sample rate in which `n_captured` counts [Hz]."""

    @property
    def failure(self) -> BaseException | None:
        """Error that ended the source for good; None while there is none."""

    @property
    def trouble(self) -> str | None:
        """Why nothing arrives, as a slug; None where that is unknown."""

    @property
    def gap_reason(self) -> str | None:
        """Reason of a `gap` when less sound arrived than time has passed; None where that is no loss."""

    @property
    def is_over(self) -> bool:
        """Whether the source has ended and was read to its end."""

    @property
    def is_lost(self) -> bool:
        """Whether the source has to be opened again."""

    @property
    def idle_s(self) -> float:
        """Time since sound last arrived [s]."""

    @property
    def n_captured(self) -> int:
        """Samples that have arrived, at `capture_rate`."""

    def read(self, at_least: int, timeout_s: float) -> Captured | None:
        """The samples that have arrived, once there are about `at_least`; None after `timeout_s` [s] without."""
