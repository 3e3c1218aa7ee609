"""Checks of `tactus doctor`: each tries a capability of this machine, and returns a verdict with a remedy."""

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
"""Tempo of the click track [beats per minute]."""
CLICKS_S = 12
"""Duration of the click track [s]."""
RECORDING_S = 1.0
"""Duration of the recording from the microphone [s]."""
TIMEOUT_S = 60.0
"""Time for a live session to send messages [s]: on a slow machine, the first start takes long to load."""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """Inputs of the checks.

    Args:
        settings: Settings of the environment.
        live: Live sessions, for the checks of live sound.
    """

    settings: Settings
    live: LiveSessions


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Result of a check.

    Args:
        verdict: "good"; "absent": missing, but Tactus works without it; "broken": Tactus does not work without it.
        text: Description of what the check found.
        remedy: Instruction for the user; empty where none is needed.
    """

    verdict: Literal["good", "absent", "broken"]
    text: str
    remedy: str = ""


async def check_python(_: CheckContext) -> CheckResult:
    """Check the versions of Tactus, Python and the system."""
    return CheckResult(
        "good", f"Tactus {__version__} on Python {platform.python_version()}, {platform.platform(terse=True)}"
    )


async def check_decoders(_: CheckContext) -> CheckResult:
    """Check the decoders of common formats."""
    import av  # noqa: PLC0415  only this check needs it

    codecs = {"mp3": "mp3float", "aac": "aac", "flac": "flac", "vorbis": "vorbis", "opus": "opus", "alac": "alac"}
    missing = [name for name, codec in codecs.items() if codec not in av.codecs_available]
    if missing:
        return CheckResult("broken", f"cannot decode {', '.join(missing)}", "Install PyAV's own wheel: pip install av")
    return CheckResult("good", f"wav, aiff, {', '.join(codecs)} (PyAV {av.__version__}; no ffmpeg program needed)")


async def check_tracks(context: CheckContext) -> CheckResult:
    """Check the analysis of tracks with a click track of known tempo, from the child process to the encoded result."""
    from tactus.app import open_tracks  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="tactus-doctor-") as folder:
        path = Path(folder) / "clicks.wav"
        _write_clicks(path)
        own = context.settings.model_copy(update={"data_folder": Path(folder)})
        try:
            async with open_tracks(own) as analyses:
                encoded = await analyses.analyse_file(path, "0" * 64, own.track_options, cache_result=False)
        except TactusError as error:
            return CheckResult("broken", f"a click track could not be analysed: {error.detail}")
    analysis: dict[str, Any] = orjson.loads(zstandard.ZstdDecompressor().decompressobj().decompress(encoded.body))
    bpm = analysis["bpm"]
    if bpm is None or abs(bpm - CLICKS_BPM) > 0.01 * CLICKS_BPM:
        return CheckResult("broken", f"the tempo of a click track of {CLICKS_BPM:.0f} bpm was estimated as {bpm}")
    n_frames = analysis["frames"]["n_frames"]
    return CheckResult(
        "good",
        f"click track of {CLICKS_BPM:.0f} bpm: {bpm:.2f} bpm, {len(analysis['beat_times'])} beats, {n_frames} frames",
    )


async def check_live_sound(context: CheckContext) -> CheckResult:
    """Check the live engine with the demo."""
    try:
        frames = await _record_frames(context.live, LiveRequest(session="doctor-demo", source="demo"), _is_sounding)
    except (TactusError, TimeoutError) as error:
        return CheckResult("broken", f"the live engine sends no messages: {error or 'it took too long'}")
    if not _is_sounding(frames):
        return CheckResult("broken", "the live engine ended without a message")
    n_bins = len(frames[-1]["frequency_data"])
    return CheckResult("good", f"the demo plays: {n_bins} spectrum bins, bass, mid, treble, beats")


async def check_portaudio(context: CheckContext) -> CheckResult:
    """Check PortAudio, and list its inputs."""
    try:
        inputs = await context.live.list_devices()
    except TactusError as error:
        return CheckResult("absent", "no inputs; files and the demo work without", error.detail)
    names = ", ".join(repr(device["name"]) for device in inputs.devices)
    return CheckResult("good", f"installed; inputs: {names or 'none'}")


async def check_microphone(context: CheckContext) -> CheckResult:
    """Check that one second of the default input arrives and is not all zeros."""
    request = LiveRequest(session="doctor-microphone")
    try:
        frames = await _record_frames(context.live, request, _has_recording)
    except TactusError as error:
        return CheckResult("absent", "cannot be recorded; files and the demo work without", error.detail)
    except TimeoutError:
        return CheckResult("absent", "delivers no data", "Is the audio server frozen? Restart it.")
    name = context.live.status(request.session).device_name
    peak = max((abs(sample) for frame in frames for sample in frame["time_domain_data"]), default=0.0)
    if peak == 0:
        return CheckResult(
            "absent",
            f"{name!r} delivers nothing but zeros",
            "It is muted, or this program may not use it (macOS: System Settings, Privacy & Security, Microphone).",
        )
    return CheckResult("good", f"{name!r} delivers sound; its peak was {peak:.5f} of full scale")


async def check_redis(context: CheckContext) -> CheckResult:
    """Check the Redis server, if there is one."""
    from redis.exceptions import RedisError  # noqa: PLC0415

    from tactus.app import DEFAULT_REDIS_URL  # noqa: PLC0415
    from tactus.store.redis import redis_client  # noqa: PLC0415

    client = redis_client(context.settings.redis_url or DEFAULT_REDIS_URL)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        if context.settings.redis_url is None:
            return CheckResult(
                "absent", "none at localhost:6379; results are stored on disk, clients use the WebSocket"
            )
        kind = type(error).__name__
        return CheckResult(
            "absent", f"REDIS_URL is set, but the server does not respond ({kind})", "Is it running? redis-cli ping"
        )
    finally:
        await client.aclose()
    return CheckResult("good", "responds; results and live messages are published there")


async def check_storage(context: CheckContext) -> CheckResult:
    """Check that the data folder can be written."""
    folder = context.settings.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"tactus")
    except OSError as error:
        remedy = "Set TACTUS_DATA_FOLDER to a writable folder."
        return CheckResult("absent", f"{folder} cannot be written ({error.strerror}); results are not stored", remedy)
    return CheckResult("good", f"{folder}, at most {context.settings.store_bytes >> 20} MiB")


async def check_port(context: CheckContext) -> CheckResult:
    """Check whether the port of the service is free."""
    with socket.socket() as probe:
        is_taken = probe.connect_ex(("127.0.0.1", context.settings.port)) == 0
    if is_taken:
        return CheckResult("good", f"{context.settings.port} is in use: Tactus is running there, or another program")
    return CheckResult("good", f"{context.settings.port} is free")


async def check_protections(context: CheckContext) -> CheckResult:
    """List the protections that this system lacks, and the access that the settings allow."""
    settings, exposures = context.settings, []
    if not settings.is_loopback_only:
        exposures.append(f"listens on {settings.listen_host}")
    if settings.allow_private:
        exposures.append("fetches from private addresses (TACTUS_ALLOW_PRIVATE)")
    if settings.allowed_origins:
        exposures.append(f"pages of {', '.join(settings.allowed_origins)} may call")
    if sys.platform != "linux":
        exposures.append("decoders have no memory limit on this system")
    text = "; ".join(exposures) or "this machine only, no foreign pages, no private addresses, decoders bounded"
    return CheckResult("good", text + ("; a token is required" if settings.api_token else ""))


Frames = list[dict[str, Any]]


async def _record_frames(live: LiveSessions, request: LiveRequest, is_enough: Callable[[Frames], bool]) -> Frames:
    """Start a session, and return its frames once they suffice or the session ends.

    Raises:
        TimeoutError: Neither happened in time.
    """
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


def _has_recording(frames: Frames) -> bool:
    return bool(sum(len(frame["time_domain_data"]) / frame["sample_rate"] for frame in frames) >= RECORDING_S)


def _write_clicks(path: Path) -> None:
    """Write decaying 1 kHz clicks, one every half second, 44.1 kHz mono 16 bit."""
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
