"""Events as API Gateway sends them to a function.

Shapes: API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs" (format 2.0) and "Input format
of a Lambda function for proxy integration" (REST APIs).
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from hypothesis import strategies as st

CLAIMS = {"sub": "2e1a5c3b-host", "token_use": "id", "iss": "https://identity.example/pool"}
PATHS = ["/schedule", "/meetings", "/meetings/m", "/meetings/m/links/host", "/join/m/host", "/nowhere/at/all"]
TEMPLATES = [
    "/schedule",
    "/hosts/me",
    "/meetings",
    "/meetings/{meetingId}",
    "/meetings/{meetingId}/cancel",
    "/meetings/{meetingId}/extend",
    "/meetings/{meetingId}/links/{role}",
    "/join/{meetingId}/{role}",
    "/recordings/{meetingId}/{role}",
]


def template_of(path: str) -> str:
    """The route that a deployment has for a path."""
    found = [each for each in TEMPLATES if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path)]
    return found[0] if found else "/{proxy+}"


def _parameters(path: str, template: str) -> dict[str, str] | None:
    if template == "/{proxy+}":
        return {"proxy": path.strip("/")}
    names = [part.strip("{}") for part in template.split("/") if part.startswith("{")]
    values = [value for part, value in zip(template.split("/"), path.split("/"), strict=True) if part.startswith("{")]
    return dict(zip(names, values, strict=True)) or None


def http_event(
    method: str,
    path: str,
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    cookies: Sequence[str] = (),
    body: str | bytes | None = None,
    stage: str = "$default",
    is_default_route: bool = False,
    claims: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Of an HTTP API, format 2.0. A stage with a name of its own stands before the path."""
    raw_path = path if stage == "$default" else f"/{stage}{path}"
    template = template_of(path)
    route = "$default" if is_default_route else f"{method} {template}"
    context: dict[str, Any] = {
        "accountId": "123456789012",
        "apiId": "api-id",
        "domainName": "id.execute-api.eu-central-1.amazonaws.com",
        "domainPrefix": "id",
        "http": {
            "method": method,
            "path": raw_path,
            "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.1",
            "userAgent": "agent",
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": route,
        "stage": stage,
        "time": "21/Nov/2026:14:00:00 +0000",
        "timeEpoch": 1795269600000,
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {"host": "id.execute-api.eu-central-1.amazonaws.com", **(headers or {})},
        "requestContext": context,
        "isBase64Encoded": isinstance(body, bytes),
    }
    if cookies:
        event["cookies"] = list(cookies)
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
    if not is_default_route and (parameters := _parameters(path, template)):
        event["pathParameters"] = parameters
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event


def rest_event(
    method: str,
    path: str,
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    stage: str = "prod",
    base_path: str = "",
    claims: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Of a REST API. Its stage is not in the path, but a custom domain's base path is."""
    sent = {"Host": "id.execute-api.eu-central-1.amazonaws.com", **(headers or {})}
    asked = parse_qsl(query, keep_blank_values=True)
    values = {name: [value for each, value in asked if each == name] for name, _ in asked}
    template = template_of(path)
    context: dict[str, Any] = {
        "accountId": "123456789012",
        "apiId": "id",
        "domainName": "id.execute-api.eu-central-1.amazonaws.com",
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "httpMethod": method,
        "identity": {"sourceIp": "192.0.2.1", "userAgent": "agent", "cognitoIdentityId": None},
        "path": f"/{base_path or stage}{path}",
        "protocol": "HTTP/1.1",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "requestTimeEpoch": 1795269600000,
        "resourceId": "123456",
        "resourcePath": template,
        "stage": stage,
    }
    if claims is not None:
        context["authorizer"] = {"claims": dict(claims)}
    return {
        "resource": template,
        "path": f"/{base_path}{path}" if base_path else path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(asked) or None,
        "multiValueQueryStringParameters": values or None,
        "pathParameters": _parameters(path, template),
        "stageVariables": None,
        "requestContext": context,
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
    }


def content(answer: Mapping[str, Any]) -> Any:  # noqa: ANN401  any JSON
    """An answer's JSON, once it is known to have the shape that API Gateway takes."""
    assert isinstance(answer["statusCode"], int)
    assert answer["isBase64Encoded"] is False
    json.dumps(answer)  # the runtime sends it so
    return json.loads(answer["body"])


def header(answer: Mapping[str, Any], name: str) -> str | None:
    """The one value of an answer's header, in either format."""
    many = answer.get("multiValueHeaders")
    values = many.get(name, []) if many is not None else [answer["headers"][name]] if name in answer["headers"] else []
    assert len(values) <= 1
    return values[0] if values else None


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["2.0", "1.0", "/prod/a", "{a+}"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def damaged_events(draw: st.DrawFn) -> object:
    """An event of either format in which anything may be missing or be anything."""
    formats: list[Callable[..., dict[str, Any]]] = [http_event, rest_event]
    event_of = draw(st.sampled_from(formats))
    event = event_of("POST", draw(st.sampled_from(PATHS)), claims=CLAIMS, query="a=b", body="{}")
    for place in draw(st.lists(st.sampled_from(["event", "requestContext", "headers"]), max_size=4)):
        part = event if place == "event" else event.get(place)
        if isinstance(part, dict) and part:
            name = draw(st.sampled_from(sorted(part)))
            if draw(st.booleans()):
                del part[name]
            else:
                part[name] = draw(ANYTHING)
    return event
