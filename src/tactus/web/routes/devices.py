"""The sound inputs of this machine."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request

from tactus.analysis.live.beat_controls import NO_CONTROLS
from tactus.errors import (
    AudioUnavailableError,
    DeviceBusyError,
    DeviceNotFoundError,
    DeviceTimeoutError,
    ValidationError,
)
from tactus.web.docs.openapi import failures, success
from tactus.web.live.schemas import LiveAnswer, SessionQuery
from tactus.web.security.middleware import require_local_sound_access
from tactus.web.services import services_of
from tactus.web.tracks.schemas import DevicesAnswer

router = APIRouter(prefix="/devices", tags=["live"])

_MICROPHONE = {"index": 0, "name": "Built-in Microphone", "channels": 2, "sample_rate": 48000.0, "id": "alsa-3f2a9c"}


@router.get(
    "",
    summary="List the sound inputs",
    response_model=None,
    responses={
        **failures(AudioUnavailableError, DeviceTimeoutError),
        **success(DevicesAnswer, {"devices": [_MICROPHONE]}, "The inputs; an empty list comes with its reason"),
    },
)
async def devices(request: Request) -> dict[str, Any]:
    """Asked of the system anew each time. Indices move when a device is plugged in: ids do not."""
    require_local_sound_access(request.scope)
    found = await services_of(request).live.list_devices()
    return {name: value for name, value in asdict(found).items() if value is not None}


@router.post(
    "/{device}",
    summary="Choose a sound input",
    response_model=None,
    responses={
        **failures(AudioUnavailableError, DeviceTimeoutError, DeviceNotFoundError, DeviceBusyError, ValidationError),
        **success(
            LiveAnswer,
            {
                "message": "Built-in Microphone is chosen.",
                "is_recording": False,
                "sample_rate": 44100,
                "chunk_size": 1024,
                "current_device": 0,
                "session": "default_user",
                "state": "stopped",
                "source": None,
                "device_name": "Built-in Microphone",
                "device_id": "alsa-3f2a9c",
                "capture_rate": None,
                "started_at": None,
                "sequence": -1,
                "n_restarts": 0,
                "n_listeners": 0,
                "controls": NO_CONTROLS.to_dict(),
            },
            "It is chosen",
        ),
    },
    openapi_extra={"parameters": [{"name": "device", "in": "path", "required": True, "example": "0",
                                   "schema": {"type": "string"}, "description": "Index, id or name"}]},
)  # fmt: skip
async def choose(request: Request, asked: Annotated[SessionQuery, Query()]) -> dict[str, Any]:
    """By index, id or name. While a session records it switches at once, with a `gap` event."""
    require_local_sound_access(request.scope)
    status = await services_of(request).live.switch_device(request.path_params["device"], asked.session)
    return {"message": f"{status.device_name} is chosen.", **asdict(status)}
