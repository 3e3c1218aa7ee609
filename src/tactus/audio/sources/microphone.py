"""Capture of an input device through PortAudio: a callback that copies and returns, and a ring buffer to read from."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from tactus.audio.decoding.resample import Resampler
from tactus.audio.sources.devices import (
    InputDevice,
    chosen_device,
    device_error,
    input_devices,
    loopback_device,
    portaudio,
)
from tactus.audio.sources.opening import OpenedSource
from tactus.audio.sources.ring_buffer import Captured, Ring
from tactus.audio.sources.source_request import SourceRequest
from tactus.dsp.arrays import Floats
from tactus.errors import ValidationError

BLOCK_SAMPLES = 256
"""Block size of the device [samples]: through PulseAudio, 1024 adds 25 ms of delay to 256 (measured)."""

LOST_S = 4.0
"""A device without sound for so long is lost, and opened again [s]."""

RING_S = 2.0
"""Length of the ring buffer: how far the analysis may fall behind before sound is lost [s]."""

_MAX_MIXED_CHANNELS = 2
_INVALID_SAMPLE_RATE = -9997


class Microphone:
    """An open input device. It cannot be closed: closing hangs with a frozen audio server. Its process is ended.

    Args:
        device: The device to open.
        sample_rate: Sample rate of the result [Hz]; resampled where the device has another.
        channel: Index of the channel to capture; None: the mean of the first two.

    Raises:
        ValidationError: The device has no such channel, or no usable format (`reason` "device-unsupported-format").
        DeviceBusyError, DeviceNotFoundError, AudioUnavailableError: It cannot be opened.
    """

    def __init__(self, device: InputDevice, sample_rate: int, channel: int | None = None) -> None:
        if channel is not None and not 0 <= channel < device.channels:
            raise ValidationError(
                f"{device.name!r} has {device.channels} channels, counted from 0; there is no channel {channel}.",
                field="channel",
                reason="device-unsupported-format",
            )
        self.gap_reason = "device-overrun"
        self.trouble: str | None = None
        self.is_over = False
        self._channel = channel
        self._n_channels = min(_MAX_MIXED_CHANNELS, device.channels) if channel is None else channel + 1
        self._finished = threading.Event()
        self.capture_rate = sample_rate
        self.failure: BaseException | None = None
        """Error in the callback; None while there is none."""
        self._stream = self._open(device, sample_rate)
        self._ring = Ring(round(RING_S * self.capture_rate))
        self._last_callback_s = time.monotonic()
        self._resampler = Resampler(self.capture_rate, sample_rate, 1)
        self._ratio = sample_rate / self.capture_rate

    def start(self) -> None:
        """Start to capture."""
        self._stream.start()

    @property
    def is_lost(self) -> bool:
        """Whether the stream has ended (unplugged, audio server gone), or delivers no data."""
        return self._finished.is_set() or self.idle_s > LOST_S

    @property
    def idle_s(self) -> float:
        """Time since sound last arrived [s]."""
        return time.monotonic() - self._last_callback_s

    @property
    def n_captured(self) -> int:
        """Samples that have arrived, at `capture_rate`."""
        return self._ring.n_written

    @property
    def input_latency_s(self) -> float:
        """Latency of the sound system before the callback, as the system reports it [s]."""
        return float(self._stream.latency)

    def read(self, at_least: int, timeout_s: float) -> Captured | None:
        """The samples that have arrived, once there are about `at_least`; None after `timeout_s` without."""
        captured = self._ring.read(max(1, round(at_least / self._ratio)), timeout_s)
        if captured is None or self._ratio == 1:
            return captured
        samples = self._resampler.step(captured.samples[np.newaxis])[0]
        return Captured(samples, captured.arrived_s, round(captured.n_lost * self._ratio))

    def _open(self, device: InputDevice, sample_rate: int) -> Any:
        sounddevice = portaudio()
        for rate in dict.fromkeys((sample_rate, round(device.sample_rate))):
            try:
                stream = sounddevice.InputStream(
                    samplerate=rate,
                    blocksize=BLOCK_SAMPLES,
                    device=device.index,
                    channels=self._n_channels,
                    dtype="float32",
                    latency="low",
                    callback=self._callback,
                    finished_callback=self._finished.set,
                )
            except sounddevice.PortAudioError as error:
                code = error.args[1] if len(error.args) > 1 else 0
                if code == _INVALID_SAMPLE_RATE and rate == sample_rate != round(device.sample_rate):
                    continue
                raise device_error(code, device) from error
            self.capture_rate = rate
            return stream
        raise AssertionError("unreachable")

    def _callback(self, indata: Floats, _frames: int, _time: object, _status: object) -> None:
        try:
            if self._channel is not None:
                self._ring.write(indata[:, self._channel])
            else:
                self._ring.write(indata.mean(axis=1, dtype=np.float32))
            self._last_callback_s = time.monotonic()
        except BaseException as error:  # the reader raises it; PortAudio would only print it
            self.failure = error
            raise


@contextlib.contextmanager
def open_device(request: SourceRequest) -> Iterator[OpenedSource]:
    """Open the input device that is asked for, or the default. It stays open until the process ends.

    Raises:
        TactusError: There is none, or it cannot be opened (see `Microphone`, `chosen_device`).
    """
    yield _captured(chosen_device(input_devices(), request.device), request)


@contextlib.contextmanager
def open_loopback(request: SourceRequest) -> Iterator[OpenedSource]:
    """Open the device that records what the computer plays.

    Raises:
        TactusError: There is none, or it cannot be opened (see `Microphone`, `loopback_device`).
    """
    device, environment = loopback_device(input_devices())
    os.environ.update(environment)
    yield _captured(device, request)


def _captured(device: InputDevice, request: SourceRequest) -> OpenedSource:
    microphone = Microphone(device, request.sample_rate, request.channel)
    microphone.start()
    description = {**asdict(device), "capture_rate": microphone.capture_rate}
    return OpenedSource(microphone, description, microphone.input_latency_s)
