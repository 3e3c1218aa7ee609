"""What the routes speak for: made by `app`, handed over once."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import HTTPConnection

from tactus.analysis.options import TrackOptions
from tactus.jobs.live.sessions import LiveSessions
from tactus.jobs.tracks.analyse import AnalyseTrack
from tactus.web.live.listener_slots import ListenerSlots
from tactus.web.tracks.gzip_cache import Gzipped
from tactus.web.tracks.upload import Uploads

RedisState = Literal["off", "ok", "down"]
"""Not set and not reachable; in use; set and not reachable."""


@dataclass(frozen=True)
class Services:
    """What the routes speak for.

    Args:
        tracks: Analyses tracks.
        live: Live sessions.
        uploads: Where uploads arrive.
        options: What analyses are made with where nothing else is asked for.
        redis_state: How Redis is, at this moment.
        store_name: Where results are kept, in a word.
        protections: Which protections this system has in force.
    """

    tracks: AnalyseTrack
    live: LiveSessions
    uploads: Uploads
    options: TrackOptions
    redis_state: Callable[[], RedisState]
    store_name: Callable[[], str]
    protections: Mapping[str, bool]
    listener_slots: ListenerSlots = field(default_factory=ListenerSlots)
    gzipped: Gzipped = field(default_factory=Gzipped)
    started_s: float = field(default_factory=time.monotonic)


def services_of(connection: HTTPConnection) -> Services:
    """The services behind a request or a WebSocket."""
    services: Services = connection.app.state.services
    return services
