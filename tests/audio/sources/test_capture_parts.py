"""The parts between a sound callback and the analysis: ring, clock, player, choice of devices."""

import threading
import time

import numpy as np
import pytest

from tactus.audio.sources.devices import InputDevice, chosen_device, device_error
from tactus.audio.sources.dropout_detector import DropoutDetector
from tactus.audio.sources.paced_player import PacedPlayer, in_blocks
from tactus.audio.sources.pushed_source import ABANDONED_S, PcmFormat, PushedSound
from tactus.audio.sources.ring_buffer import Ring
from tactus.dsp.arrays import Floats
from tactus.errors import AudioUnavailableError, DeviceNotFoundError, TactusError


def counting(start: int, n: int) -> Floats:
    return np.arange(start, start + n, dtype=np.float32)


def test_a_ring_gives_back_what_was_written_across_its_seam() -> None:
    ring = Ring(1024)
    n_written = 0
    for n in (1, 255, 256, 300, 511, 512, 7, 400, 1, 256):
        ring.write(counting(n_written, n))
        captured = ring.read(n, 0.0)
        assert captured is not None
        assert np.array_equal(captured.samples, counting(n_written, n))
        assert captured.n_lost == 0
        n_written += n
    assert ring.n_written == n_written


def test_pushed_sound_is_read_at_the_rate_that_is_wanted_whatever_form_it_comes_in() -> None:
    sound = PushedSound(44100)
    t = np.arange(22050) / 22050
    ramp = np.stack((np.sin(2 * np.pi * 100 * t), np.zeros_like(t)), axis=1)
    sound.push(PcmFormat(22050, 2, "i2"), (ramp * 32767).astype("<i2").tobytes())
    heard = sound.read(1, 0.0)
    assert heard is not None
    n = len(heard.samples)
    assert n > 44100 - 2000  # a filter's length is still to come
    wanted = 0.5 * np.sin(2 * np.pi * 100 * np.arange(n) / 44100)  # the mean with a silent channel
    assert heard.samples[100:-100] == pytest.approx(wanted[100:-100], abs=2e-3)
    assert sound.n_captured == n


def test_nobody_is_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = PushedSound(44100)
    assert not sound.is_over
    later_s = time.monotonic() + ABANDONED_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later_s)
    assert sound.is_over


def test_a_late_reader_loses_the_oldest_and_is_told_how_many() -> None:
    ring = Ring(1024)
    for k in range(12):
        ring.write(counting(256 * k, 256))
    captured = ring.read(1, 0.0)
    assert captured is not None
    assert captured.n_lost == 12 * 256 - 512  # half the ring is the writer's
    assert np.array_equal(captured.samples, counting(12 * 256 - 512, 512))


def test_a_reader_waits_for_the_writer_and_not_for_ever() -> None:
    ring = Ring(1024)
    assert ring.read(1, 0.01) is None
    writer = threading.Timer(0.05, ring.write, (counting(0, 100),))
    writer.start()
    began_s = time.monotonic()
    captured = ring.read(100, 10.0)
    assert captured is not None
    assert len(captured.samples) == 100
    assert began_s < captured.arrived_s <= time.monotonic()
    writer.join()


@pytest.mark.parametrize("ppm", [-500, 0, 500])
def test_a_clock_that_drifts_and_delays_that_vary_are_no_missing_sound(ppm: int) -> None:
    clock = DropoutDetector(48000)
    delays_s = np.random.default_rng(1).uniform(0, 0.08, 60 * 100)
    for k, delay_s in enumerate(delays_s):
        now_s = 1000 + k / 100
        assert clock.missing_s(round((now_s - 1000) * 48000 * (1 + ppm * 1e-6)), now_s + delay_s) == 0


def test_sound_that_never_came_is_noticed_within_two_seconds_and_once() -> None:
    clock = DropoutDetector(48000)
    told = {}
    for k in range(1000):
        now_s = k / 100
        n_lost = 24000 if now_s >= 5 else 0
        if missing_s := clock.missing_s(round(now_s * 48000) - n_lost, now_s):
            told[now_s] = missing_s
    ((when_s, missing_s),) = told.items()
    assert 5 < when_s <= 7.1
    assert missing_s == pytest.approx(0.5, abs=0.01)


def test_a_player_keeps_the_pace_of_its_sound() -> None:
    pieces = [counting(0, 3000), counting(3000, 1410), counting(4410, 0), counting(4410, 4410)]
    player = PacedPlayer(pieces, 44100, 512)
    began_s = time.monotonic()
    heard = []
    while captured := player.read():
        heard.append(captured.samples)
        assert time.monotonic() - began_s >= sum(map(len, heard)) / 44100 - 0.001
    assert np.array_equal(np.concatenate(heard), counting(0, 8820))
    assert [len(block) for block in heard] == [512] * 17 + [8820 - 17 * 512]


def test_blocks_are_cut_anew_without_losing_a_sample() -> None:
    pieces = [counting(0, 5), counting(5, 1), counting(6, 20)]
    blocks = list(in_blocks(pieces, 4))
    assert [len(block) for block in blocks] == [4, 4, 4, 4, 4, 4, 2]
    assert np.array_equal(np.concatenate(blocks), counting(0, 26))


def device(index: int, name: str, *, is_default: bool = False) -> InputDevice:
    return InputDevice(index, name, 2, 48000.0, f"alsa-{name.lower()}", is_default, is_loopback=False, host_api="ALSA")


DEVICES = [device(3, "Mic"), device(7, "Line", is_default=True), device(9, "Line 2")]


@pytest.mark.parametrize(
    ("wanted", "index"), [(None, 7), (3, 3), ("9", 9), ("alsa-line", 7), ("Line", 7), ("mic", 3), ("line 2", 9)]
)
def test_a_device_is_chosen_by_index_id_name_or_part_of_a_name(wanted: int | str | None, index: int) -> None:
    assert chosen_device(DEVICES, wanted).index == index


@pytest.mark.parametrize("wanted", [0, "zither", "lin", ""])
def test_what_no_device_or_several_are_called_is_refused(wanted: int | str) -> None:
    with pytest.raises(DeviceNotFoundError):
        chosen_device(DEVICES, wanted)


def test_without_devices_the_reason_is_told() -> None:
    with pytest.raises(AudioUnavailableError) as caught:
        chosen_device([], None)
    assert caught.value.extra["reason"] == "no-input-device"


@pytest.mark.parametrize(
    ("code", "slug", "reason"),
    [
        (-9985, "device-busy", None),
        (-9998, "validation", "device-unsupported-format"),
        (-9997, "validation", "device-unsupported-format"),
        (-9996, "device-not-found", None),
        (-9999, "audio-unavailable", "device-failed"),
    ],
)
def test_portaudio_errors_have_public_faces(code: int, slug: str, reason: str | None) -> None:
    error: TactusError = device_error(code, DEVICES[0])
    assert (error.slug, error.extra.get("reason")) == (slug, reason)
