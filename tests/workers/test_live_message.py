"""Live messages between a session's child and its parent: nothing is lost, and arrays stay float32."""

import numpy as np
import pytest

from tactus.hub.float_array import FloatArray
from tactus.workers.live_engine import to_float_array
from tactus.workers.live_message import decode, encode
from tactus.workers.messages import Message

HEAD = {"type": "frame", "audio_time": 1.5, "beat": None}
SPECTRUM, WAVEFORM = FloatArray.of([0.5, 0.25]), FloatArray.of([0.1, -0.1, 0.0])


def test_a_frame_arrives_as_it_was_sent() -> None:
    fields, body = encode(HEAD, {"n_sent": 3}, SPECTRUM, WAVEFORM)
    assert fields["n_sent"] == 3
    message = decode(Message("message", fields, body))
    assert (message.kind, message.head, message.sequence) == ("frame", HEAD, None)
    assert message.spectrum is not None
    assert message.waveform is not None
    assert (message.spectrum.raw, message.waveform.raw) == (SPECTRUM.raw, WAVEFORM.raw)
    assert (message.spectrum.text, message.waveform.text) == (b"[0.5,0.25]", b"[0.1,-0.1,0.0]")


def test_the_text_of_arrays_is_not_written_again() -> None:
    """What the child wrote is passed on: numbers of other digits show that nobody has made them anew."""
    sent = FloatArray(FloatArray.of([0.5]).raw, b"[0.50]")
    message = decode(Message("message", *encode(HEAD, {}, sent, sent)))
    assert b'"frequency_data":[0.50]' in message.json
    assert b'"time_domain_data":[0.50]' in message.json


def test_an_array_of_numpy_has_the_text_and_the_bytes_of_its_values() -> None:
    values = np.round(np.random.default_rng(3).normal(0, 0.3, 1000), 5).astype(np.float32)
    array = to_float_array(values)
    assert array.raw == values.astype("<f4").tobytes()
    assert array.text == FloatArray(array.raw).text


def test_an_event_has_no_arrays() -> None:
    message = decode(Message("message", *encode({"type": "gap", "reason": "overload"}, {})))
    assert (message.kind, message.arrays) == ("gap", {})


@pytest.mark.parametrize("change", [-1, 1])
def test_a_body_of_another_length_is_refused(change: int) -> None:
    fields, body = encode(HEAD, {}, SPECTRUM, WAVEFORM)
    with pytest.raises(ValueError, match="bytes in a body"):
        decode(Message("message", fields, body[:change] if change < 0 else body + bytes(change)))


def test_half_a_number_is_refused() -> None:
    fields, body = encode(HEAD, {}, SPECTRUM, WAVEFORM)
    fields["n_bytes"][0] -= 1
    fields["n_bytes"][1] += 1
    with pytest.raises(ValueError, match="no whole number"):
        decode(Message("message", fields, body))
