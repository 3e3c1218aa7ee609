"""Analysis of one session's audio in its child process, and the messages with clocks that it sends to the parent."""

import queue
import time
from collections import deque
from typing import Any

import numpy as np
import orjson

from tactus.analysis.live.analyzer import LiveAnalyzer
from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_controls import BeatCommand
from tactus.analysis.live.beat_holdover import after_gap
from tactus.analysis.live.frame import LiveFrame
from tactus.analysis.live.rhythm import RHYTHM_HOP_SAMPLES, RHYTHM_RATE_HZ
from tactus.audio.decoding.resample import Resampler
from tactus.dsp.arrays import Floats
from tactus.formats.live_fields import SPECTRUM, WAVEFORM
from tactus.formats.live_json import frame_arrays, frame_head
from tactus.hub.float_array import FloatArray
from tactus.workers.live_handover import command_of, from_fields, to_fields
from tactus.workers.live_message import encode
from tactus.workers.live_options import SCHEMA_VERSION, LiveOptions
from tactus.workers.messages import Message
from tactus.workers.model_files import network_weights
from tactus.workers.send_queue import SendQueue

STATE_EVERY_S = 0.5
"""Shortest time between two messages with the state of the sound, for late joiners [s]."""

HOP_SAMPLES = RHYTHM_HOP_SAMPLES
"""What is analysed at a time [samples]: the hop of the rhythm grid."""

ZEROS_S = 3.0
"""An input that delivers exact zeros for so long is denied or muted [s]: a real microphone always hisses."""

_FLOAT32 = np.dtype("<f4")

_BRIDGED_S = 0.5
"""A shorter gap is filled with silence, so that the beat is kept; after a longer one the analysis starts again [s]."""

_ZERO_INPUT = (
    "The input delivers nothing but zeros: it is muted, nothing plays, or this program may not use the microphone "
    "(macOS: System Settings, Privacy & Security, Microphone)."
)


