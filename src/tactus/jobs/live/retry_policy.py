"""Policy of a run on opening its source again after a failure."""

from tactus.audio.sources.kinds import RetryLimits
from tactus.errors import DecoderCrashedError

GONE = "gone"
"""Reason of a failure where the child process ended or hung without an error."""

_CRASHES = (GONE, DecoderCrashedError.slug)


class RetryPolicy:
    """Counts the failures of one run's source since it last worked.

    Args:
        limits: Limits of its kind; None: it is never opened again.
    """

    def __init__(self, limits: RetryLimits | None) -> None:
        self._limits = limits
        self._n_failures = 0
        self._n_crashes = 0

    @property
    def retries(self) -> bool:
        """Whether the source is opened again at all."""
        return self._limits is not None

    @property
    def is_exhausted(self) -> bool:
        """Whether the source has crashed its process too often."""
        return (
            self._limits is not None
            and self._limits.max_crashes is not None
            and self._n_crashes >= self._limits.max_crashes
        )

    @property
    def steady_s(self) -> float:
        """After so much sound without a failure, `reset` is due [s]."""
        return self._limits.steady_s if self._limits else 0.0

    def reset(self) -> None:
        """Forget all failures: the source works."""
        self._n_failures = self._n_crashes = 0

    def count_failure(self, reason: str) -> None:
        """Count one more failure.

        Args:
            reason: Slug of the error, or `GONE`.
        """
        self._n_failures += 1
        self._n_crashes += reason in _CRASHES

    def wait_s(self) -> float:
        """How long to wait before the next attempt [s]."""
        return self._limits.backoff.wait_s(self._n_failures - 1) if self._limits else 0.0
