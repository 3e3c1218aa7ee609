"""Input devices of this machine, through PortAudio.

To be called in a child process that can be killed: PortAudio waits without limit for a frozen audio server, and it
refreshes its list only by a restart, which breaks open streams.
"""

import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tactus.errors import AudioUnavailableError, DeviceBusyError, DeviceNotFoundError, TactusError, ValidationError

_LOOPBACK = re.compile(r"monitor|loopback|stereo mix|what u hear|blackhole|soundflower|vb-?cable|cable output", re.I)

_NO_PORTAUDIO = {
    "linux": "The PortAudio library is missing. Install it: sudo apt-get install libportaudio2 (Debian, Ubuntu), "
    "sudo dnf install portaudio (Fedora), sudo pacman -S portaudio (Arch); then start Tactus again.",
    "darwin": "The PortAudio library is missing. Install sounddevice's wheel again, or: brew install portaudio.",
    "win32": "The PortAudio library is missing. Install again: pip install --force-reinstall sounddevice.",
}
_NO_INPUT = {
    "linux": "No sound input was found. Is a microphone plugged in, is PulseAudio or PipeWire running (pactl info), "
    "and is this user in the group 'audio'? With PulseAudio or PipeWire, PortAudio needs the package "
    "libasound2-plugins or pipewire-alsa. A container sees no sound card unless it is given /dev/snd.",
    "darwin": "No sound input was found. Plug one in, and allow the terminal to use the microphone: System Settings, "
    "Privacy & Security, Microphone.",
    "win32": "No sound input was found. Plug one in, and allow it: Settings, Privacy, Microphone, Let desktop apps "
    "access your microphone.",
}
_NO_LOOPBACK = {
    "linux": "Recording what this computer plays needs PulseAudio or PipeWire; is one running (pactl info)?",
    "darwin": "macOS cannot record what it plays; install BlackHole and choose it as an output.",
    "win32": "Turn on 'Stereo Mix' among the recording devices, or install VB-Cable.",
}


@dataclass(frozen=True, slots=True)
class InputDevice:
    """An input device.

    Args:
        index: Index in PortAudio's list; changes when devices come and go.
        name: Name in the system.
        channels: Maximum number of channels.
        sample_rate: Default sample rate [Hz].
        id: Stable id, made of host API and name, with a number where names are equal.
        is_default: Whether it is the system's default input.
        is_loopback: Whether it records what the computer plays.
        host_api: Sound interface of the system: "ALSA", "Core Audio", "Windows WASAPI", "JACK Audio Connection Kit".
    """

    index: int
    name: str
    channels: int
    sample_rate: float
    id: str
    is_default: bool
    is_loopback: bool
    host_api: str


def portaudio() -> ModuleType:
    """Import sounddevice; that starts PortAudio, and so does not happen at the top of a file.

    Raises:
        AudioUnavailableError: The library is not installed (`reason` "no-portaudio").
    """
    try:
        import sounddevice  # noqa: PLC0415  see above
    except OSError as error:
        raise AudioUnavailableError(_here(_NO_PORTAUDIO), reason="no-portaudio", retry_after_s=60) from error
    module: ModuleType = sounddevice
    return module


def input_devices() -> list[InputDevice]:
    """All input devices, by index.

    Raises:
        AudioUnavailableError: There is no PortAudio.
    """
    sounddevice = portaudio()
    apis: Sequence[dict[str, Any]] = sounddevice.query_hostapis()
    default = sounddevice.default.device[0]
    if default < 0:
        default = next((api["default_input_device"] for api in apis if api["default_input_device"] >= 0), -1)
    seen: Counter[str] = Counter()
    found = []
    for index, device in enumerate(sounddevice.query_devices()):
        if device["max_input_channels"] < 1:
            continue
        api = apis[device["hostapi"]]["name"]
        # ALSA appends its own numbering, "(hw:1,0)", which moves as indices do.
        stable = re.sub(r"\s*\((plug)?hw:[\d,]+\)", "", device["name"])
        identity = re.sub(r"[^a-z0-9]+", "-", f"{api} {stable}".lower()).strip("-")
        seen[identity] += 1
        found.append(
            InputDevice(
                index=index,
                name=device["name"],
                channels=device["max_input_channels"],
                sample_rate=device["default_samplerate"],
                id=identity if seen[identity] == 1 else f"{identity}-{seen[identity]}",
                is_default=index == default,
                is_loopback=bool(_LOOPBACK.search(device["name"])),
                host_api=api,
            )
        )
    return found


def no_input_remedy() -> str:
    """Advice for this system when there is no input device."""
    return _here(_NO_INPUT)


def chosen_device(devices: Sequence[InputDevice], wanted: int | str | None) -> InputDevice:
    """The device that matches a request.

    Args:
        devices: All input devices.
        wanted: An index, an id, a name, or part of a name that only one device has; None: the default.

    Raises:
        AudioUnavailableError: There are no input devices (`reason` "no-input-device").
        DeviceNotFoundError: No device matches, or several do.
    """
    if not devices:
        raise AudioUnavailableError(no_input_remedy(), reason="no-input-device", retry_after_s=5)
    if wanted is None:
        return next((device for device in devices if device.is_default), devices[0])
    text = str(wanted)
    for key in ("index", "id", "name"):
        for device in devices:
            if str(getattr(device, key)) == text:
                return device
    parts = [device for device in devices if text.lower() in device.name.lower()]
    if len(parts) != 1 or isinstance(wanted, int):
        raise DeviceNotFoundError(f"There is no input device {wanted!r}; GET /devices lists them.")
    return parts[0]


def loopback_device(devices: Sequence[InputDevice]) -> tuple[InputDevice, dict[str, str]]:
    """The device that records what the computer plays, and the environment variables with which to open it.

    On Linux, PulseAudio and PipeWire have a monitor of their output, which their ALSA plugin records when the
    environment names it. Elsewhere, and with JACK, such a device has a name of its own.

    Raises:
        AudioUnavailableError: There is no such device (`reason` "no-loopback-device").
    """
    named = [device for device in devices if device.is_loopback]
    if named:
        return named[0], {}
    served = [device for device in devices if device.name in ("pulse", "pipewire", "default")]
    if sys.platform == "linux" and served:
        return served[0], {"PULSE_SOURCE": "@DEFAULT_MONITOR@"}
    raise AudioUnavailableError(_here(_NO_LOOPBACK), reason="no-loopback-device", retry_after_s=5)


def device_error(code: int, device: InputDevice) -> TactusError:
    """The error of this program for a PortAudio error code of a device."""
    if code in (-9985, -9993):  # paDeviceUnavailable, paBadIODeviceCombination
        return DeviceBusyError(f"{device.name!r} is in use by another program; close it, or choose another device.")
    if code in (-9998, -9997, -9994):  # paInvalidChannelCount, paInvalidSampleRate, paSampleFormatNotSupported
        return ValidationError(
            f"{device.name!r} has no sample format that Tactus can use.", reason="device-unsupported-format"
        )
    if code == -9996:  # paInvalidDevice
        return DeviceNotFoundError(f"{device.name!r} is gone; GET /devices lists what there is.")
    return AudioUnavailableError(
        f"{device.name!r} cannot be opened; it may be unplugged, or its driver or audio server broken.",
        reason="device-failed",
        retry_after_s=5,
    )


def _here(texts: dict[str, str]) -> str:
    return texts.get(sys.platform, texts["linux"])
