"""Quarantine of files that crashed their decoder."""

import time

from tactus.errors import DecoderCrashedError

MAX_FILES = 1000
"""Maximum number of files in quarantine; the oldest is released first."""


class Quarantine:
    """Files that are refused for a while, since reading them crashed a child process twice.

    Args:
        duration_s: Time for which a file is refused [s].
    """

    def __init__(self, duration_s: float) -> None:
        self._duration_s = duration_s
        self._ends_at_s: dict[str, float] = {}

    def add(self, file_hash: str) -> None:
        """Refuse a file from now on.

        Args:
            file_hash: SHA-256 of the file, hexadecimal.
        """
        while len(self._ends_at_s) >= MAX_FILES:
            del self._ends_at_s[next(iter(self._ends_at_s))]
        self._ends_at_s[file_hash] = time.monotonic() + self._duration_s

    def check(self, file_hash: str) -> None:
        """Do nothing if a file may be read.

        Raises:
            DecoderCrashedError: It is in quarantine.
        """
        remaining_s = self._ends_at_s.get(file_hash, 0.0) - time.monotonic()
        if remaining_s > 0.0:
            raise DecoderCrashedError(
                f"Reading this file crashed the decoder twice; it is tried again in "
                f"{remaining_s:.0f} s at the earliest."
            )
        self._ends_at_s.pop(file_hash, None)
