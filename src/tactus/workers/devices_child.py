"""Lists sound inputs, in a child because PortAudio can hang, and must be started anew to see new devices."""

from dataclasses import asdict

from tactus.audio.sources.devices import input_devices, no_input_remedy
from tactus.workers.messages import Channel


def run(channel: Channel) -> None:
    """Say `progress` at once, and `result` with `devices`, and where there are none `reason` and `remedy`."""
    channel.send("progress")
    devices = [asdict(device) for device in input_devices()]
    channel.send(
        "result",
        {
            "devices": devices,
            "reason": None if devices else "no-input-device",
            "remedy": None if devices else no_input_remedy(),
        },
    )
