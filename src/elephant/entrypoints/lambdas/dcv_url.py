"""`dcv-url`: guests ask for the way into their seat's desktop, and its DCV server about them, through API Gateway."""

import functools
from typing import Any

from fastapi import APIRouter
from starlette.types import ASGIApp

from elephant.bootstrap.aws import Aws, aws
from elephant.bootstrap.aws_parts import Part
from elephant.entrypoints.lambdas.gateway import answer, app_for
from elephant.entrypoints.lambdas.starting import start
from elephant.entrypoints.web.dcv_auth_routes import dcv_auth_routes
from elephant.entrypoints.web.dcv_way_in import by_dcv_token
from elephant.entrypoints.web.join_routes import join_routes

start(Part.KEYS)


def handler(event: object, _context: object) -> dict[str, Any]:
    """Answer a request of API Gateway, in its own format."""
    return answer(event, _app(aws()))


@functools.cache
def _app(installation: Aws) -> ASGIApp:
    service, settings = installation.service, installation.settings
    routes = APIRouter()
    routes.include_router(join_routes(service, by_dcv_token(settings.dcv_session_id)))
    routes.include_router(dcv_auth_routes(service, settings.dcv_session_id, settings.dcv_user_name))
    return app_for(routes, settings.frontend_base_urls)
