"""How long a source that fails is waited for, and when it is given up."""

from tactus.errors import DecoderCrashedError
from tactus.fetch.backoff import Backoff
from tactus.workers.live_options import LiveSource

RETRY = Backoff(first_s=0.2, max_s=2.0)
"""Between attempts to reopen a lost device."""

STREAM_RETRY = Backoff(first_s=0.5, max_s=30.0)
"""Between attempts to hear a stream that is out of reach, or that has crashed its decoder."""

STEADY_S = 10.0
"""What has been heard for so long works [s]: failures before it are forgotten."""

MAX_CRASHES = 8
"""A stream that has crashed its decoder so often without being heard steadily is given up, after about a minute."""

GONE = "gone"
"""The reason where a child has ended, or hangs, and nobody said why."""


class RetryPolicy:
    """With the source of one run.

    Args:
        source: Where the sound comes from: devices are waited for without end, and streams as long as they only fail.
    """

    def __init__(self, source: LiveSource) -> None:
        self._is_stream = source == "url"
        self._n_failures = 0
        self._n_crashes = 0

    @property
    def is_spent(self) -> bool:
        """Whether it is to be given up."""
        return self._is_stream and self._n_crashes >= MAX_CRASHES

    def renew(self) -> None:
        """It works."""
        self._n_failures = self._n_crashes = 0

    def fail(self, reason: str) -> None:
        """It has failed once more."""
        self._n_failures += 1
        self._n_crashes += reason in (GONE, DecoderCrashedError.slug)

    def wait_s(self) -> float:
        """How long to wait until it is tried again [s]."""
        return (STREAM_RETRY if self._is_stream else RETRY).wait_s(self._n_failures - 1)
