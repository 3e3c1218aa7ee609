"""What a caller wants to hear, and what a session's process is told of it."""

import time
from dataclasses import dataclass
from pathlib import Path

from tactus.analysis.live.beat_controls import BeatControls
from tactus.jobs.live.config import LiveConfig
from tactus.workers.live_options import DEFAULT_SESSION, LiveOptions, LiveSource


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What a caller wants to hear.

    Args:
        session: Its name.
        source: Where the sound comes from.
        device: Index, stable id or name of the input device; None: the one chosen by `switch_device`, or the default.
        channel: Which channel to hear, 0 being the first; None: the mean of all.
        gain_db: Input gain [dB].
        offset_ms: Beats are told so much later, negative: earlier [ms].
        attack_ms: Time constant with which levels rise [ms].
        release_ms: With which they fall [ms].
        url: The stream of source "url".
        file: The name of a file in the media folder, for source "file".
        path: The file of source "file" itself, which only the command line may name.
    """

    session: str = DEFAULT_SESSION
    source: LiveSource = "device"
    device: int | str | None = None
    channel: int | None = None
    gain_db: float = 0.0
    offset_ms: float = 0.0
    attack_ms: float = 5.0
    release_ms: float = 120.0
    url: str | None = None
    file: str | None = None
    path: Path | None = None

    def options(self, config: LiveConfig, device: int | str | None, first_beat_id: int) -> LiveOptions:
        """What the process is told of a session that begins now.

        Args:
            config: What settings decide.
            device: The device in the place of one that was not named.
            first_beat_id: Id of its first beat.
        """
        return LiveOptions(
            session=self.session,
            source=self.source,
            device=device if self.device is None else self.device,
            url=self.url,
            allow_private=config.allow_private,
            path=self.path,
            channel=self.channel,
            gain_db=self.gain_db,
            attack_s=self.attack_ms / 1000,
            release_s=self.release_ms / 1000,
            controls=BeatControls(offset_s=self.offset_ms / 1000),
            sample_rate=config.sample_rate,
            chunk_size=config.chunk_size,
            first_beat_id=first_beat_id,
            epoch_s=time.time(),
            monotonic_s=time.monotonic(),
        )
