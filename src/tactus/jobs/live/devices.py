"""List of input devices, made in a child that can be killed: a frozen audio server never answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tactus.errors import AudioUnavailableError, DeviceNotFoundError, DeviceTimeoutError
from tactus.jobs.live.child_messages import BEGIN_S, LIVE_LIMITS
from tactus.workers.supervisor import ChildCrashedError, Supervisor

LIST_DEVICES_S = 5.0
"""Time to list devices [s]: PortAudio waits without limit for a frozen audio server."""


@dataclass(frozen=True, slots=True)
class DeviceList:
    """The input devices of this machine.

    Args:
        devices: Each with `index`, `name`, `channels`, `sample_rate`, `id`, `is_default`, `is_loopback`, `host_api`.
        reason: Slug of why the list is empty ("no-input-device"); None where it is not.
        remedy: What to do about it, a sentence.
    """

    devices: list[dict[str, Any]] = field(default_factory=list)
    reason: str | None = None
    remedy: str | None = None

    def named(self, wanted: int | str) -> Mapping[str, Any]:
        """The device with an index, stable id or name.

        Raises:
            AudioUnavailableError: There is no device at all.
            DeviceNotFoundError: There is no such device.
        """
        if not self.devices:
            raise AudioUnavailableError(self.remedy or "", reason=self.reason, retry_after_s=5)
        for key in ("index", "id", "name"):
            for device in self.devices:
                if device[key] == wanted or (key == "index" and str(device[key]) == wanted):
                    return device
        raise DeviceNotFoundError(f"There is no input device {wanted!r}; GET /devices lists them.")


async def list_devices(supervisor: Supervisor) -> DeviceList:
    """List the input devices.

    Raises:
        AudioUnavailableError: There is no PortAudio (`reason` "no-portaudio").
        DeviceTimeoutError: The audio server did not answer.
    """
    now_s = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(BEGIN_S) as limit:
            answer = await supervisor.call(
                "tactus.workers.devices_child:run",
                limits=LIVE_LIMITS,
                on_progress=lambda _: limit.reschedule(now_s() + LIST_DEVICES_S),
            )
    except TimeoutError as error:
        raise DeviceTimeoutError("The audio server does not answer; restart it.", reason="frozen") from error
    except ChildCrashedError as error:
        raise AudioUnavailableError("Asking for devices crashed the sound library.", reason="crashed") from error
    return DeviceList(**answer.fields)