class LiveEngine:
    """Analyses the samples of one source and sends frames and events to the parent process.

    Args:
        options: Options of the session.
        send_queue: Queue of messages to the parent.
        device: The device that was opened, for `opened`; empty for sources that are no device.
        input_latency_s: Latency of the sound system before a block of samples arrives [s].
    """

    def __init__(
        self,
        options: LiveOptions,
        send_queue: SendQueue,
        device: dict[str, Any] | None = None,
        input_latency_s: float = 0.0,
    ) -> None:
        self.sample_rate = options.sample_rate
        self.has_started = False
        """True once the first samples have arrived."""
        self._options = options
        self._send_queue = send_queue
        self._device = device or {}
        self._input_latency_s = input_latency_s
        request = options.request
        self._analyzer = LiveAnalyzer(
            network_weights().live_rhythm,
            options.sample_rate,
            options.chunk_size,
            attack_s=request.attack_ms / 1000,
            release_s=request.release_ms / 1000,
        )
        self._state = self._analyzer.start(
            first_beat_id=options.first_beat_id, beat_clock=BeatClockState(options.controls)
        )
        self._handovers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        send_queue.subscribe("go-on", lambda message: self._handovers.put(message.fields))
        self._n_passed_over = 0
        self._commands: deque[tuple[BeatCommand, float]] = deque()
        self._n_applied = 0
        send_queue.subscribe("command", self._queue_command)
        self._resampler = Resampler(options.sample_rate, RHYTHM_RATE_HZ, 1)
        self._gain = np.float32(10 ** (request.gain_db / 20))
        self._n_sent = 0
        self._monotonic_s = time.monotonic() if options.monotonic_s is None else options.monotonic_s
        self._audio_time_s = 0.0
        self._state_sent_s = 0.0
        self._n_zeros = 0

    @property
    def n_wanted(self) -> int:
        """Samples until the next message, or the next hop where that comes first."""
        return min(HOP_SAMPLES, self._options.chunk_size - len(self._state.waiting))

    def process(self, samples: Floats, arrived_s: float) -> None:
        """Analyses the next samples `[n]`, the last of which arrived at `arrived_s` of the monotonic clock."""
        if not self.has_started:
            self.begin(arrived_s - len(samples) / self.sample_rate)
        n_passed_over = min(self._n_passed_over, len(samples))
        self._n_passed_over -= n_passed_over
        samples = samples[n_passed_over:]
        self._apply_commands(arrived_s - len(samples) / self.sample_rate)
        self._watch_zeros(samples)
        samples = samples * self._gain
        again = self._resampler.step(samples[None])[0] if self._analyzer.needs_rhythm_blocks else None
        self._state, frames, _ = self._analyzer.step(self._state, samples, again)
        self._audio_time_s = self._state.audio_time_s(self.sample_rate)
        for frame in frames:
            self._send_frame(frame, arrived_s)

    def gap(self, duration_s: float, reason: str) -> None:
        """Bridges sound that is missing before the next samples: with silence, or by starting the analysis again."""
        duration_s = max(0.0, duration_s)
        began_s = self._audio_time_s
        if duration_s < _BRIDGED_S:
            self.process(np.zeros(round(duration_s * self.sample_rate), np.float32), time.monotonic())
        else:
            self._audio_time_s += duration_s
            self._start(self._state.rhythm.next_beat_id, self._state.rhythm.beat_clock)
        self.send_event("gap", reason=reason, began=round(began_s, 6), duration_s=round(duration_s, 6))

    def send_event(self, kind: str, **fields: Any) -> None:
        """Send an event of the source, which happens now.

        Args:
            kind: Message type.
            fields: Fields of that type.
        """
        now_s = time.monotonic()
        self._send({"type": kind, "audio_time": round(self._audio_time_s, 6), **fields}, now_s, now_s)

    def begin(self, began_s: float) -> None:
        """Reports that the source is open; its first sample sounds at `began_s` of the monotonic clock, or later.

        A session that has run before is resumed: the parent, which has the messages of earlier children, sends the
        audio time and the state of the beat clock.
        """
        self.has_started = True
        self._send_queue.put("opened", {"device": self._device, "moment_s": began_s - self._input_latency_s})
        if self._options.resumed:
            handover = self._handovers.get()
            self._audio_time_s = self._state_sent_s = handover["audio_time"]
            self._n_passed_over = round(handover["passed_over_s"] * self.sample_rate)
            self._start(handover["next_beat_id"], from_fields(handover))

    def _start(self, next_beat_id: int, beat_clock: BeatClockState) -> None:
        """Starts the analysis at the present audio time, with a beat clock that is held over the gap before."""
        beat_clock = after_gap(beat_clock, self._audio_time_s)
        self._state = self._analyzer.start(self._audio_time_s, next_beat_id, beat_clock)
        self._resampler = Resampler(self.sample_rate, RHYTHM_RATE_HZ, 1)

    def _queue_command(self, message: Message) -> None:
        """Keeps a listener command until the next samples; called in another thread."""
        fields = dict(message.fields)
        moment_s = fields.pop("moment_s")
        self._commands.append((command_of(fields), moment_s))

    def _apply_commands(self, arrived_s: float) -> None:
        """Applies the listener commands that have come since the last samples.

        Sound that was in the air at the moment of a command arrived later, by the input latency: its audio time is that
        of the samples that were arriving at that moment, plus the input latency.

        Args:
            arrived_s: When the newest processed sample arrived [s of the monotonic clock].
        """
        while self._commands:
            command, moment_s = self._commands.popleft()
            ago_s = arrived_s - moment_s - self._input_latency_s
            self._state = self._analyzer.command(self._state, command, self._audio_time_s - ago_s)
            self._n_applied += 1

    def _watch_zeros(self, samples: Floats) -> None:
        if not self._device:
            return
        was_zero = self._n_zeros >= ZEROS_S * self.sample_rate
        self._n_zeros = 0 if samples.any() else self._n_zeros + len(samples)
        is_zero = self._n_zeros >= ZEROS_S * self.sample_rate
        if is_zero != was_zero:
            remedy = {"remedy": _ZERO_INPUT} if is_zero else {}
            self.send_event("state", state="recording", silent_input=is_zero, device=self._device, **remedy)

    def _send_frame(self, frame: LiveFrame, arrived_s: float) -> None:
        """Send a frame, and the `state` of the sound where the last one is old.

        Args:
            frame: A frame of the newest samples.
            arrived_s: When the newest sample arrived [s of the monotonic clock].
        """
        head = frame_head(frame)
        arrays = {name: to_float_array(array) for name, array in frame_arrays(frame).items()}
        ended_s = arrived_s - (self._audio_time_s - head["audio_time"])
        self._send(head, ended_s, arrived_s, arrays[SPECTRUM], arrays[WAVEFORM])
        if head["audio_time"] - self._state_sent_s >= STATE_EVERY_S:
            self._state_sent_s = head["audio_time"]
            position = {name: head[name] for name in ("audio_time", "tempo", "bar", "phase")}
            self._send_queue.put("state", {"silent": head["state"]["silent"], **position})

    def _send(
        self,
        head: dict[str, Any],
        happened_s: float,
        arrived_s: float,
        spectrum: FloatArray | None = None,
        waveform: FloatArray | None = None,
    ) -> None:
        """Send a message to the parent.

        Args:
            head: Its fields but arrays and clocks.
            happened_s: When its sound was in the air [s of the monotonic clock], delayed by the sound system.
            arrived_s: When its sound had arrived here [s of the monotonic clock].
            spectrum: Spectrum of a frame.
            waveform: Waveform of a frame.
        """
        now_s = time.monotonic()
        self._n_sent += 1
        began_s = self._options.epoch_s - self._monotonic_s
        clocks = {
            "schema_version": SCHEMA_VERSION,
            "session": self._options.session,
            "timestamp": round(began_s + happened_s, 6),
            "server_time": round(began_s + now_s, 6),
            "latency_s": round(now_s - arrived_s, 6),
            "input_latency_s": round(self._input_latency_s, 6),
        }
        relay = {
            "type": head["type"],
            "n_sent": self._n_sent,
            "audio_time": head["audio_time"],
            "moment_s": happened_s - self._input_latency_s,
            "next_beat_id": self._state.rhythm.next_beat_id,
            "n_applied": self._n_applied,
            "beat": to_fields(self._state.rhythm.beat_clock),
        }
        self._send_queue.put("message", *encode({**head, **clocks}, relay, spectrum, waveform))


def to_float_array(values: Floats) -> FloatArray:
    """A rounded float32 array, with its JSON text."""
    text = orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)
    return FloatArray(values.astype(_FLOAT32, copy=False).tobytes(), text)
