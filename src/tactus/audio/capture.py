"""What a live session reads from, whatever brings the sound."""

from typing import Protocol

from tactus.audio.ring import Captured


class Capture(Protocol):
    """A source whose sound arrives when it likes.

    Attributes:
        capture_rate: At which `n_captured` counts [Hz].
        failure: What went wrong for good, if anything did.
        trouble: Why nothing arrives, as an error's slug; None where nothing is known of it.
        gap_reason: What it is called when less sound arrived than time has passed.
        is_over: Whether it has ended, and has been read to its end.
        input_latency_s: What the system says of its own delay [s].
    """

    capture_rate: int
    failure: BaseException | None
    trouble: str | None
    gap_reason: str
    is_over: bool

    @property
    def input_latency_s(self) -> float:
        """What the system says of its own delay before sound arrives [s]."""

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
