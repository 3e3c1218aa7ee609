"""Live messages between a session's child and its parent: nothing is lost, and arrays stay float32."""

import numpy as np
import pytest

from tactus.workers.live_message import decode, encode
from tactus.workers.messages import Message

HEAD = {"type": "frame", "audio_time": 1.5, "beat": None}


def test_a_frame_arrives_as_it_was_sent() -> None:
    spectrum, waveform = np.array([0.5, 0.25], "<f4"), np.array([0.1, -0.1, 0.0], "<f4")
    fields, body = encode(HEAD, {"n_sent": 3}, spectrum=spectrum.tobytes(), waveform=waveform.tobytes())
    assert fields["n_sent"] == 3
    message = decode(Message("message", fields, body))
    assert (message.kind, message.head, message.sequence) == ("frame", HEAD, None)
    assert message.spectrum is not None
    assert message.waveform is not None
    assert (message.spectrum.raw, message.waveform.raw) == (spectrum.tobytes(), waveform.tobytes())


def test_an_event_has_no_arrays() -> None:
    message = decode(Message("message", *encode({"type": "gap", "reason": "overload"}, {})))
    assert (message.kind, message.arrays) == ("gap", {})


def test_arrays_that_were_cut_off_are_refused() -> None:
    fields, body = encode(HEAD, {}, spectrum=bytes(8), waveform=bytes(12))
    with pytest.raises(ValueError, match="no whole number"):
        decode(Message("message", fields, body[:-1]))
