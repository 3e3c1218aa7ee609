"""What a doctor looks at: each check tries the real thing, and tells what is to be done."""

import asyncio
import platform
import socket
import struct
import sys
import tempfile
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, pi, sin
from pathlib import Path
from typing import Any, Literal

import orjson
import zstandard

from tactus import __version__
from tactus.errors import TactusError
from tactus.jobs.live.sessions import LiveSessions
from tactus.settings import Settings
from tactus.workers.live_options import LiveRequest

CLICKS_BPM = 120.0
CLICKS_S = 12
ZEROS_LISTENED_S = 1.0
TIMEOUT_S = 60.0
"""For a live session that says nothing [s]: the first start on a slow machine loads for long."""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What is looked at.

    Args:
        settings: What the environment says.
        live: Live sound, for the checks that listen.
    """

    settings: Settings
    live: LiveSessions


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found.

    Args:
        verdict: "good"; "absent": not there, and Tactus works without; "broken": Tactus does not work without.
        text: What was seen.
        remedy: What to do; empty where nothing is to be done.
    """

    verdict: Literal["good", "absent", "broken"]
    text: str
    remedy: str = ""


async def python(_: CheckContext) -> CheckResult:
    """The ground that everything stands on."""
    return CheckResult(
        "good", f"Tactus {__version__} on Python {platform.python_version()}, {platform.platform(terse=True)}"
    )


async def decoders(_: CheckContext) -> CheckResult:
    """The formats that people have."""
    import av  # noqa: PLC0415  only this check needs it

    wanted = {"mp3": "mp3float", "aac": "aac", "flac": "flac", "vorbis": "vorbis", "opus": "opus", "alac": "alac"}
    missing = [name for name, codec in wanted.items() if codec not in av.codecs_available]
    if missing:
        return CheckResult("broken", f"cannot decode {', '.join(missing)}", "Install PyAV's own wheel: pip install av")
    return CheckResult("good", f"wav, aiff, {', '.join(wanted)} (PyAV {av.__version__}; no ffmpeg program needed)")


async def tracks(context: CheckContext) -> CheckResult:
    """A click track of known tempo through the whole engine: child, decoder, features, tempo, key, serialisation."""
    from tactus.app import open_tracks  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="tactus-doctor-") as folder:
        path = Path(folder) / "clicks.wav"
        _write_clicks(path)
        own = context.settings.model_copy(update={"data_folder": Path(folder)})
        try:
            async with open_tracks(own) as analyses:
                answer = await analyses.analyse_file(path, "0" * 64, own.track_options, cache_result=False)
        except TactusError as error:
            return CheckResult("broken", f"a click track could not be analysed: {error.detail}")
    found: dict[str, Any] = orjson.loads(zstandard.ZstdDecompressor().decompressobj().decompress(answer.body))
    bpm = found["bpm"]
    if bpm is None or abs(bpm - CLICKS_BPM) > 0.01 * CLICKS_BPM:
        return CheckResult("broken", f"a click track of {CLICKS_BPM:.0f} bpm was heard at {bpm}")
    n_frames = found["frames"]["n_frames"]
    return CheckResult(
        "good", f"heard {bpm:.2f} bpm in {CLICKS_BPM:.0f}, {len(found['beat_times'])} beats, {n_frames} frames"
    )


async def live_sound(context: CheckContext) -> CheckResult:
    """The demo through the live engine."""
    try:
        frames = await _heard(context.live, LiveRequest(session="doctor-demo", source="demo"), _is_sounding)
    except (TactusError, TimeoutError) as error:
        return CheckResult("broken", f"the live engine says nothing: {error or 'it took too long'}")
    if not _is_sounding(frames):
        return CheckResult("broken", "the live engine ended before it said anything")
    n_bins = len(frames[-1]["frequency_data"])
    return CheckResult("good", f"the demo plays: {n_bins} spectrum bins, bass, mid, treble, beats")


async def portaudio(context: CheckContext) -> CheckResult:
    """The library that hears microphones, and the inputs that it knows."""
    try:
        known = await context.live.list_devices()
    except TactusError as error:
        return CheckResult("absent", "knows no inputs; files and the demo work without", error.detail)
    names = ", ".join(repr(device["name"]) for device in known.devices)
    return CheckResult("good", f"installed; inputs: {names or 'none'}")


