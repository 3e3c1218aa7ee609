"""Live sessions: what a caller may do to them, in any order, and what they promise."""

import asyncio
import itertools
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from tactus.analysis.live.beat_controls import BeatCommand
from tactus.audio.sources.kinds import RetryLimits
from tactus.errors import AudioUnavailableError, LiveAlreadyRunningError, NotFoundError, ValidationError
from tactus.fetch.backoff import Backoff
from tactus.jobs.live.config import LiveConfig
from tactus.jobs.live.sessions import LiveSessions
from tactus.workers.live_options import LiveRequest
from tactus.workers.supervisor import Supervisor
from tests.fixtures.signals import tone, wav_bytes
from tests.jobs.live.conftest import Message, Published, heard_until, kinds_with, of_type

DEMO = LiveRequest(source="demo")


async def test_the_demo_speaks_once_per_chunk_with_all_that_was_promised(live: LiveSessions) -> None:
    status = await live.start(DEMO)
    assert (status.is_recording, status.state, status.source) == (True, "recording", "demo")
    messages = [m for m in await heard_until(live.hub(), lambda m: m.get("audio_time", 0) > 2) if m["type"] == "frame"]
    for earlier, later in itertools.pairwise(messages):
        assert later["sequence"] == earlier["sequence"] + 1
        assert later["audio_time"] - earlier["audio_time"] == pytest.approx(1024 / 44100, abs=2e-6)
        assert later["timestamp"] > earlier["timestamp"]
    for message in messages:
        assert len(message["frequency_data"]) == 512
        assert len(message["time_domain_data"]) == 1024
        for level in ("bass_level", "mid_level", "treble_level", "overall_volume", "energy_level"):
            assert 0 <= message[level] <= 1
            assert 0 <= message[f"{level}_raw"] <= 1
        assert isinstance(message["beat_detected"], bool)
        assert abs(message["server_time"] - time.time()) < 10
        assert 0 <= message["latency_s"] < 1
        assert message["session"] == "default_user"
        assert message["schema_version"] == 1


async def test_the_chunk_size_and_rate_of_the_settings_are_those_of_the_messages(published: Published) -> None:
    config = LiveConfig(sample_rate=22050, chunk_size=500)
    async with Supervisor() as supervisor, LiveSessions(supervisor, published, config) as live:
        await live.start(DEMO)
        message = (await heard_until(live.hub(), of_type("frame")))[-1]
        assert message["sample_rate"] == 22050
        assert (len(message["frequency_data"]), len(message["time_domain_data"])) == (250, 500)


async def test_starting_again_is_all_right_and_starting_something_else_is_not(live: LiveSessions) -> None:
    first = await live.start(DEMO)
    again = await live.start(DEMO)
    assert again.started_at == first.started_at
    with pytest.raises(LiveAlreadyRunningError):
        await live.start(LiveRequest(source="demo", gain_db=6))
    other = await live.start(LiveRequest(session="other", source="demo", gain_db=6))
    assert other.session == "other"
    assert [status.session for status in live.statuses()] == ["default_user", "other"]


async def test_two_who_start_at_once_share_one_session(live: LiveSessions) -> None:
    one, two = await asyncio.gather(live.start(DEMO), live.start(DEMO))
    assert one.started_at == two.started_at


async def test_stopping_is_always_all_right(live: LiveSessions) -> None:
    assert await live.stop() is False
    await live.start(DEMO)
    assert sorted(await asyncio.gather(live.stop(), live.stop())) == [False, True]
    assert live.status().state == "stopped"
    assert await live.stop() is False


async def test_start_and_stop_in_a_tangle_leave_a_defined_state(live: LiveSessions) -> None:
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    for _ in range(100):
        statuses = await asyncio.gather(live.start(DEMO), live.stop(), live.start(DEMO), live.stop())
        assert all(status.session == "default_user" for status in (statuses[0], statuses[2]))
        assert len(psutil.Process().children(recursive=True)) <= len(children) + 2  # the one, and one that is ending
    await live.stop()
    assert live.status().is_recording is False
    assert {child.pid for child in psutil.Process().children(recursive=True)} == children
    assert (await live.start(DEMO)).is_recording


async def test_sequence_numbers_go_on_from_one_run_to_the_next(live: LiveSessions) -> None:
    await live.start(DEMO)
    before = (await heard_until(live.hub(), of_type("frame")))[-1]["sequence"]
    await live.stop()
    await live.start(DEMO)
    assert (await heard_until(live.hub(), of_type("frame")))[-1]["sequence"] > before


