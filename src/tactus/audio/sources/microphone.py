"""Captures an input device: a callback that copies and leaves, and a ring from which the analysis reads."""

import threading
import time
from typing import Any

import numpy as np

from tactus.audio.decoding.resample import Resampler
from tactus.audio.sources.devices import InputDevice, device_error, portaudio
from tactus.audio.sources.ring_buffer import Captured, Ring
from tactus.dsp.arrays import Floats
from tactus.errors import ValidationError

BLOCK_SAMPLES = 256
"""What the device is asked for [samples]: measured through PulseAudio, 1024 add 25 ms of delay to 256."""

GIVEN_UP_S = 4.0
"""Without sound for so long, a device is lost [s], and opened anew."""

RING_S = 2.0
"""How far the analysis may fall behind before sound is lost [s]."""

_MAX_MIXED_CHANNELS = 2
_INVALID_SAMPLE_RATE = -9997


class Microphone:
    """An open input device. It cannot be closed: closing hangs with a frozen audio server. Its process is ended.

    Args:
        device: Which.
        sample_rate: At which its sound is wanted [Hz]; where the device cannot, it is resampled.
        channel: Which channel, 0 being the first; None: the mean of the first two.

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
        """What went wrong in the callback, if anything did."""
        self._stream = self._opened(device, sample_rate)
        self._ring = Ring(round(RING_S * self.capture_rate))
        self._last_callback_s = time.monotonic()
        self._resampler = Resampler(self.capture_rate, sample_rate, 1)
        self._ratio = sample_rate / self.capture_rate

    def start(self) -> None:
        """Begin to capture."""
        self._stream.start()

    @property
    def is_lost(self) -> bool:
        """Whether the device has ended the stream, being unplugged or its server gone, or is silent as if it had."""
        return self._finished.is_set() or self.idle_s > GIVEN_UP_S

    @property
    def idle_s(self) -> float:
        """How long ago sound last arrived [s]."""
        return time.monotonic() - self._last_callback_s

    @property
    def n_captured(self) -> int:
        """Samples that have arrived, at `capture_rate`."""
        return self._ring.n_written

    @property
    def input_latency_s(self) -> float:
        """What the system says of its own delay before the callback [s]."""
        return float(self._stream.latency)

    def read(self, at_least: int, timeout_s: float) -> Captured | None:
        """What has arrived, once it is about `at_least` samples; None where it is not within `timeout_s`."""
        captured = self._ring.read(max(1, round(at_least / self._ratio)), timeout_s)
        if captured is None or self._ratio == 1:
            return captured
        samples = self._resampler.step(captured.samples[np.newaxis])[0]
        return Captured(samples, captured.arrived_s, round(captured.n_lost * self._ratio))

    def _opened(self, device: InputDevice, sample_rate: int) -> Any:
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
        except BaseException as error:  # told to the reader; PortAudio would only print it
            self.failure = error
            raise
