"""The sound inputs of this machine, as PortAudio sees them.

Call these in a child process that can be killed: PortAudio waits for ever for a frozen audio server, and a list is
taken anew only by ending PortAudio, which breaks open streams.
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
    "linux": "What this computer plays can be heard with PulseAudio or PipeWire only; is one running (pactl info)?",
    "darwin": "macOS has no way to hear what it plays; install BlackHole and choose it as an output.",
    "win32": "Turn on 'Stereo Mix' among the recording devices, or install VB-Cable.",
}


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A sound input.

    Args:
        index: Its number in PortAudio's list; moves when devices come and go.
        name: As the system calls it.
        channels: How many it has at most.
        sample_rate: At which it works by itself [Hz].
        id: Made of host API and name, with a number behind equal ones: stays when indices move.
        is_default: Whether the system records from it unless told otherwise.
        is_loopback: Whether it hears what the computer plays.
        host_api: The system's sound interface: "ALSA", "Core Audio", "Windows WASAPI", "JACK Audio Connection Kit".
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
    """The sounddevice module; importing it starts PortAudio, so it happens here and not at the top of a file.

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
    """All inputs, in the order of their indices.

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
        lasting = re.sub(r"\s*\((plug)?hw:[\d,]+\)", "", device["name"])
        identity = re.sub(r"[^a-z0-9]+", "-", f"{api} {lasting}".lower()).strip("-")
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
    """What to do where there is no input, on this system."""
    return _here(_NO_INPUT)


def chosen_device(devices: Sequence[InputDevice], wanted: int | str | None) -> InputDevice:
    """The device that a caller means.

    Args:
        devices: Those there are.
        wanted: An index, an id, a name, or part of a name that only one device has; None: the default.

    Raises:
        AudioUnavailableError: There is none at all (`reason` "no-input-device").
        DeviceNotFoundError: There is none of that name, or several.
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
    """The device that hears what the computer plays, and the environment variables with which to open it.

    On Linux PulseAudio and PipeWire keep a monitor of what they play: their ALSA plugin records it when it is named in
    the environment. Elsewhere, and with JACK, such a device has a name of its own.

    Raises:
        AudioUnavailableError: There is none (`reason` "no-loopback-device").
    """
    named = [device for device in devices if device.is_loopback]
    if named:
        return named[0], {}
    served = [device for device in devices if device.name in ("pulse", "pipewire", "default")]
    if sys.platform == "linux" and served:
        return served[0], {"PULSE_SOURCE": "@DEFAULT_MONITOR@"}
    raise AudioUnavailableError(_here(_NO_LOOPBACK), reason="no-loopback-device", retry_after_s=5)


def device_error(code: int, device: InputDevice) -> TactusError:
    """What a PortAudio error means to the caller who wanted `device`."""
    if code in (-9985, -9993):  # paDeviceUnavailable, paBadIODeviceCombination
        return DeviceBusyError(f"{device.name!r} is in use by another program; close it, or choose another device.")
    if code in (-9998, -9997, -9994):  # paInvalidChannelCount, paInvalidSampleRate, paSampleFormatNotSupported
        return ValidationError(
            f"{device.name!r} cannot deliver sound in a form that Tactus can use.", reason="device-unsupported-format"
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
