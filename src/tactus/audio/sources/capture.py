"""What a live session reads from, whatever brings the sound."""

from typing import Protocol

from tactus.audio.sources.ring_buffer import Captured


class Capture(Protocol):
    """A source whose sound arrives when it likes."""

    @property
    def capture_rate(self) -> int:
        """At which `n_captured` counts [Hz]."""

    @property
    def failure(self) -> BaseException | None:
        """What went wrong for good, if anything did."""

    @property
    def trouble(self) -> str | None:
        """Why nothing arrives, in a word; None where nothing is known of it."""

    @property
    def gap_reason(self) -> str:
        """What it is called when less sound arrived than time has passed."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and has been read to its end."""

    @property
    def is_lost(self) -> bool:
        """Whether it has to be opened anew."""

    @property
    def idle_s(self) -> float:
        """How long ago sound last arrived [s]."""

    @property
    def n_captured(self) -> int:
        """Samples that have arrived, at `capture_rate`."""

    def read(self, at_least: int, timeout_s: float) -> Captured | None:
        """What has arrived, once it is about `at_least` samples; None where it is not within `timeout_s`."""
