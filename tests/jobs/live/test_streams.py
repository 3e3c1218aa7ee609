"""Sound from the network: heard as it comes, within the guards of fetching, and found again when it breaks off."""

import asyncio
import contextlib
import io
import itertools
from collections.abc import Callable

import av
import numpy as np
import psutil
import pytest

from tactus.audio.sources.kinds import RetryLimits
from tactus.errors import (
    InvalidUrlError,
    SourceBlockedError,
    SourceEncodingError,
    SourceFailedError,
    SourceTimeoutError,
    SourceTooManyRedirectsError,
    SourceUnreachableError,
    UndecodableMediaError,
    ValidationError,
)
from tactus.fetch.backoff import Backoff
from tactus.jobs.live.sessions import LiveSessions
from tactus.workers.live_options import LiveRequest
from tactus.workers.supervisor import Supervisor
from tests.fixtures.hostile_server import Call, Serve
from tests.fixtures.media import encoded
from tests.fixtures.signals import SAMPLE_RATE, tone, wav_bytes
from tests.jobs.live.conftest import Message, Published, heard_until, kinds_with, of_type

N_AWAY = 4
"""Calls until a station that broke off is there again."""


def mp3(seconds: float, frequency_hz: float = 1000.0) -> bytes:
    """A tone as a station sends it: frames without any header before them."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as container:
        stream = container.add_stream("mp3", rate=SAMPLE_RATE, layout="mono", options={"b": "128000"})
        samples = tone(frequency_hz, seconds, amplitude=0.5)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return file.getvalue()


HTTP_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nConnection: close\r\n\r\n"
SHOUTCAST_HEAD = (
    b"ICY 200 OK\r\nicy-notice1:<BR>This stream requires <a>Winamp</a><BR>\r\nicy-name:Radio \xe9t\xe9\r\n"
    b"icy-genre:House\r\nicy-pub:1\r\ncontent-type:audio/mpeg\r\nicy-br:128\r\n\r\n"
)
"""What SHOUTcast 1 says, its title in Latin 1."""


async def broadcast(call: Call, sound: bytes, seconds: float, *, burst_s: float = 1.0, head: bytes = HTTP_HEAD) -> None:
    """Send a sound as a station does: no length, some of it at once, the rest as it is played."""
    await call.send(head)
    rate = len(sound) / seconds
    now_s = asyncio.get_running_loop().time
    began_s, at = now_s() - burst_s, 0
    while at < len(sound):
        end = round(rate * (now_s() - began_s))
        await call.send(sound[at:end])
        at = end
        await asyncio.sleep(0.05)


def loudest_hz(frame: Message) -> float:
    return float(np.argmax(frame["frequency_data"]) * frame["sample_rate"] / 1024)


def frames(n_frames: int) -> Callable[[Message], bool]:
    """Whether so many frames have been heard."""
    heard = itertools.count(1)
    return lambda message: message["type"] == "frame" and next(heard) >= n_frames


def children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def kill(processes: set[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


async def test_a_station_is_heard_at_its_pace(live: LiveSessions, serve: Serve) -> None:
    sound = mp3(20)
    server = await serve(lambda call: broadcast(call, sound, 20))
    status = await live.start(LiveRequest(source="url", url=server.url("/radio.mp3")))
    assert (status.state, status.source) == ("recording", "url")
    messages = await heard_until(live.hub(), lambda m: m["type"] == "frame" and m["audio_time"] > 4)
    frames = [message for message in messages if message["type"] == "frame"]
    assert loudest_hz(frames[-1]) == pytest.approx(1000, abs=44100 / 1024)
    passed_s = frames[-1]["timestamp"] - frames[0]["timestamp"]
    assert passed_s == pytest.approx(frames[-1]["audio_time"] - frames[0]["audio_time"], abs=0.1)
    assert {message["type"] for message in messages} <= {"frame", "state"}
    assert b"icy-metadata" not in server.heads[0].lower()  # titles would stand in the middle of the sound


@pytest.mark.parametrize("n_first_bytes", [0, 2, 6])  # at once, or broken within its first words
async def test_an_old_shoutcast_server_is_understood(live: LiveSessions, serve: Serve, n_first_bytes: int) -> None:
    sound = mp3(8)

    async def station(call: Call) -> None:
        await call.send(SHOUTCAST_HEAD[:n_first_bytes])
        await asyncio.sleep(0.05)
        await broadcast(call, sound, 8, head=SHOUTCAST_HEAD[n_first_bytes:])

    server = await serve(station)
    await live.start(LiveRequest(source="url", url=server.url("/;")))
    frames = await heard_until(live.hub(), lambda m: m["type"] == "frame" and m["audio_time"] > 1)
    assert loudest_hz(frames[-1]) == pytest.approx(1000, abs=44100 / 1024)
    assert b"icy-metadata" not in server.heads[0].lower()


async def test_a_station_whose_songs_are_links_of_their_own_is_heard_on(live: LiveSessions, serve: Serve) -> None:
    low = encoded(tone(500, 3.0, amplitude=0.5), "vorbis")
    high = encoded(tone(2000, 3.0, sample_rate=22050, amplitude=0.5), "vorbis", sample_rate=22050)

    async def station(call: Call) -> None:
        await call.send(HTTP_HEAD, low, high)
        await call.wait_for_disconnect()

    server = await serve(station)
    hearing = asyncio.create_task(heard_until(live.hub(), lambda m: m.get("audio_time", 0) > 5))
    await live.start(LiveRequest(source="url", url=server.url("/radio.ogg")))
    messages = await hearing
    assert {message["type"] for message in messages} == {"frame", "state"}
    for after_s, frequency_hz in ((0.5, 500), (3.5, 2000)):
        frame = next(m for m in messages if m["type"] == "frame" and m["audio_time"] > after_s)
        assert loudest_hz(frame) == pytest.approx(frequency_hz, abs=44100 / 1024)
    assert server.connections == 1


async def test_the_guards_hold_for_old_shoutcast_servers(live: LiveSessions, serve: Serve) -> None:
    async def never_ending(call: Call) -> None:
        await call.send(b"ICY 200 OK\r\n")
        while True:
            await call.send(b"icy-name:" + b"x" * (1 << 14))

    for script, error in (
        (lambda call: call.send(b"ICY 404 Resource Not Found\r\n\r\n"), SourceFailedError),
        (lambda call: call.send(b"ICY 302 Found\r\nLocation: http://10.0.0.1/radio\r\n\r\n"), SourceBlockedError),
        (lambda call: call.send(b"ICY"), SourceFailedError),
        (lambda call: call.send(b"SPDY 200 OK\r\n\r\n"), SourceFailedError),
        (never_ending, SourceFailedError),
    ):
        server = await serve(script)
        with pytest.raises(error):
            await live.start(LiveRequest(source="url", url=server.url()))


async def test_a_broken_stream_stalls_and_is_found_again(live: LiveSessions, serve: Serve) -> None:
    low, high = mp3(3, 500.0), mp3(30, 2000.0)

    async def station(call: Call) -> None:
        if 0 < call.number < N_AWAY:
            await call.respond(status="503 Service Unavailable")
        else:
            await broadcast(call, *((low, 3) if call.number == 0 else (high, 30)), burst_s=2.0)

    server = await serve(station)
    hearing = asyncio.create_task(heard_until(live.hub(), of_type("gap"), 30))
    await live.start(LiveRequest(source="url", url=server.url()))
    messages = await hearing
    assert server.connections == N_AWAY + 1
    said = [message for message in messages if message["type"] not in ("frame", "state")]
    assert [message["type"] for message in said] == ["stalled", "resumed", "gap"]
    assert said[0]["reason"] in ("source-truncated", "source-error")
    assert said[2]["reason"] == "late"
    assert 0.5 < said[2]["duration_s"] < 10
    after = await heard_until(live.hub(), lambda m: m["type"] == "frame" and loudest_hz(m) > 1500)
    assert after[-1]["audio_time"] > messages[-1]["audio_time"]
    assert live.status().n_restarts == 0


async def test_a_station_that_falls_silent_is_said_to_stall(live: LiveSessions, serve: Serve) -> None:
    async def falling_silent(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n", mp3(3))
        await call.wait_for_disconnect()

    server = await serve(falling_silent)
    hearing = asyncio.create_task(heard_until(live.hub(), of_type("stalled")))
    await live.start(LiveRequest(source="url", url=server.url()))
    assert (await hearing)[-1]["audio_time"] == pytest.approx(3.0, abs=0.3)
    assert live.status().state == "stalled"


@pytest.mark.parametrize("kinds", [kinds_with("url", retry=RetryLimits(Backoff(0.01, 0.05), max_crashes=3))])
async def test_a_stream_that_crashes_its_decoder_again_and_again_is_given_up(live: LiveSessions, serve: Serve) -> None:
    others = children()

    async def crashing(call: Call) -> None:
        if call.number == 0:
            await broadcast(call, mp3(30), 30)
        else:
            kill(children() - others)

    server = await serve(crashing)
    hearing = asyncio.create_task(heard_until(live.hub(), lambda m: m.get("state") == "stopped", 20))
    await live.start(LiveRequest(source="url", url=server.url()))
    kill(children() - others)
    said = [(m["type"], m.get("reason")) for m in await hearing if m["type"] not in ("frame", "state")]
    assert said == [("device_lost", "gone"), ("ended", "decoder-crashed")]
    assert server.connections == 3
    assert live.status().is_recording is False


@pytest.mark.parametrize(
    "kinds", [kinds_with("url", retry=RetryLimits(Backoff(0.01, 0.05), steady_s=0.2, max_crashes=2))]
)
async def test_a_stream_that_plays_between_crashes_is_not_given_up(live: LiveSessions, serve: Serve) -> None:
    others, sound = children(), mp3(30)
    server = await serve(lambda call: broadcast(call, sound, 30))
    await live.start(LiveRequest(source="url", url=server.url()))
    for n_crashes in range(1, 4):
        await heard_until(live.hub(), frames(15))
        kill(children() - others)
        await heard_until(live.hub(), of_type("gap"))
        assert live.status().n_restarts == n_crashes


async def test_a_file_behind_an_address_is_played_once(live: LiveSessions, serve: Serve) -> None:
    server = await serve(lambda call: call.respond(wav_bytes(tone(1000, 1.5))))
    hearing = asyncio.create_task(heard_until(live.hub(), lambda m: m.get("state") == "stopped"))
    await live.start(LiveRequest(source="url", url=server.url("/song.wav")))
    messages = await hearing
    assert [message["type"] for message in messages][-2:] == ["ended", "state"]
    assert sum(message["type"] == "frame" for message in messages) == int(1.5 * 44100 // 1024)
    assert server.connections == 1


async def test_what_is_no_stream_is_refused_with_its_reason(live: LiveSessions, serve: Serve) -> None:
    playlist = await serve(lambda call: call.respond(b"#EXTM3U\nfile:///etc/passwd\n" * 100))
    missing = await serve(lambda call: call.respond(status="404 Not Found"))
    for url, error in (
        (playlist.url("/list.m3u8"), UndecodableMediaError),
        (missing.url(), SourceFailedError),
        ("http://127.0.0.1:1/", SourceUnreachableError),
        ("ftp://example.org/radio", InvalidUrlError),
    ):
        with pytest.raises(error):
            await live.start(LiveRequest(source="url", url=url))
        assert live.status().is_recording is False


@pytest.mark.parametrize("kinds", [kinds_with("url", open_s=3.0)])
async def test_hostile_streams_are_refused_in_bounded_time(live: LiveSessions, serve: Serve) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n"

    async def rubbish(call: Call) -> None:
        await call.send(head)
        noise = np.random.default_rng(1).bytes(1 << 16)
        while True:
            await call.send(noise)

    async def drip(call: Call) -> None:
        await call.send(head)
        for byte in mp3(1):
            await call.send(bytes((byte,)))
            await asyncio.sleep(0.05)

    async def compressed(call: Call) -> None:
        await call.respond(b"x" * 1000, headers=("Content-Encoding: gzip",))

    async def elsewhere(call: Call) -> None:
        await call.respond(status="302 Found", headers=("Location: http://10.0.0.1/radio",))

    async def round_and_round(call: Call) -> None:
        await call.respond(status="302 Found", headers=("Location: /again",))

    for script, error in (
        (rubbish, UndecodableMediaError),
        (drip, SourceTimeoutError),
        (compressed, SourceEncodingError),
        (elsewhere, SourceBlockedError),
        (round_and_round, SourceTooManyRedirectsError),
    ):
        server = await serve(script)
        began_s = asyncio.get_running_loop().time()
        with pytest.raises(error):
            await live.start(LiveRequest(source="url", url=server.url()))
        assert asyncio.get_running_loop().time() - began_s < 5
        assert live.status().is_recording is False


async def test_a_channel_that_a_stream_does_not_have_is_refused(live: LiveSessions, serve: Serve) -> None:
    server = await serve(lambda call: call.respond(mp3(2)))
    with pytest.raises(ValidationError, match="channels"):
        await live.start(LiveRequest(source="url", url=server.url(), channel=3))


async def test_private_addresses_are_not_dialled_unless_they_are_allowed(published: Published, serve: Serve) -> None:
    server = await serve(lambda call: call.respond(mp3(1)))
    async with Supervisor() as supervisor, LiveSessions(supervisor, published) as live:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
            with pytest.raises(SourceBlockedError) as refusal:
                await live.start(LiveRequest(source="url", url=server.url(host=host)))
            assert "TACTUS_ALLOW_PRIVATE" in refusal.value.detail
    assert server.connections == 0