async def microphone(context: CheckContext) -> CheckResult:
    """One second of the default input: does it deliver, and is it more than zeros?"""
    request = LiveRequest(session="doctor-microphone")
    try:
        frames = await _heard(context.live, request, _is_long)
    except TactusError as error:
        return CheckResult("absent", "cannot be heard; files and the demo work without", error.detail)
    except TimeoutError:
        return CheckResult("absent", "delivers nothing", "Is the audio server frozen? Restart it.")
    name = context.live.status(request.session).device_name
    loudest = max((abs(sample) for frame in frames for sample in frame["time_domain_data"]), default=0.0)
    if loudest == 0:
        return CheckResult(
            "absent",
            f"{name!r} delivers nothing but zeros",
            "It is muted, or this program may not use it (macOS: System Settings, Privacy & Security, Microphone).",
        )
    return CheckResult("good", f"{name!r} is heard, its loudest sample was {loudest:.5f} of full scale")


async def redis(context: CheckContext) -> CheckResult:
    """The server that caches and publishes, where there is one."""
    from redis.exceptions import RedisError  # noqa: PLC0415

    from tactus.app import DEFAULT_REDIS_URL  # noqa: PLC0415
    from tactus.store.redis import redis_client  # noqa: PLC0415

    client = redis_client(context.settings.redis_url or DEFAULT_REDIS_URL)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        if context.settings.redis_url is None:
            return CheckResult(
                "absent", "none at localhost:6379; results are kept on disk, listeners use the WebSocket"
            )
        kind = type(error).__name__
        return CheckResult(
            "absent", f"REDIS_URL is set, but it does not answer ({kind})", "Is it running? redis-cli ping"
        )
    finally:
        await client.aclose()
    return CheckResult("good", "answers; results are cached and live sound is published there")


async def storage(context: CheckContext) -> CheckResult:
    """Where results are kept."""
    folder = context.settings.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"tactus")
    except OSError as error:
        remedy = "Set TACTUS_DATA_FOLDER to a folder that may be written."
        return CheckResult("absent", f"{folder} cannot be written ({error.strerror}); nothing is remembered", remedy)
    return CheckResult("good", f"{folder}, at most {context.settings.store_bytes >> 20} MiB")


async def port(context: CheckContext) -> CheckResult:
    """Whether the service could listen."""
    with socket.socket() as probe:
        is_taken = probe.connect_ex(("127.0.0.1", context.settings.port)) == 0
    if is_taken:
        return CheckResult("good", f"{context.settings.port} answers: Tactus is running there, or another program is")
    return CheckResult("good", f"{context.settings.port} is free")


async def protections(context: CheckContext) -> CheckResult:
    """Which of the protections this system has, and what the settings open."""
    settings, opened = context.settings, []
    if not settings.is_loopback_only:
        opened.append(f"listens on {settings.listen_host}")
    if settings.allow_private:
        opened.append("fetches from private addresses (TACTUS_ALLOW_PRIVATE)")
    if settings.allowed_origins:
        opened.append(f"pages of {', '.join(settings.allowed_origins)} may call")
    if sys.platform != "linux":
        opened.append("decoders have no memory limit on this system")
    said = "; ".join(opened) or "this machine only, no foreign pages, no private addresses, decoders bounded"
    return CheckResult("good", said + ("; a token is asked for" if settings.api_token else ""))


Frames = list[dict[str, Any]]


async def _heard(live: LiveSessions, request: LiveRequest, is_enough: Callable[[Frames], bool]) -> Frames:
    """The frames of a session until they are enough, or it ends; `TimeoutError` where neither happens."""
    frames: Frames = []
    with live.hub(request.session).listen() as messages:
        async with asyncio.timeout(TIMEOUT_S):
            await live.start(request)
            async for message in messages:
                if message.is_frame:
                    frames.append(message.to_dict())
                    if is_enough(frames):
                        break
    return frames


def _is_sounding(frames: Frames) -> bool:
    return bool(frames) and bool(frames[-1]["overall_volume_raw"] > 0)


def _is_long(frames: Frames) -> bool:
    return bool(sum(len(frame["time_domain_data"]) / frame["sample_rate"] for frame in frames) >= ZEROS_LISTENED_S)


def _write_clicks(path: Path) -> None:
    """Decaying 1 kHz clicks, one every half second, 44.1 kHz mono 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(b"".join(_samples()))


def _samples() -> Iterator[bytes]:
    interval = round(44100 * 60 / CLICKS_BPM)
    click = [round(20000 * sin(2 * pi * 1000 * n / 44100) * exp(-n / 400)) for n in range(4000)]
    beat = struct.pack(f"<{interval}h", *click, *[0] * (interval - len(click)))
    for _ in range(round(CLICKS_S * CLICKS_BPM / 60)):
        yield beat
