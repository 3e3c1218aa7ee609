"""One live session: capture, analysis, encoding; in a process of its own, so that nothing else can hold it up."""

import contextlib
import gc
import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

import numpy as np

from tactus.audio.decoding.decode import DecodeLimits, open_sound
from tactus.audio.sources.capture import Capture
from tactus.audio.sources.demo import Demo
from tactus.audio.sources.devices import chosen_device, input_devices, loopback_device
from tactus.audio.sources.downmix import mono
from tactus.audio.sources.dropout_detector import FrameClock
from tactus.audio.sources.microphone import Microphone
from tactus.audio.sources.paced_player import Player
from tactus.audio.sources.pushed_source import PcmFormat, PushedSound
from tactus.dsp.arrays import Floats
from tactus.errors import AudioUnavailableError, TactusError, ValidationError
from tactus.workers.live_engine import HOP_SAMPLES, LiveEngine
from tactus.workers.live_options import LiveOptions, LiveSource
from tactus.workers.messages import Channel
from tactus.workers.send_queue import SendQueue

STALLED_S = 0.7
"""Without sound for so long, a source has stalled [s]; the promise is to say so within 1 s."""

_WAKE_S = 0.2
_MAX_FILE_S = 6 * 3600.0


def run(channel: Channel, options: LiveOptions) -> None:
    """Hear until killed, or until a file ends: `begun`, `opened`, then `message` and `state` again and again.

    Raises:
        TactusError: The source cannot be opened, or is lost.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(-10)  # a late picture cannot be made good; where the system forbids it, it goes without
    gc.freeze()
    send_queue = SendQueue(channel)
    send_queue.put("begun")
    hear = _run_placeholder if options.source_lost else _HEAR[options.source]
    hear(options, send_queue)
    send_queue.flush(5.0)


def _play(options: LiveOptions, send_queue: SendQueue) -> None:
    engine = LiveEngine(options, send_queue)
    with contextlib.ExitStack() as stack:
        sound = Demo(options.sample_rate).beats() if options.source == "demo" else stack.enter_context(_file(options))
        player = Player(sound, options.sample_rate, HOP_SAMPLES, paced=options.pace == "real-time")
        while captured := player.read():
            engine.process(captured.samples, captured.arrived_s)
    engine.send_event("ended", reason=None)


def _run_placeholder(options: LiveOptions, send_queue: SendQueue) -> None:
    engine = LiveEngine(options, send_queue)
    player = Player(itertools.repeat(np.zeros(HOP_SAMPLES, np.float32)), options.sample_rate, HOP_SAMPLES)
    while captured := player.read():
        engine.process(captured.samples, captured.arrived_s)


@contextlib.contextmanager
def _file(options: LiveOptions) -> Iterator[Iterator[Floats]]:
    if options.path is None:
        raise ValidationError("Which file?", field="file")
    with open_sound(options.path, DecodeLimits(max_s=_MAX_FILE_S), options.sample_rate) as sound:
        yield (mono(block, options.channel) for block in sound.blocks())


def _stream(options: LiveOptions, send_queue: SendQueue) -> None:
    # An HTTP client, which no other source needs, takes its time to load.
    from tactus.audio.sources.stream_source import NetworkSound  # noqa: PLC0415
    from tactus.fetch.http_client import HttpLimits  # noqa: PLC0415

    if options.url is None:
        raise ValidationError("Which address?", field="url")
    sound = NetworkSound(
        options.url,
        HttpLimits(total_s=None, allow_private=options.allow_private),
        options.sample_rate,
        options.channel,
    )
    sound.start()
    _listen(sound, LiveEngine(options, send_queue), send_queue)


def _receive(options: LiveOptions, send_queue: SendQueue) -> None:
    sound = PushedSound(options.sample_rate, options.channel)
    engine = LiveEngine(options, send_queue)
    engine.begin(time.monotonic())  # whoever sends waits for this
    engine.send_event("stalled", idle_s=0.0, reason=sound.trouble)
    send_queue.subscribe("sound", lambda message: sound.push(PcmFormat(**message.fields), message.body))
    _listen(sound, engine, send_queue, stalled=True)


def _capture(options: LiveOptions, send_queue: SendQueue) -> None:
    devices = input_devices()
    if options.source == "loopback":
        device, environment = loopback_device(devices)
        os.environ.update(environment)
    else:
        device = chosen_device(devices, options.device)
    microphone = Microphone(device, options.sample_rate, options.channel)
    microphone.start()
    engine = LiveEngine(
        options,
        send_queue,
        device={**asdict(device), "capture_rate": microphone.capture_rate},
        input_latency_s=microphone.input_latency_s,
    )
    _listen(microphone, engine, send_queue)


def _listen(capture: Capture, engine: LiveEngine, send_queue: SendQueue, *, stalled: bool = False) -> None:
    clock = FrameClock(capture.capture_rate)
    while not capture.is_over:
        captured = capture.read(engine.n_wanted, _WAKE_S)
        if captured is None:
            if isinstance(capture.failure, TactusError):
                raise capture.failure
            if capture.failure is not None:
                raise AudioUnavailableError("Capturing failed.", reason="callback-failed") from capture.failure
            if capture.is_lost:
                raise AudioUnavailableError("The device was lost.", reason="device-lost")
            if engine.has_started and capture.idle_s > STALLED_S and not stalled:
                stalled = True
                engine.send_event("stalled", idle_s=round(capture.idle_s, 3), reason=capture.trouble)
            send_queue.put("alive")
            continue
        if stalled:
            stalled = False
            engine.send_event("resumed")
        missing_s = clock.missing_s(capture.n_captured, captured.arrived_s)
        if captured.n_lost:
            engine.gap(captured.n_lost / engine.sample_rate, "overload")
        elif missing_s:
            engine.gap(missing_s, capture.gap_reason)
        engine.process(captured.samples, captured.arrived_s)
    engine.send_event("ended", reason=capture.trouble)


_HEAR: dict[LiveSource, Callable[[LiveOptions, SendQueue], None]] = {
    "device": _capture,
    "loopback": _capture,
    "browser": _receive,
    "url": _stream,
    "file": _play,
    "demo": _play,
}
