"""Pages and documents: the start page, the API reference, its descriptions, and a page for every problem type.

All files come from this service, none from another host.
"""

from html import escape
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from tactus.errors import NotFoundError
from tactus.web.docs.asyncapi import asyncapi, message_schema
from tactus.web.problems import problem_types
from tactus.web.start_page import start_page

WEB_FOLDER = Path(__file__).parent.parent
router = APIRouter(include_in_schema=False)

_PROBLEM_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{slug} - Tactus</title><link rel="stylesheet" href="/reference/reference.css"></head>
<body><main><p><a href="/docs">Tactus API</a> / problems</p><h1><code>{slug}</code></h1>
<p>{title}.</p><p>HTTP status {status}. The <code>detail</code> of the response names the cause.</p>
</main></body></html>
"""


@router.get("/")
async def get_index() -> Response:
    """The start page."""
    return HTMLResponse(start_page(), headers={"Cache-Control": "no-cache"})


@router.get("/client.js")
async def get_client() -> Response:
    """The live client for web pages, at a stable path."""
    return FileResponse(WEB_FOLDER / "static" / "client.js", headers={"Cache-Control": "no-cache"})


@router.get("/live/schema")
async def get_live_schema() -> Response:
    """JSON Schema of all live messages."""
    return JSONResponse(message_schema(), media_type="application/schema+json")


@router.get("/asyncapi.json")
async def get_asyncapi() -> Response:
    """AsyncAPI document of the live messages by WebSocket, as server-sent events and in Redis."""
    return JSONResponse(asyncapi())


@router.get("/docs")
async def get_docs() -> Response:
    """The API reference, which the browser draws from /openapi.json."""
    return FileResponse(WEB_FOLDER / "reference" / "index.html", headers={"Cache-Control": "no-cache"})


@router.get("/redoc")
async def redirect_redoc() -> Response:
    """Redirect of FastAPI's second path for an API reference."""
    return RedirectResponse("/docs")


@router.get("/favicon.ico")
async def get_icon() -> Response:
    """The icon of the pages."""
    return FileResponse(WEB_FOLDER / "static" / "icon.svg")


@router.get("/problems/{slug}")
async def get_problem_page(slug: str) -> Response:
    """The page that explains a problem type."""
    for error in problem_types():
        if error.slug == slug:
            page = _PROBLEM_PAGE.format(slug=escape(slug), title=escape(error.title), status=error.status)
            return HTMLResponse(page)
    raise NotFoundError("There is no such problem type.")


@router.get("/problems")
async def list_problem_types() -> Response:
    """All problem types."""
    return JSONResponse(
        {"problems": [{"type": f"/problems/{e.slug}", "title": e.title, "status": e.status} for e in problem_types()]}
    )


def add_files(api: FastAPI) -> None:
    """Serve the scripts, styles and images of the pages."""
    for folder in ("static", "reference"):
        api.mount(f"/{folder}", StaticFiles(directory=WEB_FOLDER / folder))
