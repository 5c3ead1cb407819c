"""`schedule-meeting`: hosts book, look at, move and end meetings, through API Gateway."""

import functools
from typing import Any

from fastapi import APIRouter, Depends
from starlette.types import ASGIApp

from elephant.bootstrap.aws import Aws, aws
from elephant.bootstrap.aws_parts import Part
from elephant.entrypoints.lambdas.gateway import answer, app_for
from elephant.entrypoints.lambdas.starting import start
from elephant.entrypoints.web.meeting_routes import host_routes
from elephant.entrypoints.web.recording_link_routes import recording_link_routes

start(Part.INVITATIONS, Part.LAUNCH_ALARM, Part.SAFETY_NET_ALARM, Part.RECORDINGS)


def handler(event: object, _context: object) -> dict[str, Any]:
    """Answer a request of API Gateway, in its own format."""
    installation = aws()
    return answer(event, _app(installation), installation.settings.host_claims.host)


@functools.cache
def _app(installation: Aws) -> ASGIApp:
    # A booking whose links cannot be made must not be written: whoever is told so books once more.
    routes = APIRouter(dependencies=[Depends(installation.fetch_link_secret)])
    routes.include_router(host_routes(installation.service))
    routes.include_router(recording_link_routes(installation.service, installation.recordings))
    return app_for(routes, installation.settings.frontend_base_urls)