async def test_a_killed_child_is_replaced_and_listeners_are_told(live: LiveSessions) -> None:
    others = {child.pid for child in psutil.Process().children(recursive=True)}
    await live.start(DEMO)
    (child,) = [child for child in psutil.Process().children(recursive=True) if child.pid not in others]
    hearing = asyncio.create_task(heard_until(live.hub(), of_type("gap")))
    await heard_until(live.hub(), of_type("frame"))
    killed_s = time.monotonic()
    child.kill()
    messages = await hearing
    assert time.monotonic() - killed_s < 5
    kinds = [message["type"] for message in messages if message["type"] != "frame"]
    assert kinds == ["state", "device_lost", "resumed", "gap"]
    assert [m["sequence"] for m in messages] == list(range(messages[0]["sequence"], messages[-1]["sequence"] + 1))
    assert live.status().n_restarts == 1
    after = (await heard_until(live.hub(), of_type("frame")))[-1]
    # Audio time goes on with the clock: the gap is in it.
    assert after["audio_time"] > messages[-1]["audio_time"] + messages[-1]["duration_s"] - 0.1


@pytest.mark.parametrize("kinds", [kinds_with("demo", retry=RetryLimits(Backoff(6.0, 6.0)))])
async def test_a_held_beat_goes_on_while_its_source_is_away(live: LiveSessions) -> None:
    others = {child.pid for child in psutil.Process().children(recursive=True)}
    await live.start(DEMO)
    await heard_until(live.hub(), lambda m: m["type"] == "frame" and m["tempo"] is not None and m["audio_time"] > 5, 20)
    live.command(BeatCommand(hold=True, resync=True))
    hearing = asyncio.create_task(heard_until(live.hub(), frames_after("gap", 80), 30))
    await heard_until(live.hub(), lambda m: m["type"] == "frame" and m["beat_detected"])
    for child in psutil.Process().children(recursive=True):
        if child.pid not in others:
            child.kill()
    await heard_until(live.hub(), of_type("device_lost"))
    live.command(BeatCommand(nudge_s=0.02))
    messages = await hearing
    kinds = [message["type"] for message in messages]
    frames = [message for message in messages if message["type"] == "frame"]
    away = [m for m in messages[kinds.index("device_lost") : kinds.index("resumed")] if m["type"] == "frame"]
    assert away[-1]["audio_time"] - away[0]["audio_time"] > 2
    assert away[-1]["overall_volume_raw"] == 0
    assert all(earlier["audio_time"] < later["audio_time"] for earlier, later in itertools.pairwise(frames))
    before = [m for m in messages[: kinds.index("device_lost")] if m["type"] == "frame"]
    missing_s = away[-1]["audio_time"] - before[-1]["audio_time"]
    assert messages[kinds.index("gap")]["duration_s"] == pytest.approx(missing_s, abs=0.05)
    # Counted from the first, every beat lies on one grid and has its place in the bar, whoever told it.
    beats = list({e["id"]: e for f in frames for e in f["events"] if e["type"] == "beat"}.values())[1:]
    interval_s = 60 / beats[-1]["bpm"]
    numbers = [round((beat["audio_time"] - beats[0]["audio_time"]) / interval_s) for beat in beats]
    assert len(numbers) > numbers[-1] - 2 > 5  # none is missing, except where the child was killed
    assert sorted(set(numbers)) == numbers
    for number, beat in zip(numbers, beats, strict=True):
        assert beat["audio_time"] - beats[0]["audio_time"] == pytest.approx(number * interval_s, abs=0.05)
        assert beat["beat_in_bar"] == (beats[0]["beat_in_bar"] - 1 + number) % 4 + 1
    status = live.status()
    assert status.controls is not None
    assert (status.controls["hold"], status.controls["one"], status.controls["nudge_ms"]) == (True, True, 20.0)


async def test_without_hold_a_beat_is_gone_with_its_source_and_the_tempo_that_was_named_stays(
    live: LiveSessions,
) -> None:
    others = {child.pid for child in psutil.Process().children(recursive=True)}
    await live.start(DEMO)
    for command in (BeatCommand(tap=True), BeatCommand(resync=True), BeatCommand(tempo=(120.0, 140.0))):
        live.command(command)
    hearing = asyncio.create_task(heard_until(live.hub(), frames_after("gap", 1)))
    await heard_until(live.hub(), lambda m: m.get("audio_time", 0) > 1)
    for child in psutil.Process().children(recursive=True):
        if child.pid not in others:
            child.kill()
    messages = await hearing
    assert messages[-1]["tempo"] is None
    kinds = [message["type"] for message in messages]
    assert "frame" not in kinds[kinds.index("device_lost") : kinds.index("gap")]
    controls = live.status().controls
    assert controls is not None
    assert (controls["taps"], controls["one"], controls["bpm_min"], controls["bpm_max"]) == (0, False, 120, 140)


