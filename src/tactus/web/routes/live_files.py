"""The files that live sessions may play."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from tactus.jobs.live.media_files import list_media_files
from tactus.web.docs.openapi import failures, success
from tactus.web.live.schemas import LiveFilesAnswer
from tactus.web.services import services_of

router = APIRouter(prefix="/live", tags=["live"])


@router.get(
    "/files",
    summary="List the files that can be played",
    response_model=None,
    responses={
        **failures(),
        **success(
            LiveFilesAnswer,
            {"files": ["intro.wav", "sets/friday.flac"], "complete": True},
            "Their names; an empty list comes with its reason",
        ),
    },
)
async def files(request: Request) -> dict[str, Any]:
    """Names in the folder that TACTUS_MEDIA_FOLDER names, as `file` of `POST /live/start` takes them; 1000 at most.

    Sounds are known by their suffix; hidden files, and links that lead out of the folder, are left out.
    """
    found = await list_media_files(services_of(request).live.config.media_folder)
    return {name: value for name, value in asdict(found).items() if value is not None}
