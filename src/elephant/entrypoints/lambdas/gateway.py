"""An ASGI app behind API Gateway; see docs/decisions/0016."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from elephant.domain.hours import Host
from elephant.entrypoints.lambdas.gateway_request import HTTP_API, GatewayRequest, NotARequest
from elephant.entrypoints.lambdas.token_claims import with_lists
from elephant.entrypoints.web.access import AUTHORIZED
from elephant.entrypoints.web.app import create_api

logger = logging.getLogger(__name__)

_PREFLIGHT_SECONDS = 600
_FOR_MACHINES = ("/agent/", "/dcv/")
_USUAL_PORT = {"https": 443, "http": 80}


def app_for(routes: APIRouter, frontend_base_urls: Sequence[str]) -> ASGIApp:
    """The app of one function, which pages of the frontend's origins may call from people's browsers.

    Around everything else, so that such a page can read every answer, that to a bug included, and but for what machines
    ask. API Gateway's own CORS setting, where it is used, answers in our place.
    """
    return _ForPages(
        create_api([routes]),
        allow_origins=sorted({origin_of(url) for url in frontend_base_urls}),
        allow_methods=["GET", "PATCH", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        # the pages keep their countdowns by the server's clock
        expose_headers=["Date", "Retry-After"],
        max_age=_PREFLIGHT_SECONDS,
    )


class _ForPages(CORSMiddleware):
    """CORS for what pages ask; a page that asks what machines ask is told of no origin, and so may not read it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_FOR_MACHINES):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def origin_of(url: str) -> str:
    """What browsers call the origin of a page: no path, no usual port, lower case."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in {None, _USUAL_PORT.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def nobody(_claims: Mapping[str, Any]) -> None:
    """For a function without a host's route."""


def answer(event: object, app: ASGIApp, host_of: Callable[[Mapping[str, Any]], Host | None] = nobody) -> dict[str, Any]:
    """The app's answer to the request in an event, in the format of the event; 400 for what is no request.

    `host_of` says which host the claims of an authorizer name.
    """
    try:
        request = GatewayRequest.parse(event)
    except NotARequest as error:
        logger.warning("an event was not answered: %s", error)
        content = json.dumps({"message": str(error)})
        return {"statusCode": 400, "headers": {"content-type": "application/json"}, "body": content}
    host = host_of(with_lists(request.claims, request.headers)) if request.claims else None
    return asyncio.run(_answer(request, app, host))


async def _answer(request: GatewayRequest, app: ASGIApp, host: Host | None) -> dict[str, Any]:
    sent: list[Message] = []
    asked = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> Message:
        return asked.pop() if asked else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({**_scope(request), AUTHORIZED: host}, receive, send)
    return _in_format(request.version, sent)


def _scope(request: GatewayRequest) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method.upper(),
        "scheme": "https",
        "path": request.path,
        "raw_path": request.path.encode("utf-8", "replace"),
        "root_path": "",
        "query_string": request.query,
        "headers": request.headers,
        "client": None,
        "server": None,
    }


def _in_format(version: str, sent: Sequence[Message]) -> dict[str, Any]:
    start, *bodies = sent
    headers: dict[str, list[str]] = {}
    for name, value in start["headers"]:
        headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    # Whatever these routes answer is JSON or a page.
    body = b"".join(each.get("body", b"") for each in bodies).decode()
    content = {"statusCode": int(start["status"]), "body": body, "isBase64Encoded": False}
    if version != HTTP_API:
        return {**content, "multiValueHeaders": headers}
    cookies = headers.pop("set-cookie", [])
    return {**content, "headers": {name: ", ".join(values) for name, values in headers.items()}, "cookies": cookies}
