"""A network stream as a live source: fetched and decoded in a thread, read at the pace at which it sounds."""

import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Iterator

import numpy as np

from tactus.audio.decoding.decode import open_sound_stream
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.sources.downmix import mono
from tactus.audio.sources.opening import OpenedSource
from tactus.audio.sources.ring_buffer import Captured
from tactus.audio.sources.source_request import SourceRequest
from tactus.dsp.arrays import Floats
from tactus.errors import SourceTruncatedError, TactusError, ValidationError
from tactus.fetch.backoff import Backoff
from tactus.fetch.http_client import HttpLimits
from tactus.fetch.http_stream import HttpStream

MAX_BUFFER_S = 5.0
"""Decoded sound that is buffered at most [s]; the rest waits at the sender. Radio stations send seconds at once."""

PREBUFFER_S = 0.5
"""Sound that is buffered before playback starts, or starts again [s]: how late the network may be."""

RETRY = Backoff(first_s=0.5, max_s=30.0)
"""Waiting times between attempts to connect again."""

_LATE_S = 0.02
"""Lateness of the network from which on playback is delayed [s]."""
_SLEPT_S = 0.5
"""Lateness of the reader from which on playback is delayed [s]: it catches up, unless the machine slept."""
_LIMITS = DecodeLimits(max_s=math.inf)


class StreamSource:
    """A network stream (see `Capture`); once it has delivered sound it reconnects by itself, without limit.

    Args:
        url: Address as the client wrote it.
        http_limits: Limits on time and addresses.
        sample_rate: Sample rate of the result [Hz].
        channel: Index of the channel to read; None: the mean of all.
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
        self._n_buffered = 0
        self._changed = threading.Condition()
        self._has_all = False
        self._n_received = 0
        self._n_read = 0
        self._began_s: float | None = None
        """When the first sample would have been due without any delay [s of the monotonic clock]; None: not playing."""
        self._last_s = time.monotonic()

    def start(self) -> None:
        """Start to connect."""
        threading.Thread(target=self._receive, name="network sound", daemon=True).start()

    @property
    def idle_s(self) -> float:
        """Time since the last sample was due [s]."""
        return time.monotonic() - self._last_s

    @property
    def n_captured(self) -> int:
        """Samples that have been read."""
        return self._n_read

    def read(self, at_least: int, timeout_s: float) -> Captured | None:
        """The next `at_least` samples, when the last of them sounds; None after `timeout_s` without."""
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            is_short = not self._is_ready(at_least)
            while not self._is_ready(at_least):
                if self.failure is not None or self._has_all:
                    self.is_over = self._has_all
                    return None
                if not self._changed.wait(max(0.0, deadline_s - time.monotonic())):
                    if self._is_late(_LATE_S):
                        self._began_s = None  # the buffer is empty: fill it again before going on
                    return None
            samples = self._take(at_least)
        return Captured(samples, self._wait_until_sounded(len(samples), _LATE_S if is_short else _SLEPT_S))

    def _is_ready(self, at_least: int) -> bool:
        if self._has_all and self._n_buffered:
            return True
        wanted = at_least if self._began_s is not None else max(at_least, round(PREBUFFER_S * self.capture_rate))
        return self._n_buffered >= wanted

    def _take(self, at_least: int) -> Floats:
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
        self._n_buffered -= n_taken
        self._changed.notify_all()
        return np.concatenate(taken)

    def _wait_until_sounded(self, n_samples: int, tolerance_s: float) -> float:
        """Wait until the next `n_samples` have sounded; the moment of that [s of the monotonic clock].

        Args:
            n_samples: Number of samples.
            tolerance_s: Lateness up to which they count as in time; beyond it, playback is delayed [s].
        """
        now_s, length_s = time.monotonic(), n_samples / self.capture_rate
        if self._began_s is None:
            self._began_s = now_s - self._n_read / self.capture_rate
        elif self._is_late(tolerance_s + length_s):
            self._began_s = now_s - (self._n_read + n_samples) / self.capture_rate
        self._n_read += n_samples
        due_s = self._began_s + self._n_read / self.capture_rate
        time.sleep(max(0.0, due_s - now_s))
        self._last_s = due_s
        return due_s

    def _is_late(self, by_s: float) -> bool:
        due_s = (self._began_s or math.inf) + self._n_read / self.capture_rate
        return time.monotonic() > due_s + by_s

    def _receive(self) -> None:
        n_failures = 0
        try:
            while True:
                n_before = self._n_received
                try:
                    if self._read_connection():
                        break
                    raise SourceTruncatedError("The stream has ended.")
                except TactusError as error:
                    if not self._n_received:
                        raise
                    self.trouble = error.slug
                n_failures = 0 if self._n_received > n_before else n_failures + 1
                time.sleep(RETRY.wait_s(n_failures))
        except BaseException as error:  # the reader raises it
            with self._changed:
                self.failure = error
                self._changed.notify_all()
            if not isinstance(error, TactusError):
                raise
            return
        with self._changed:
            self._has_all = True
            self._changed.notify_all()

    def _read_connection(self) -> bool:
        """Read one connection to its end; whether that is the end of a finite stream."""
        with (
            HttpStream(self._url, self._http_limits) as stream,
            open_sound_stream(stream, _LIMITS, self.capture_rate) as sound,
        ):
            for block in sound.blocks():
                self._buffer(mono(block, self._channel))
            return stream.is_finite

    def _buffer(self, samples: Floats) -> None:
        """Add decoded samples; waits while the buffer is full."""
        with self._changed:
            self._pieces.append(samples)
            self._n_buffered += len(samples)
            self._n_received += len(samples)
            self.trouble = None
            self._changed.notify_all()
            while self._n_buffered > MAX_BUFFER_S * self.capture_rate:
                self._changed.wait()


@contextlib.contextmanager
def open_stream(request: SourceRequest) -> Iterator[OpenedSource]:
    """Open the stream at `request.url`: it is connected to in a thread, and `read` waits for it.

    Raises:
        ValidationError: There is no address.
    """
    if request.url is None:
        raise ValidationError("Which address?", field="url")
    limits = HttpLimits(total_s=None, allow_private=request.allow_private)
    stream = StreamSource(request.url, limits, request.sample_rate, request.channel)
    stream.start()
    yield OpenedSource(stream)
