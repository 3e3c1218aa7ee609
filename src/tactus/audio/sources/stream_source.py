"""Hears a stream from the network: fetched and decoded in a thread, handed out at the pace at which it sounds."""

import math
import threading
import time
from collections import deque

import numpy as np

from tactus.audio.decoding.decode import DecodeLimits, open_endless
from tactus.audio.sources.downmix import mono
from tactus.audio.sources.ring_buffer import Captured
from tactus.dsp.arrays import Floats
from tactus.errors import SourceTruncatedError, TactusError
from tactus.fetch.backoff import Backoff
from tactus.fetch.http_client import HttpLimits
from tactus.fetch.http_stream import ByteStream

KEPT_S = 5.0
"""How much decoded sound is kept ahead [s]; more stays with the sender. Radio stations send some seconds at once."""

AHEAD_S = 0.5
"""How much has to be there before playing begins, or begins again [s]: what the network may be late by."""

RETRY = Backoff(first_s=0.5, max_s=30.0)
"""Between attempts to connect again."""

_LATE_S = 0.02
"""How late sound may come from the network [s] before what follows is put off."""
_ASLEEP_S = 0.5
"""How late this machine may be with sound that was there [s]: a reader catches up, unless the machine slept."""
_LIMITS = DecodeLimits(max_s=math.inf)


class NetworkSound:
    """A stream as something to read from; it connects again by itself, for ever, once it has been heard.

    Args:
        url: As the client wrote it.
        http_limits: How long it may take, and where it may be.
        sample_rate: At which its sound is wanted [Hz].
        channel: Which channel, 0 being the first; None: the mean of all.
    """

    is_lost = False
    gap_reason = "late"

    def __init__(self, url: str, http_limits: HttpLimits, sample_rate: int, channel: int | None = None) -> None:
        self.capture_rate = sample_rate
        self.failure: BaseException | None = None
        self.trouble: str | None = None
        self.is_over = False
        self._url = url
        self._http_limits = http_limits
        self._channel = channel
        self._pieces: deque[Floats] = deque()
        self._n_kept = 0
        self._changed = threading.Condition()
        self._has_all = False
        self._n_received = 0
        self._n_handed_out = 0
        self._began_s: float | None = None
        """When the first sample was due, had everything come in time; None: not playing."""
        self._last_s = time.monotonic()

    def start(self) -> None:
        """Begin to connect."""
        threading.Thread(target=self._receive, name="network sound", daemon=True).start()

    @property
    def idle_s(self) -> float:
        """How long ago sound was last there to be heard [s]."""
        return time.monotonic() - self._last_s

    @property
    def n_captured(self) -> int:
        """Samples that have been handed out."""
        return self._n_handed_out

    def read(self, at_least: int, timeout_s: float) -> Captured | None:
        """The next `at_least` samples once they would have been heard; None where they are not there in time."""
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            is_short = not self._is_ready(at_least)
            while not self._is_ready(at_least):
                if self.failure is not None or self._has_all:
                    self.is_over = self._has_all
                    return None
                if not self._changed.wait(max(0.0, deadline_s - time.monotonic())):
                    if self._is_late(_LATE_S):
                        self._began_s = None  # what was kept has been used up: gather some again before going on
                    return None
            samples = self._taken(at_least)
        return Captured(samples, self._heard(len(samples), _LATE_S if is_short else _ASLEEP_S))

    def _is_ready(self, at_least: int) -> bool:
        if self._has_all and self._n_kept:
            return True
        wanted = at_least if self._began_s is not None else max(at_least, round(AHEAD_S * self.capture_rate))
        return self._n_kept >= wanted

    def _taken(self, at_least: int) -> Floats:
        taken: list[Floats] = []
        n_taken = 0
        while n_taken < at_least and self._pieces:
            piece = self._pieces.popleft()
            wanted = at_least - n_taken
            if len(piece) > wanted:
                self._pieces.appendleft(piece[wanted:])
                piece = piece[:wanted]
            taken.append(piece)
            n_taken += len(piece)
        self._n_kept -= n_taken
        self._changed.notify_all()
        return np.concatenate(taken)

    def _heard(self, n_samples: int, tolerance_s: float) -> float:
        """Wait until the next `n_samples` have sounded; when that was [s of the monotonic clock].

        Args:
            n_samples: How many.
            tolerance_s: How late they may be and still count as heard in time; beyond, time went on without sound.
        """
        now_s, length_s = time.monotonic(), n_samples / self.capture_rate
        if self._began_s is None:
            self._began_s = now_s - self._n_handed_out / self.capture_rate
        elif self._is_late(tolerance_s + length_s):
            self._began_s = now_s - (self._n_handed_out + n_samples) / self.capture_rate
        self._n_handed_out += n_samples
        due_s = self._began_s + self._n_handed_out / self.capture_rate
        time.sleep(max(0.0, due_s - now_s))
        self._last_s = due_s
        return due_s

    def _is_late(self, by_s: float) -> bool:
        due_s = (self._began_s or math.inf) + self._n_handed_out / self.capture_rate
        return time.monotonic() > due_s + by_s

    def _receive(self) -> None:
        n_failures = 0
        try:
            while True:
                n_before = self._n_received
                try:
                    if self._connection():
                        break
                    raise SourceTruncatedError("The stream has ended.")
                except TactusError as error:
                    if not self._n_received:
                        raise
                    self.trouble = error.slug
                n_failures = 0 if self._n_received > n_before else n_failures + 1
                time.sleep(RETRY.wait_s(n_failures))
        except BaseException as error:  # told to the reader
            with self._changed:
                self.failure = error
                self._changed.notify_all()
            if not isinstance(error, TactusError):
                raise
            return
        with self._changed:
            self._has_all = True
            self._changed.notify_all()

    def _connection(self) -> bool:
        """Hear one connection to its end; whether that is the end of all there is."""
        with (
            ByteStream(self._url, self._http_limits) as stream,
            open_endless(stream, _LIMITS, self.capture_rate) as sound,
        ):
            for block in sound.blocks():
                self._keep(mono(block, self._channel))
            return stream.is_finite

    def _keep(self, samples: Floats) -> None:
        """Add what has been decoded; waits while enough is kept."""
        with self._changed:
            self._pieces.append(samples)
            self._n_kept += len(samples)
            self._n_received += len(samples)
            self.trouble = None
            self._changed.notify_all()
            while self._n_kept > KEPT_S * self.capture_rate:
                self._changed.wait()
