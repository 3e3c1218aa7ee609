"""Child process that lists sound inputs: PortAudio can hang, and must be started again to find new devices."""

from dataclasses import asdict

from tactus.audio.sources.devices import input_devices, no_input_remedy
from tactus.workers.messages import Channel


def run(channel: Channel) -> None:
    """Send "progress" at once, then "result" `{devices, reason, remedy}`, the last two null if there are devices."""
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
