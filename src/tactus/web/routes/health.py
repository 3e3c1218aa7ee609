"""Health of the service."""

import time
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from typing_extensions import TypedDict

from tactus import __version__
from tactus.web.docs.openapi import failures, success
from tactus.web.services import services_of

router = APIRouter(tags=["service"])


class HealthAnswer(TypedDict):
    """Health of the service. `status` is OK whenever the service responds."""

    status: Literal["OK"]
    service: Literal["audio-analysis"]
    version: str
    degraded: Annotated[list[str], Field(description="Configured services and protections that do not work")]
    redis: Annotated[
        Literal["off", "ok", "down"],
        Field(description="off: not configured and not reachable; down: configured and not reachable"),
    ]
    store: Annotated[str, Field(description="Stores of the results: redis+disk, or disk")]
    uptime_s: Annotated[float, Field(ge=0, description="Time since the start [s]")]
    live_sessions: Annotated[int, Field(ge=0, description="Number of running live sessions")]
    protections: Annotated[
        dict[str, bool], Field(description="Protections of the operating system, and whether they are in force")
    ]


_EXAMPLE = {
    "status": "OK",
    "service": "audio-analysis",
    "version": __version__,
    "degraded": [],
    "redis": "off",
    "store": "disk",
    "uptime_s": 12.5,
    "live_sessions": 0,
    "protections": {"memory_limit": True, "die_with_parent": True},
}


@router.get(
    "/health",
    summary="Get the health of the service",
    response_model=None,
    responses={**failures(), **success(HealthAnswer, _EXAMPLE, "Health of the service")},
)
async def health(request: Request) -> dict[str, object]:
    """`status` is OK whenever the service responds; `degraded` lists what is configured but does not work."""
    services = services_of(request)
    redis = services.redis_state()
    degraded = ["redis"] if redis == "down" else []
    return {
        "status": "OK",
        "service": "audio-analysis",
        "version": __version__,
        "degraded": degraded + [name for name, in_force in services.protections.items() if not in_force],
        "redis": redis,
        "store": services.store_name(),
        "uptime_s": round(time.monotonic() - services.started_s, 3),
        "live_sessions": len(services.live.statuses()),
        "protections": dict(services.protections),
    }
