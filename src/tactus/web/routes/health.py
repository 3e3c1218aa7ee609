"""How the service is."""

import time

from fastapi import APIRouter
from starlette.requests import Request

from tactus import __version__
from tactus.web.docs.openapi import failures, success
from tactus.web.services import services_of
from tactus.web.tracks.schemas import HealthAnswer

router = APIRouter(tags=["service"])

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
    summary="How the service is",
    response_model=None,
    responses={**failures(), **success(HealthAnswer, _EXAMPLE, "It answers")},
)
async def health(request: Request) -> dict[str, object]:
    """`status` is OK while requests are answered; what does not work as it is set up is in `degraded`."""
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
