"""The ASGI application: routes, problem documents, OpenAPI document and security middleware."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from tactus import __version__
from tactus.web.docs.openapi import complete_document
from tactus.web.problems import add_problem_handlers
from tactus.web.routes import analysis, corrections, devices, health, live, live_files, pages
from tactus.web.security.access_policy import AccessPolicy
from tactus.web.security.middleware import SecurityMiddleware
from tactus.web.services import Services

DESCRIPTION = """Audio analysis for music visuals: tempo, beats, key and features of tracks; spectrum, levels and beats
of live sound. Live messages are sent by WebSocket at `/live/ws?session=default_user`. All errors are
`application/problem+json` (RFC 9457)."""


def make_api(services: Services | None) -> FastAPI:
    """Make the FastAPI application with all routes.

    Args:
        services: Services that the routes use; None to make the OpenAPI document only.
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
    routes = list(api.routes)
    for module in (analysis, corrections, live, live_files, devices, health, pages):
        api.include_router(module.router)
        routes += module.router.routes
    pages.add_files(api)
    add_problem_handlers(api, routes)

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = complete_document(FastAPI.openapi(api))
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend the document
    return api


def make_asgi_app(services: Services, policy: AccessPolicy) -> ASGIApp:
    """Make the application with the security middleware around it, as the server runs it."""
    return SecurityMiddleware(make_api(services), policy)
