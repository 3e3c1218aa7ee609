"""The pages: the first one, the reference of this API, and every problem explained. Nothing comes from elsewhere."""

from html import escape
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from tactus.errors import NotFoundError
from tactus.web.docs.asyncapi import asyncapi, message_schema
from tactus.web.problems import every_problem

ROOM = Path(__file__).parent.parent
router = APIRouter(include_in_schema=False)

_PROBLEM_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{slug} - Tactus</title><link rel="stylesheet" href="/reference/reference.css"></head>
<body><main><p><a href="/docs">Tactus API</a> / problems</p><h1><code>{slug}</code></h1>
<p>{title}.</p><p>HTTP status {status}. The <code>detail</code> of the answer says more of the case at hand.</p>
</main></body></html>
"""


@router.get("/")
async def index() -> Response:
    """The page to start from."""
    return FileResponse(ROOM / "static" / "index.html", headers={"Cache-Control": "no-cache"})


@router.get("/client.js")
async def client() -> Response:
    """The live client for pages, at an address that they can keep."""
    return FileResponse(ROOM / "static" / "client.js", headers={"Cache-Control": "no-cache"})


@router.get("/live/schema")
async def live_schema() -> Response:
    """Every live message as JSON Schema."""
    return JSONResponse(message_schema(), media_type="application/schema+json")


@router.get("/asyncapi.json")
async def live_reference() -> Response:
    """What is said by WebSocket, as events and in Redis, as AsyncAPI."""
    return JSONResponse(asyncapi())


@router.get("/docs")
async def reference() -> Response:
    """The reference, drawn in the browser from /openapi.json."""
    return FileResponse(ROOM / "reference" / "index.html", headers={"Cache-Control": "no-cache"})


@router.get("/redoc")
async def other_reference() -> Response:
    """Where FastAPI's users look, too."""
    return RedirectResponse("/docs")


@router.get("/favicon.ico")
async def icon() -> Response:
    """The icon."""
    return FileResponse(ROOM / "static" / "icon.svg")


@router.get("/problems/{slug}")
async def problem(slug: str) -> Response:
    """What a problem type means."""
    for error in every_problem():
        if error.slug == slug:
            page = _PROBLEM_PAGE.format(slug=escape(slug), title=escape(error.title), status=error.status)
            return HTMLResponse(page)
    raise NotFoundError("There is no such problem type.")


@router.get("/problems")
async def problems() -> Response:
    """All problem types."""
    return JSONResponse(
        {"problems": [{"type": f"/problems/{e.slug}", "title": e.title, "status": e.status} for e in every_problem()]}
    )


def add_files(api: FastAPI) -> None:
    """Serve the pages' scripts, styles and pictures."""
    for folder in ("static", "reference"):
        api.mount(f"/{folder}", StaticFiles(directory=ROOM / folder))
