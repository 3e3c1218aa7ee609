"""Process of one live session: capture, analysis and encoding, so that nothing else can delay it."""

import contextlib
import gc
import os
import time

from tactus.audio.sources.capture import Capture
from tactus.audio.sources.dropout_detector import DropoutDetector
from tactus.audio.sources.kinds import SOURCE_KINDS
from tactus.audio.sources.opening import opener
from tactus.audio.sources.paced_player import open_silence
from tactus.errors import AudioUnavailableError, TactusError
from tactus.workers.live_engine import LiveEngine
from tactus.workers.live_options import LiveOptions
from tactus.workers.messages import Channel
from tactus.workers.send_queue import SendQueue

STALLED_S = 0.7
"""A source without sound for so long has stalled [s]; the promise is an event within 1 s."""

_READ_S = 0.2
"""Longest wait for samples before the parent gets a sign of life [s]."""

_FLUSH_S = 5.0


def run(channel: Channel, options: LiveOptions) -> None:
    """Analyse a source until killed, or until it ends. Sends `begun`, `opened`, then `message` and `state` repeatedly.

    Raises:
        TactusError: The source cannot be opened, or is lost.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(-10)  # a late picture cannot be made good; where the system forbids it, the priority stays
    gc.freeze()
    send_queue = SendQueue(channel)
    send_queue.put("begun")
    open_source = open_silence if options.source_lost else opener(SOURCE_KINDS[options.source])
    with open_source(options.source_request) as source:
        engine = LiveEngine(options, send_queue, dict(source.device), source.input_latency_s)
        push = source.push
        if push is not None:  # the client that sends waits for this before it does
            engine.begin(time.monotonic())
            engine.send_event("stalled", idle_s=0.0, reason=source.capture.trouble)
            send_queue.subscribe("sound", lambda message: push(message.fields, message.body))
        _analyse(source.capture, engine, send_queue, stalled=push is not None)
    send_queue.flush(_FLUSH_S)


def _analyse(capture: Capture, engine: LiveEngine, send_queue: SendQueue, *, stalled: bool) -> None:
    dropouts = DropoutDetector(capture.capture_rate)
    while not capture.is_over:
        captured = capture.read(engine.n_wanted, _READ_S)
        if captured is None:
            _raise_failure(capture)
            if engine.has_started and capture.idle_s > STALLED_S and not stalled:
                stalled = True
                engine.send_event("stalled", idle_s=round(capture.idle_s, 3), reason=capture.trouble)
            send_queue.put("alive")
            continue
        if stalled:
            stalled = False
            engine.send_event("resumed")
        missing_s = dropouts.missing_s(capture.n_captured, captured.arrived_s)
        if captured.n_lost:
            engine.gap(captured.n_lost / engine.sample_rate, "overload")
        elif missing_s and capture.gap_reason is not None:
            engine.gap(missing_s, capture.gap_reason)
        engine.process(captured.samples, captured.arrived_s)
    engine.send_event("ended", reason=capture.trouble)


def _raise_failure(capture: Capture) -> None:
    if isinstance(capture.failure, TactusError):
        raise capture.failure
    if capture.failure is not None:
        raise AudioUnavailableError("Capturing failed.", reason="callback-failed") from capture.failure
    if capture.is_lost:
        raise AudioUnavailableError("The device was lost.", reason="device-lost")
