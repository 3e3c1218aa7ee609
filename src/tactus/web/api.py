"""The whole HTTP side: routes, problems, and the door around them."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter
from starlette.types import ASGIApp

from tactus import __version__
from tactus.web.problems import add_problem_handlers
from tactus.web.routes import analysis, devices, health, live, live_files, pages
from tactus.web.security.access_policy import AccessPolicy
from tactus.web.security.middleware import SecurityMiddleware
from tactus.web.services import Services
from tactus.web.tracks.schemas import Problem

DESCRIPTION = """Turns sound into what visuals need: tempo, beats, key and features of tracks; spectrum, levels and
beats of live sound. Live messages come by WebSocket at `/live/ws?session=default_user`. Every failure is
`application/problem+json`."""


def make_api(services: Services | None) -> FastAPI:
    """The routes.

    Args:
        services: What they speak for; None where only their description is wanted.
    """
    api = FastAPI(
        title="Tactus",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    api.state.services = services
    for module in (analysis, live, live_files, devices, health, pages):
        api.include_router(module.router)
    pages.add_files(api)
    add_problem_handlers(api)
    api.openapi = _describe(api)  # type: ignore[method-assign] # as FastAPI's manual has it
    return api


def _describe(api: FastAPI) -> Callable[[], dict[str, Any]]:
    """The framework's description with the one schema that it does not come across by itself."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            document = FastAPI.openapi(api)
            schema = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
            document["components"]["schemas"] |= {**schema.pop("$defs"), "Problem": schema}
        return api.openapi_schema or {}

    return openapi


def make_asgi_app(services: Services, policy: AccessPolicy) -> ASGIApp:
    """The routes behind the door, as the server serves them."""
    return SecurityMiddleware(make_api(services), policy)