def frames_after(kind: str, n_frames: int) -> Callable[[Message], bool]:
    """Whether so many frames have come after a message of a kind."""
    is_after, heard = False, itertools.count(1)

    def is_last(message: Message) -> bool:
        nonlocal is_after
        is_after = is_after or message["type"] == kind
        return is_after and message["type"] == "frame" and next(heard) >= n_frames

    return is_last


async def test_other_programs_hear_every_message_and_the_state(live: LiveSessions, published: Published) -> None:
    await live.start(DEMO)
    heard = await heard_until(live.hub(), lambda message: message.get("audio_time", 0) > 1)
    await live.stop()
    sequences = [message.sequence for session, message in published.messages if session == "default_user"]
    assert sequences == list(range(len(sequences)))
    assert {message["sequence"] for message in heard} <= set(sequences)
    states = [state.head for _, state in published.states]
    assert {"recording", "stopped"} <= {state["state"] for state in states}
    assert any(state["source"] == "demo" and state.get("audio_time", 0) > 0 for state in states)


async def test_a_file_is_played_to_its_end_and_then_the_session_is_over(live: LiveSessions, tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 44100, 0, "NONE", ""))
        file.writeframes((tone(1000.0, 1.0) * 32767).astype("<i2").tobytes())
    hearing = asyncio.create_task(heard_until(live.hub(), lambda m: m.get("state") == "stopped"))
    await live.start(LiveRequest(source="file", file="song"), path)
    messages = await hearing
    kinds = [message["type"] for message in messages]
    assert kinds.count("frame") == 44100 // 1024
    assert kinds[-2:] == ["ended", "state"]
    assert "device_lost" not in kinds
    assert live.status().is_recording is False
    assert (await live.start(DEMO)).is_recording


async def test_a_file_that_breaks_off_ends_the_session_and_does_not_begin_anew(
    live: LiveSessions, tmp_path: Path
) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(wav_bytes(np.concatenate((tone(1000.0, 7.0), np.full(1000, np.nan, np.float32))), subtype="FLOAT"))
    hearing = asyncio.create_task(heard_until(live.hub(), lambda m: m.get("state") == "stopped", 20))
    await live.start(LiveRequest(source="file", file="song"), path)
    said = [message for message in await hearing if message["type"] not in ("frame", "state")]
    assert [(message["type"], message["reason"]) for message in said] == [("ended", "non-finite-audio")]


async def test_only_files_of_the_media_folder_are_played_by_name(published: Published, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    (folder / "sets").mkdir(parents=True)
    (folder / "sets" / "tone.wav").write_bytes(wav_bytes(tone(1000.0, 30.0)))
    (tmp_path / "secret.wav").write_bytes(wav_bytes(tone(1000.0, 1.0)))
    (folder / "link.wav").symlink_to(tmp_path / "secret.wav")
    (folder / "round").symlink_to(folder / "round")
    async with Supervisor() as supervisor:
        async with LiveSessions(supervisor, published, LiveConfig(media_folder=folder)) as live:
            secret = str(tmp_path / "secret.wav")
            for name in ("../secret.wav", secret, "link.wav", "round", "sets", "a\0b", "none.wav"):
                with pytest.raises(NotFoundError):
                    await live.start(LiveRequest(source="file", file=name))
            status = await live.start(LiveRequest(source="file", file="sets/tone.wav"))
            assert (status.is_recording, status.source) == (True, "file")
            assert (await live.start(LiveRequest(source="file", file="sets/tone.wav"))).started_at == status.started_at
        async with LiveSessions(supervisor, published) as live:
            with pytest.raises(ValidationError, match="TACTUS_MEDIA_FOLDER"):
                await live.start(LiveRequest(source="file", file="sets/tone.wav"))


async def test_without_portaudio_devices_say_so_and_the_demo_plays(
    published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\nfind = ctypes.util.find_library\n"
        "ctypes.util.find_library = lambda name: None if name == 'portaudio' else find(name)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with Supervisor() as supervisor, LiveSessions(supervisor, published) as live:
        for ask in (live.list_devices, live.start):
            with pytest.raises(AudioUnavailableError) as caught:
                await ask()
            assert caught.value.extra["reason"] == "no-portaudio"
            assert "PortAudio" in caught.value.detail
        assert not live.status().is_recording
        assert (await live.start(DEMO)).is_recording
