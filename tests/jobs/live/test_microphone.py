"""A real microphone, as far as software goes: PulseAudio, ALSA, PortAudio; what is played is what is heard."""

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from tactus.analysis.live.beat_controls import BeatCommand
from tactus.errors import AudioUnavailableError, DeviceNotFoundError, DeviceTimeoutError, ValidationError
from tactus.jobs.live.sessions import LiveSessions
from tactus.workers.live_options import LiveRequest
from tests.fixtures.signals import noise, silence, sweep, tone
from tests.fixtures.virtual_microphone import DEVICE, OTHER_DEVICE, VirtualMicrophone
from tests.jobs.live.conftest import heard_until, of_type

MIC = LiveRequest(device=DEVICE)
BIN_HZ = 44100 / 1024
PERIODIC_TONE = tone(24 * BIN_HZ, 40 * 1024 / 44100, amplitude=0.5)
"""Whole periods, so that it can be played again and again without a click."""


async def test_devices_have_what_a_caller_needs_to_choose(
    virtual_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    known = await live.list_devices()
    assert known.reason is None
    by_id = {device["id"]: device for device in known.devices}
    assert by_id[DEVICE]["name"] == "mic_a"
    assert by_id[DEVICE]["host_api"] == "ALSA"
    assert by_id[DEVICE]["channels"] >= 1
    assert by_id[DEVICE]["sample_rate"] > 0
    assert len(by_id) == len(known.devices)
    assert sum(device["is_default"] for device in known.devices) == 1


@pytest.mark.parametrize(("channel", "source"), [(None, "device"), (1, "device"), (None, "loopback")])
async def test_a_tone_stands_in_its_bin_with_its_amplitude(
    virtual_microphone: VirtualMicrophone, live: LiveSessions, channel: int | None, source: str
) -> None:
    wanted = LiveRequest(source="loopback") if source == "loopback" else LiveRequest(device=DEVICE, channel=channel)
    await live.start(wanted)
    with virtual_microphone.playing(PERIODIC_TONE):
        # Until the whole chunk is tone, and the gain and the filters have settled.
        is_settled = lambda m: m["type"] == "frame" and m["frequency_data"][24] > 0.48 and m["mid_level"] > 0.99  # noqa: E731
        message = (await heard_until(live.hub(), is_settled))[-1]
        spectrum = np.array(message["frequency_data"])
        assert spectrum.argmax() == 24
        # A sine on a bin of a Hann window: its amplitude there, half of it in the two beside, nothing elsewhere.
        assert spectrum[23:26] == pytest.approx([0.25, 0.5, 0.25], abs=0.02)
        assert np.delete(spectrum, [23, 24, 25]).max() < 0.01
        assert message["overall_volume_raw"] == pytest.approx(0.5, abs=0.01)
        assert message["bass_level_raw"] < 0.02
        assert message["treble_level_raw"] < 0.02


async def test_gain_is_applied_before_anything_is_measured(
    virtual_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    await live.start(LiveRequest(device=DEVICE, gain_db=-20.0))
    with virtual_microphone.playing(PERIODIC_TONE):
        message = (await heard_until(live.hub(), lambda m: m.get("mid_level_raw", 0) > 0.049))[-1]
        assert message["overall_volume_raw"] == pytest.approx(0.05, rel=0.02)


async def test_a_sweep_moves_through_the_spectrum(virtual_microphone: VirtualMicrophone, live: LiveSessions) -> None:
    await live.start(MIC)
    hearing = asyncio.create_task(heard_until(live.hub(), lambda m: m["type"] == "frame" and peak_hz(m) > 9500))
    await asyncio.to_thread(virtual_microphone.play, sweep(200, 10000, 2.0, amplitude=0.5))
    peaks = [peak_hz(m) for m in await hearing if m["type"] == "frame" and m["overall_volume_raw"] > 0.4]
    # From 200 Hz to 10 kHz in 2 s: 43 frames a second, each 1.045 times as high as the last.
    assert len(peaks) > 70
    rises = np.diff(np.log(peaks))
    assert rises.min() >= -0.2  # one bin at 200 Hz
    assert np.sum(rises) == pytest.approx(np.log(50), rel=0.1)


async def test_a_click_is_heard_within_the_promised_50_ms(
    virtual_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    await live.start(MIC)
    lead_s = 0.1
    click = np.concatenate((silence(lead_s), noise(1, 0.005), silence(0.1)))
    delays_s = []
    for _ in range(15):
        hearing = asyncio.create_task(click_heard(live))
        await asyncio.sleep(0)  # it listens now
        began_s = await asyncio.to_thread(virtual_microphone.play, click)
        delays_s.append(await hearing - began_s - lead_s)
    assert min(delays_s) > 0
    assert np.median(delays_s) < 0.05


async def test_clicks_of_a_metronome_become_its_tempo(
    virtual_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    await live.start(MIC)
    metronome = np.concatenate((noise(1, 0.01), silence(0.49)))
    with virtual_microphone.playing(np.tile(metronome, 4)):
        frames = [m for m in await heard_until(live.hub(), beats_shown(12), 20) if m["type"] == "frame"]
    onsets_s = [onset["audio_time"] for frame in frames for onset in frame["onsets"]]
    assert np.median(np.diff(onsets_s)) == pytest.approx(0.5, abs=0.02)
    beats_s = [frame["beat"]["audio_time"] for frame in frames if frame["beat_detected"]]
    assert np.median(np.diff(beats_s)) == pytest.approx(0.5, abs=0.02)
    assert frames[-1]["tempo"]["bpm"] == pytest.approx(120, abs=3)


async def test_no_input_device_is_told_with_a_remedy(own_microphone: VirtualMicrophone, live: LiveSessions) -> None:
    own_microphone.stop()
    known = await live.list_devices()
    assert (known.devices, known.reason) == ([], "no-input-device")
    assert "microphone" in (known.remedy or "")
    with pytest.raises(AudioUnavailableError) as caught:
        await live.start()
    assert caught.value.extra["reason"] == "no-input-device"


async def test_devices_that_are_not_there_and_channels_that_are_not_there(
    virtual_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    with pytest.raises(DeviceNotFoundError):
        await live.start(LiveRequest(device="no such thing"))
    with pytest.raises(DeviceNotFoundError):
        await live.start(LiveRequest(device=999))
    with pytest.raises(ValidationError) as caught:
        await live.start(LiveRequest(device=DEVICE, channel=500))
    assert caught.value.extra["reason"] == "device-unsupported-format"
    with pytest.raises(DeviceNotFoundError):
        await live.switch_device("no such thing")
    assert not live.status().is_recording


async def test_switching_goes_on_with_a_gap_and_an_impossible_switch_changes_nothing(
    virtual_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    await live.start(MIC)
    hearing = asyncio.create_task(heard_until(live.hub(), of_type("gap")))
    status = await live.switch_device(OTHER_DEVICE)
    assert status.device_id == OTHER_DEVICE
    assert (await hearing)[-1]["reason"] == "device-switched"
    with virtual_microphone.playing(tone(1000.0, 1.0, amplitude=0.5)):  # into A; we hear B
        end_s = live_time(live) + 1
        frames = await heard_until(live.hub(), lambda m: m.get("audio_time", 0) > end_s)
        assert all(m["overall_volume_raw"] == 0 for m in frames if m["type"] == "frame")
    with pytest.raises(DeviceNotFoundError):
        await live.switch_device("no such thing")
    assert live.status().device_id == OTHER_DEVICE
    assert (await live.start(MIC)).is_recording  # what it was started with still names this session


async def test_a_device_that_was_chosen_before_is_the_one_that_is_heard(
    virtual_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    chosen = await live.switch_device(OTHER_DEVICE)
    assert (chosen.is_recording, chosen.device_id) == (False, OTHER_DEVICE)
    assert (await live.start()).device_id == OTHER_DEVICE
    index = live.status().current_device
    assert (await live.start(LiveRequest(device=index))).is_recording


async def test_unplugging_is_told_and_plugging_in_again_goes_on(
    own_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    await live.start(MIC)
    await heard_until(live.hub(), of_type("frame"))
    hearing = asyncio.create_task(heard_until(live.hub(), of_type("gap"), 20))
    lost = asyncio.create_task(heard_until(live.hub(), of_type("device_lost")))
    unplugged_s = time.monotonic()
    await asyncio.to_thread(own_microphone.unplug)
    await lost
    assert time.monotonic() - unplugged_s < 2
    assert live.status().is_recording
    await asyncio.to_thread(own_microphone.plug)
    plugged_s = time.monotonic()
    messages = await hearing
    assert time.monotonic() - plugged_s < 5
    assert [m["sequence"] for m in messages] == list(range(messages[0]["sequence"], messages[-1]["sequence"] + 1))
    assert messages[-1]["duration_s"] > 0
    assert live.status().state == "recording"
    assert live.status().device_id == DEVICE


async def test_a_held_beat_outlives_an_unplugged_microphone(
    own_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    await live.start(MIC)
    with own_microphone.playing(np.tile(np.concatenate((noise(1, 0.01), silence(0.49))), 4)):
        await heard_until(live.hub(), beats_shown(10), 20)
    live.command(BeatCommand(hold=True))
    hearing = asyncio.create_task(heard_until(live.hub(), beats_after("gap", 4), 30))
    lost = asyncio.create_task(heard_until(live.hub(), beats_after("device_lost", 4), 20))
    await heard_until(live.hub(), beats_shown(2))
    await asyncio.to_thread(own_microphone.unplug)
    await lost
    await asyncio.to_thread(own_microphone.plug)
    messages = await hearing
    frames = [message for message in messages if message["type"] == "frame"]
    assert frames[-1]["tempo"]["bpm"] == pytest.approx(120, rel=0.02)
    beats_s = np.array([frame["beat"]["audio_time"] for frame in frames if frame["beat_detected"]])
    interval_s = 60 / frames[-1]["tempo"]["bpm"]
    off_s = beats_s - beats_s[0] - interval_s * np.round((beats_s - beats_s[0]) / interval_s)
    assert np.abs(off_s).max() < 0.01
    # Audio time is that of the air throughout: before, in the silence, and from the microphone that is back.
    in_air_s = [frame["timestamp"] - frame["input_latency_s"] - frame["audio_time"] for frame in frames]
    middles_s = [float(np.median(in_air_s[k : k + 20])) for k in range(0, len(in_air_s) - 20, 20)]
    assert max(middles_s) - min(middles_s) < 0.15


async def test_a_frozen_audio_server_is_told_and_stopping_does_not_wait_for_it(
    own_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    await live.start(MIC)
    await heard_until(live.hub(), of_type("frame"))
    stalled = asyncio.create_task(heard_until(live.hub(), of_type("stalled")))
    frozen_s = time.monotonic()
    own_microphone.freeze()
    await stalled
    assert time.monotonic() - frozen_s < 1
    assert live.status().state == "stalled"
    own_microphone.thaw()
    kinds = [m["type"] for m in await heard_until(live.hub(), of_type("frame"))]
    assert "resumed" in kinds
    stalled = asyncio.create_task(heard_until(live.hub(), of_type("stalled")))
    own_microphone.freeze()
    await stalled
    asked_s = time.monotonic()
    assert await live.stop()
    assert time.monotonic() - asked_s < 2


async def test_a_device_that_does_not_open_is_given_up_and_works_later(
    own_microphone: VirtualMicrophone, live: LiveSessions
) -> None:
    await live.list_devices()  # what children need is loaded now
    own_microphone.freeze()
    asked_s = time.monotonic()
    with pytest.raises(DeviceTimeoutError):
        await live.start(MIC)
    assert time.monotonic() - asked_s < 5.5
    assert not live.status().is_recording
    own_microphone.thaw()
    assert (await live.start(MIC)).is_recording


_RECORDER = """
import asyncio
from tactus.workers.live_options import LiveRequest
from tactus.jobs.live.sessions import LiveSessions
from tactus.workers.supervisor import Supervisor
from tests.jobs.live.conftest import Published

async def main():
    async with Supervisor() as supervisor, LiveSessions(supervisor, Published()) as live:
        await live.start(LiveRequest(device="{device}"))
        print("recording", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_killed_service_leaves_no_child_at_the_microphone(virtual_microphone: VirtualMicrophone) -> None:
    root = Path(__file__).parents[3]
    service = subprocess.Popen(
        [sys.executable, "-c", _RECORDER.format(device=DEVICE)], cwd=root, stdout=subprocess.PIPE
    )
    try:
        assert service.stdout is not None
        assert b"recording\n" in service.stdout
        children = psutil.Process(service.pid).children(recursive=True)
        assert len(children) >= 2  # the fork server and the one that listens
    finally:
        service.kill()
        service.communicate()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


async def click_heard(live: LiveSessions) -> float:
    """When a message with a click has come [s of the monotonic clock]."""
    await heard_until(live.hub(), lambda m: m["type"] == "frame" and max(m["time_domain_data"]) > 0.1)
    return time.monotonic()


def beats_shown(n_beats: int) -> Callable[[dict[str, Any]], bool]:
    """Whether so many frames have shown a beat."""
    shown = itertools.count(1)
    return lambda m: m["type"] == "frame" and m["beat_detected"] and next(shown) >= n_beats


def beats_after(kind: str, n_beats: int) -> Callable[[dict[str, Any]], bool]:
    """Whether so many frames have shown a beat after a message of a kind."""
    is_after, are_enough = False, beats_shown(n_beats)

    def is_last(message: dict[str, Any]) -> bool:
        nonlocal is_after
        is_after = is_after or message["type"] == kind
        return is_after and are_enough(message)

    return is_last


def peak_hz(message: dict[str, list[float]]) -> float:
    return max(1, int(np.argmax(message["frequency_data"]))) * BIN_HZ


def live_time(live: LiveSessions) -> float:
    """A moment that all messages heard so far lie before."""
    started_at = live.status().started_at
    assert started_at is not None
    return time.time() - started_at
