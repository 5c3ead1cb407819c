"""`agent`: what runs inside a desktop reports, with the pass of its seat, through API Gateway."""

import functools
from typing import Any

from starlette.types import ASGIApp

from elephant.bootstrap.aws import Aws, aws
from elephant.bootstrap.aws_parts import Part
from elephant.entrypoints.lambdas.gateway import answer
from elephant.entrypoints.lambdas.starting import start
from elephant.entrypoints.web.agent_routes import agent_routes
from elephant.entrypoints.web.app import create_api
from elephant.entrypoints.web.certificate_routes import certificate_routes
from elephant.entrypoints.web.upload_routes import upload_routes

start(Part.KEYS, Part.RECORDINGS)


def handler(event: object, _context: object) -> dict[str, Any]:
    """Answer a request of API Gateway, in its own format."""
    return answer(event, _app(aws()))


@functools.cache
def _app(installation: Aws) -> ASGIApp:
    # No page asks here, so no page may read an answer: nothing around it for browsers.
    service = installation.service
    return create_api(
        [
            agent_routes(service),
            certificate_routes(service, installation.read_certificate),
            upload_routes(service, installation.uploads),
        ]
    )
