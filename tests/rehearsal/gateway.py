"""The HTTP API of the stack on loopback: its routes, and who may call them, are the template's own.

What API Gateway has and this lacks: a JWT authorizer. A host's token is one that the rehearsal made up, and becomes the
claims that the authorizer would have found in it. A route that is not the stack's is 404 here as there.
"""

import json
import re
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

from tests.rehearsal.functions import Functions
from tests.rehearsal.timeline import Timeline
from tests.support import sent_events
from tests.support.lambda_runtime import FunctionError, FunctionGone
from tests.support.loopback_server import LoopbackServer
from tests.support.stack import FUNCTIONS, Stack

HOST_CLAIMS = {"sub": "rehearsal", "email": "host@example.test"}


class Route(NamedTuple):
    """One route of the API: which function answers, and whether a host's token is wanted."""

    method: str
    path: re.Pattern[str]
    function: str
    is_for_hosts: bool


def routes_of(stack: Stack) -> list[Route]:
    """The routes of the stack's API, those with fewer placeholders first, as API Gateway prefers them."""
    ((_, api),) = stack.of_type("AWS::ApiGatewayV2::Api").items()
    names = {resource: name for name, resource in FUNCTIONS.items()}
    routes = []
    for path, methods in sorted(api["Body"]["paths"].items(), key=lambda each: each[0].count("{")):
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path.replace("{proxy+}", ".+")))
        for method, details in methods.items():
            uri = details["x-amazon-apigateway-integration"]["uri"]
            resource = re.search(rf"functions/{stack.name}-(\w+?)Aliaslive/", uri)
            assert resource is not None, uri
            is_for_hosts = any("Hosts" in each for each in details["security"])
            routes.append(Route(method.upper(), pattern, names[resource[1]], is_for_hosts))
    return routes


class Gateway(LoopbackServer):
    """A context manager around the API's server; `url` is where it is."""

    def __init__(self, functions: Functions, host_token: str, timeline: Timeline) -> None:
        super().__init__("gateway", _handler_of(self))
        self._functions, self._host_token, self._timeline = functions, host_token, timeline
        self.routes: list[Route] = []

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        """Status, headers and content of the answer."""
        path = target.partition("?")[0]
        route = next((each for each in self.routes if each.method == method and each.path.fullmatch(path)), None)
        if route is None:
            return _json(404, "Not Found")
        claims = None
        if route.is_for_hosts:
            if headers.get("authorization") != f"Bearer {self._host_token}":
                return _json(401, "Unauthorized")
            claims = HOST_CLAIMS
        event = sent_events.http_request(method, target, datetime.now(UTC), claims=claims)
        event["headers"] = headers
        if body:
            event["body"] = body.decode()
        try:
            answer = self._functions.invoke(route.function, event)
        except (FunctionError, FunctionGone, TimeoutError) as error:
            self._timeline.say(route.function, f"failed: {error}")
            return _json(500, "Internal Server Error")
        if answer["statusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._timeline.say(route.function, f"answers {method} {path} with {answer['statusCode']} {answer['body']}")
        return answer["statusCode"], answer["headers"], answer["body"]


def _json(status: int, message: str) -> tuple[int, dict[str, str], str]:
    return status, {"content-type": "application/json"}, json.dumps({"message": message})


def _handler_of(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, content = gateway.answer(self.command, self.path, headers, body)
            self.send_response(status)
            for name, value in more.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST = do_PATCH = do_OPTIONS = _do  # noqa: N815  http.server's names

        def log_message(self, *_: Any) -> None:  # noqa: ANN401  the base class's
            """The timeline says what matters."""

    return Handler
