"""Services that the routes use; `app` constructs them once."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import HTTPConnection

from tactus.analysis.options import TrackOptions
from tactus.jobs.live.sessions import LiveSessions
from tactus.jobs.tracks.analyse import AnalyseTrack
from tactus.web.live.listener_slots import ListenerSlots
from tactus.web.tracks.gzip_cache import GzipCache
from tactus.web.tracks.upload import Uploads

RedisState = Literal["off", "ok", "down"]
"""State of Redis: not configured and not reachable; in use; configured and not reachable."""


@dataclass(frozen=True)
class Services:
    """Services that the routes use.

    Args:
        tracks: The job of analysing tracks.
        live: Live sessions.
        uploads: Receiver of uploads.
        options: Default parameters of analyses.
        redis_state: Returns the current state of Redis.
        store_name: Returns the name of the stores in use.
        protections: Protections of the operating system by name, and whether they are in force.
        listener_slots: Limits of the connections that receive live messages.
        gzip_cache: Converts analyses to gzip.
        started_s: Time of the start on the monotonic clock [s].
    """

    tracks: AnalyseTrack
    live: LiveSessions
    uploads: Uploads
    options: TrackOptions
    redis_state: Callable[[], RedisState]
    store_name: Callable[[], str]
    protections: Mapping[str, bool]
    listener_slots: ListenerSlots = field(default_factory=ListenerSlots)
    gzip_cache: GzipCache = field(default_factory=GzipCache)
    started_s: float = field(default_factory=time.monotonic)


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that handles a request or a WebSocket."""
    services: Services = connection.app.state.services
    return services
