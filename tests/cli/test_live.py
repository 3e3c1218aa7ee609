"""`tactus live`: events as JSON lines from a file, the demo and a microphone, and a clean end."""

import itertools
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.conftest import CLICKS_BPM, CLICKS_S, Terminal, stopped
from tests.fixtures.signals import beat_times_s, click_track
from tests.fixtures.virtual_microphone import DEVICE, VirtualMicrophone

Event = dict[str, Any]
FILE = ("live", "--source", "file", "--file", "clicks.wav")
SETTLED_S = 5.0
"""Until here the engine may make up its mind [s]."""
LATEST_S = 0.02
"""How long after a beat sounded it may be announced [s]."""
NEAR_S = 0.07
"""How near a beat is a hit [s], as beat tracking is scored."""


def events_of(lines: str) -> list[Event]:
    return [json.loads(line) for line in lines.splitlines()]


def heard(process: "subprocess.Popen[str]", is_last: Callable[[Event], bool]) -> Iterator[Event]:
    """What it says, up to the first event for which `is_last` holds."""
    assert process.stdout
    for line in process.stdout:
        event = json.loads(line)
        yield event
        if is_last(event):
            return
    pytest.fail("it ended by itself")


@pytest.mark.usefixtures("clicks")
def test_a_file_without_a_clock_gives_its_beats_in_time(terminal: Terminal) -> None:
    ran = terminal.run(*FILE, "--pace", "none", "--events")
    assert (ran.returncode, ran.stderr) == (0, "")
    events = events_of(ran.stdout)
    assert {event["type"] for event in events} == {"onset", "beat", "tempo"}
    for earlier, later in itertools.pairwise(event["known_at"] for event in events):
        assert earlier <= later
    beats = [event for event in events if event["type"] == "beat"]
    fields = {"type", "id", "audio_time", "known_at", "bpm", "beat_in_bar", "bar", "phase", "confidence", "predicted"}
    assert all(beat.keys() == fields for beat in beats)
    # The first word on each beat that came in time is what a light would have followed.
    first = {beat["id"]: beat for beat in reversed(beats) if beat["known_at"] <= beat["audio_time"] + LATEST_S}
    said_s = np.array([beat["audio_time"] for beat in first.values()])
    for click_s in beat_times_s(CLICKS_BPM, CLICKS_S):
        if click_s > SETTLED_S:
            assert np.abs(said_s - click_s).min() < NEAR_S
    settled_s = said_s[said_s > SETTLED_S + NEAR_S]
    assert np.diff(np.sort(settled_s)) == pytest.approx(60 / CLICKS_BPM, abs=NEAR_S)  # none between, none twice
    assert beats[-1]["bpm"] == pytest.approx(CLICKS_BPM, rel=0.01)


@pytest.mark.usefixtures("clicks")
def test_the_rate_of_the_messages_does_not_change_the_tempo(terminal: Terminal) -> None:
    terminal.environment["SAMPLE_RATE"] = "48000"
    events = events_of(terminal.run(*FILE, "--pace", "none", "--events", "--frames").stdout)
    assert [e["bpm"] for e in events if e["type"] == "beat"][-1] == pytest.approx(CLICKS_BPM, rel=0.01)
    frames = [event for event in events if event["type"] == "frame"]
    assert len(frames) == CLICKS_S * 48000 // 1024
    assert all("frequency_data" not in frame and 0 <= frame["bass_level"] <= 1 for frame in frames)


def test_the_demo_sounds_until_it_is_told_to_stop(terminal: Terminal) -> None:
    process = terminal.start("live", "--source", "demo", "--events", "--frames", "--arrays")
    events = list(heard(process, lambda event: event["type"] == "frame" and event["audio_time"] >= 2.0))
    assert events[0]["type"] == "state"
    frames = [event for event in events if event["type"] == "frame"]
    assert len(frames) == pytest.approx(2.0 * 44100 / 1024, abs=2)
    assert all(len(frame["frequency_data"]) == 512 and len(frame["time_domain_data"]) == 1024 for frame in frames)
    assert any(event["type"] == "onset" for event in events)
    assert stopped(process, signal.SIGTERM) == (0, "")


def test_in_the_background_it_ignores_interruptions_and_heeds_who_ends_it(terminal: Terminal) -> None:
    process = terminal.start("live", "--source", "demo", "--events", in_background=True)
    next(heard(process, lambda event: event["audio_time"] >= 1.0))
    process.send_signal(signal.SIGINT)
    assert any(event["audio_time"] >= 3.0 for event in heard(process, lambda event: event["audio_time"] >= 3.0))
    assert stopped(process, signal.SIGTERM) == (0, "")


def test_a_closed_pipe_is_no_error(terminal: Terminal) -> None:
    reading, writing = os.pipe()
    process = terminal.start("live", "--source", "demo", "--events", stdout=writing)
    os.close(writing)
    with os.fdopen(reading) as lines:
        assert json.loads(lines.readline())["type"] == "state"
    _, told = process.communicate(timeout=20)
    assert (process.returncode, told) == (0, "")


def test_a_microphone_is_followed(terminal: Terminal, virtual_microphone: VirtualMicrophone) -> None:
    terminal.environment |= virtual_microphone.environment
    process = terminal.start("live", "--device", DEVICE, "--events")
    music = click_track(CLICKS_BPM, 6.0, amplitude=0.5)
    with virtual_microphone.playing(music):
        events = list(heard(process, lambda event: event["type"] == "beat" and event["id"] >= 4))
        assert stopped(process, signal.SIGINT) == (0, "")
    assert events[0]["device"]["id"] == DEVICE
    assert events[-1]["bpm"] == pytest.approx(CLICKS_BPM, rel=0.02)
    onsets_s = [event["audio_time"] for event in events if event["type"] == "onset"]
    assert np.median(np.diff(onsets_s)) == pytest.approx(60 / CLICKS_BPM, abs=0.01)
    assert all(event["known_at"] >= event["audio_time"] for event in events if event["type"] == "onset")


@pytest.mark.usefixtures("clicks")
@pytest.mark.parametrize("pace", ["none", "real-time"])
def test_what_is_no_sound_is_told(terminal: Terminal, pace: str) -> None:
    ran = terminal.run("live", "--source", "file", "--file", "text.mp3", "--pace", pace, "--events")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("tactus: This is no audio file")
    assert len(ran.stderr.splitlines()) == 1


def test_a_device_that_is_not_there_is_told(terminal: Terminal, virtual_microphone: VirtualMicrophone) -> None:
    terminal.environment |= virtual_microphone.environment
    ran = terminal.run("live", "--device", "theremin", "--events")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "'theremin'" in ran.stderr


def test_the_meter_needs_no_terminal(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "short.wav").write_bytes(b"")
    ran = terminal.run("live", "--source", "file", "--file", "short.wav")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
