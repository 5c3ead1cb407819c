"""What stands between a browser and the functions on AWS: CloudFront with its bucket, and API Gateway.

CloudFront: a key is a path without its slash and nothing else; the default root object for the root alone; a bucket
that may not be listed says 403 of what it has not; queries are not looked at; headers are those of the object and of
the stack's ResponseHeadersPolicy. API Gateway: the routes of the stack's own document, a JWT authorizer whose 401 says
nothing of CORS, and its own Date.
"""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from elephant.entrypoints.web.static_site import SiteFile
from tests.support.aws_driver import AwsDriver
from tests.support.gateway_events import http_event
from tests.support.https_servers import Asked, Told
from tests.support.issuer_stand_in import IssuerStandIn
from tests.support.stack import FUNCTIONS, Stack

_RESOURCES = {resource: function for function, resource in FUNCTIONS.items()}


class CloudFrontStandIn:
    """`files` is what the bucket holds; `asked` what browsers asked for."""

    def __init__(self, stack: Stack, files: Sequence[SiteFile]) -> None:
        self.asked: list[str] = []
        distribution = stack.properties("Pages")["DistributionConfig"]
        self._root = f"/{distribution['DefaultRootObject']}"
        self._headers = policy_headers(stack)
        self._files = {f"/{each.key}": each for each in files}

    def answer(self, asked: Asked) -> Told:
        """See HttpsServer."""
        self.asked.append(asked.path)
        if asked.method not in {"GET", "HEAD"}:
            return Told(status=403, headers=self._headers)
        file = self._files.get(self._root if asked.path == "/" else asked.path)
        if file is None:
            body = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
            return Told(status=403, headers={**self._headers, "Content-Type": "application/xml"}, body=body)
        headers = {"Content-Type": file.content_type, "Cache-Control": file.cache_control}
        return Told(headers={**self._headers, **headers}, body=file.path.read_bytes())


def policy_headers(stack: Stack) -> dict[str, str]:
    """The headers that the distribution's policy adds to every answer."""
    (policy_id,) = (stack.properties("Pages")["DistributionConfig"]["DefaultCacheBehavior"]["ResponseHeadersPolicyId"],)
    assert policy_id == f"{stack.name}-PagesHeaders"
    said = stack.properties("PagesHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert all(each["Override"] for each in said.values())
    return {
        "Content-Security-Policy": said["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff" if "ContentTypeOptions" in said else "",
        "X-Frame-Options": said["FrameOptions"]["FrameOption"],
        "Referrer-Policy": said["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": f"max-age={said['StrictTransportSecurity']['AccessControlMaxAgeSec']}",
    }


class GatewayStandIn:
    """`requests` are those that reached it, as method, path and status; one after the other, under `lock`."""

    def __init__(self, stack: Stack, driver: AwsDriver, issuer: IssuerStandIn) -> None:
        self.requests: list[tuple[str, str, int]] = []
        self.lock = threading.RLock()
        self._driver, self._issuer = driver, issuer
        document = stack.properties("Api")["Body"]
        jwt = document["components"]["securitySchemes"]["Hosts"]["x-amazon-apigateway-authorizer"]["jwtConfiguration"]
        assert (jwt["issuer"], jwt["audience"]) == (issuer.url, ["the-pages"])
        self._routes: dict[str, Mapping[str, Any]] = document["paths"]

    def answer(self, asked: Asked) -> Told:
        """See HttpsServer."""
        with self.lock:
            told = self._answer(asked)
            self.requests.append((asked.method, asked.path, told.status))
        return Told(status=told.status, headers={**told.headers, "Date": formatdate(usegmt=True)}, body=told.body)

    def _answer(self, asked: Asked) -> Told:
        route = self._route(asked)
        if route is None:
            return _own(404, "Not Found")
        claims = None
        if route["security"] != [{"NONE": []}]:
            scheme, _, token = asked.headers.get("authorization", "").partition(" ")
            claims = self._issuer.claims_of(token) if scheme == "Bearer" else None
            if claims is None:
                return _own(401, "Unauthorized")
        event = http_event(
            asked.method,
            asked.path,
            query=urlsplit(asked.target).query,
            headers=asked.headers,
            body=asked.body or None,
            claims={name: str(value) for name, value in claims.items()} if claims else None,
        )
        answer = self._driver.invoke(self._function(route), event)
        self._driver.settle()
        return Told(status=answer["statusCode"], headers=answer["headers"], body=answer["body"].encode())

    def _route(self, asked: Asked) -> Mapping[str, Any] | None:
        """The route of most exact parts that fits."""
        fitting = [
            (template.count("{"), methods[asked.method.lower()])
            for template, methods in self._routes.items()
            if asked.method.lower() in methods
            and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template.replace("{proxy+}", ".+")), asked.path)
        ]
        return min(fitting, key=lambda each: each[0])[1] if fitting else None

    def _function(self, route: Mapping[str, Any]) -> str:
        uri = route["x-amazon-apigateway-integration"]["uri"]
        (name,) = (each for each in _RESOURCES if f"-{each}Aliaslive/" in uri)
        return _RESOURCES[name]


def _own(status: int, message: str) -> Told:
    """An answer of API Gateway's own, in which it says nothing of CORS."""
    return Told(
        status=status, headers={"Content-Type": "application/json"}, body=json.dumps({"message": message}).encode()
    )
